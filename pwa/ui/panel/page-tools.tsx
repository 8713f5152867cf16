import { Icon } from '../icons.tsx';
import { useObservable } from '../observable.ts';
import type { PageDesk } from './page-desk.ts';

const BUSY = { reading: 'Reading …', fitting: 'Looking how much fits …' };

interface PageToolsProps {
  desk: PageDesk;
}

/** What the panel can take from the page beside it, and what came of it. */
export function PageTools({ desk }: PageToolsProps) {
  const { busy, note, refused } = useObservable(desk);
  return (
    <div>
      {refused && (
        <section class="page-refused" role="alert">
          <p>{refused.message}</p>
          <button type="button" class="quiet icon-only" aria-label="Close" title="Close" onClick={() => desk.dismiss()}>
            <Icon name="close" />
          </button>
          {refused.allow && (
            <button type="button" class="small allow" onClick={() => void desk.allow()}>
              Always allow on {refused.allow.site}
            </button>
          )}
        </section>
      )}
      <div class="page-tools">
        <button
          type="button"
          class="quiet small"
          disabled={busy !== undefined}
          onClick={() => void desk.attach('page')}
        >
          <Icon name="page" />
          Attach this page
        </button>
        <button
          type="button"
          class="quiet small"
          disabled={busy !== undefined}
          onClick={() => void desk.attach('selection')}
        >
          <Icon name="selection" />
          Attach selection
        </button>
        <span class="note" role="status">
          {busy ? BUSY[busy] : note}
        </span>
      </div>
    </div>
  );
}
