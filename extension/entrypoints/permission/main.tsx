import { render } from 'preact';
import { PermissionView } from '../../../pwa/ui/permission/permission-view.tsx';
import { answerQuestion, pendingQuestion, siteIcon } from '../../permissions/client.ts';

const id = new URLSearchParams(location.search).get('id') ?? '';
render(
  <PermissionView
    ask={() => pendingQuestion(id)}
    answer={(decision) => answerQuestion(id, decision)}
    close={() => window.close()}
    icon={siteIcon}
  />,
  document.getElementById('app')!,
);
