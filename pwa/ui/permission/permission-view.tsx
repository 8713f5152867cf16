import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, Mark } from '../icons.tsx';
import { spellOrigin } from './origin.ts';

type Decision = 'once' | 'always' | 'never' | 'dismissed';

interface PermissionViewProps {
  /** Undefined where the question is no longer open. */
  ask: () => Promise<{ origin: string } | undefined>;
  answer: (decision: Decision) => Promise<void>;
  close: () => void;
}

/** Clicks and keys meant for what stood here before must not land on Allow. */
const ARM_MS = 500;

/** Asks whether a site may use the model. Escape, or closing the window, decides nothing. */
export function PermissionView({ ask, answer, close }: PermissionViewProps) {
  const [origin, setOrigin] = useState<string | null>();
  const armed = useArmed(origin !== undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  const decided = useRef(false);
  const decide = async (decision: Decision) => {
    if (decided.current) return;
    decided.current = true;
    await answer(decision).catch(() => {}); // a question that is no longer open needs no answer
    close();
  };
  useEffect(() => {
    ask().then(
      (question) => setOrigin(question?.origin ?? null),
      () => setOrigin(null),
    );
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && void decide('dismissed');
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => heading.current?.focus(), [origin]);
  if (origin === undefined) return null;
  const spelled = origin === null ? undefined : spellOrigin(origin);
  if (!spelled) return <Gone close={() => void decide('dismissed')} />;
  return (
    <main class="permission">
      <header>
        <Mark size={32} />
        <h1 ref={heading} tabIndex={-1}>
          A site wants to use localLLM
        </h1>
      </header>
      <p class="asker">
        <span class="scheme">{spelled.scheme}</span>
        <bdi class="host" dir="ltr">
          {spelled.host}
        </bdi>
      </p>
      {spelled.warnings.map((warning) => (
        <p key={warning} class="hint">
          <Icon name="warning" />
          {warning}
        </p>
      ))}
      <p>If you allow it, this site</p>
      <ul class="grants">
        <li>can send texts to the model on this device and read its answers,</li>
        <li>uses your GPU and battery while it does,</li>
        <li>never sees your chats, your other sites or your files.</li>
      </ul>
      <p class="faint">What the site does with the answers is up to the site.</p>
      <div class="choices">
        <button type="button" class="primary" disabled={!armed} onClick={() => void decide('once')}>
          Allow once
        </button>
        <button type="button" disabled={!armed} onClick={() => void decide('always')}>
          Always allow on this site
        </button>
        <button type="button" class="danger" onClick={() => void decide('never')}>
          Never
        </button>
      </div>
      <p class="faint small">Close this window to decide later. You can change your mind in the settings.</p>
    </main>
  );
}

function Gone({ close }: { close: () => void }) {
  return (
    <main class="permission">
      <h1>Nothing to decide any more</h1>
      <p>The site that asked was closed or has moved on.</p>
      <div class="choices">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </main>
  );
}

/** True when the window has been seen and focused without a break for a moment. */
function useArmed(shown: boolean): boolean {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    if (!shown) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const arm = () => {
      clearTimeout(timer);
      setArmed(false);
      if (document.visibilityState === 'visible') timer = setTimeout(() => setArmed(true), ARM_MS);
    };
    arm();
    addEventListener('focus', arm);
    document.addEventListener('visibilitychange', arm);
    return () => {
      clearTimeout(timer);
      removeEventListener('focus', arm);
      document.removeEventListener('visibilitychange', arm);
    };
  }, [shown]);
  return armed;
}
