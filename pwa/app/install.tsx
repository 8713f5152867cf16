import { useState } from 'preact/hooks';
import { Icon, Mark } from '../ui/icons.tsx';
import { GuideDialog } from '../ui/install/guide-dialog.tsx';
import { useObservable } from '../ui/observable.ts';
import type { Installer } from './installer.ts';

/** The install button, where the app is not installed and can be. */
export function InstallButton({ installer, compact }: { installer: Installer; compact?: boolean }) {
  const { way, guide } = useObservable(installer);
  const [shown, setShown] = useState(false);
  // A phone's head has little room: the guide is offered below it at first, and later in the Engine view.
  if (way === 'none' || (compact && way === 'guide')) return null;
  const onClick = () => (way === 'guide' ? setShown(true) : void installer.install());
  return (
    <>
      <button
        type="button"
        class={compact ? 'quiet icon-only' : undefined}
        aria-label="Install localLLM"
        title="Install localLLM"
        onClick={onClick}
      >
        <Icon name="install" />
        {!compact && 'Install'}
      </button>
      {shown && guide && <GuideDialog guide={guide} onClose={() => setShown(false)} />}
    </>
  );
}

/** Offers the guide where the browser does not offer installation by itself, until the person has seen or refused it. */
export function InstallOffer({ installer }: { installer: Installer }) {
  const { way, guide, dismissed } = useObservable(installer);
  const [shown, setShown] = useState(false);
  if (way !== 'guide' || !guide || (dismissed && !shown)) return null;
  const close = () => {
    setShown(false);
    installer.dismiss();
  };
  return (
    <aside class="install-offer" aria-label="Install localLLM">
      <Mark size={36} />
      <div>
        <strong>Install localLLM</strong>
        <span class="faint">Full screen; chats stay.</span>
      </div>
      <button type="button" class="primary" onClick={() => setShown(true)}>
        Show how
      </button>
      <button type="button" class="quiet icon-only" aria-label="Not now" title="Not now" onClick={close}>
        <Icon name="close" />
      </button>
      {shown && <GuideDialog guide={guide} onClose={close} />}
    </aside>
  );
}
