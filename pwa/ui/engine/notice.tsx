import type { ErrorData } from '../../../engine/protocol/errors.ts';
import { Icon } from '../icons.tsx';
import { adviceFor } from './advice.ts';
import type { Advice } from './advice.ts';
import { BROWSERS, browserOf } from './browsers.ts';
import type { Remedy } from './remedies.ts';

interface NoticeProps {
  error: ErrorData;
  advice?: Advice;
  remedy: Remedy;
  /** Of its title: one below what it stands under. */
  level?: 2 | 3;
}

/** What went wrong, what to do, and the button that does it. */
export function Notice({ error, advice = adviceFor(error), remedy, level = 2 }: NoticeProps) {
  const Title = `h${level}` as const;
  const { remedy: action } = advice;
  return (
    <section class="notice" role="alert">
      <Icon name="warning" />
      <div class="notice-text">
        <Title>{advice.title}</Title>
        <p>{advice.text}</p>
        {advice.showBrowsers && <Browsers />}
        <details>
          <summary>Details</summary>
          <p class="notice-details">
            <code>{error.code}</code> {error.message}
          </p>
        </details>
        {action && (
          <button type="button" class="primary" onClick={() => remedy(action.kind)}>
            {labelOf(error, action.label)}
          </button>
        )}
      </div>
    </section>
  );
}

/** A phone takes the GPU from an app in the background: said in its words. */
function labelOf({ code }: ErrorData, label: string): string {
  return code === 'device-lost' && matchMedia('(pointer: coarse)').matches ? 'Tap to restart' : label;
}

function Browsers() {
  const own = browserOf(navigator.userAgent);
  return (
    <dl class="browsers">
      {BROWSERS.map(({ id, name, needs }) => (
        <div key={id} class={id === own ? 'own' : undefined}>
          <dt>
            {name}
            {id === own && <span class="tag">this browser</span>}
          </dt>
          <dd>{needs}</dd>
        </div>
      ))}
    </dl>
  );
}
