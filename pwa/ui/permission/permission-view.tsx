import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, Mark } from '../icons.tsx';
import { spellOrigin } from './origin.ts';
import type { SpelledOrigin } from './origin.ts';

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
  if (origin === undefined) return null;
  const spelled = origin === null ? undefined : spellOrigin(origin);
  if (!spelled) return <Gone close={() => void decide('dismissed')} />;
  return <Question asker={spelled} decide={(decision) => void decide(decision)} />;
}

function Question({ asker, decide }: { asker: SpelledOrigin; decide: (decision: Decision) => void }) {
  const armed = useArmed();
  const heading = useRef<HTMLHeadingElement>(null);
  // Not on a button: the first key must not decide.
  useEffect(() => heading.current?.focus(), []);
  return (
    <main class="permission">
      <header>
        <Mark size={32} />
        <h1 ref={heading} tabIndex={-1}>
          A site wants to use localLLM
        </h1>
      </header>
      <p class="asker">
        <span class="scheme">{asker.scheme}</span>
        <bdi class="host" dir="ltr">
          {/* A long name breaks at its dots. */}
          {asker.host
            .split('.')
            .flatMap((label, position) => (position === 0 ? [label] : [<wbr key={position} />, `.${label}`]))}
        </bdi>
      </p>
      {asker.warnings.map((warning) => (
        <p key={warning} class="hint">
          <Icon name="warning" />
          {warning}
        </p>
      ))}
      <Consequences />
      <div class="choices">
        <button type="button" class="primary" disabled={!armed} onClick={() => decide('once')}>
          Allow once
        </button>
        <button type="button" disabled={!armed} onClick={() => decide('always')}>
          Always allow on this site
        </button>
        <button type="button" class="danger" onClick={() => decide('never')}>
          Never
        </button>
      </div>
      <p class="faint small">Close this window to decide later. You can change your mind in the settings.</p>
    </main>
  );
}

function Consequences() {
  return (
    <>
      <p>If you allow it, this site</p>
      <ul class="grants">
        <li>can send texts to the model on this device and read its answers,</li>
        <li>uses your GPU and battery while it does,</li>
        <li>never sees your chats, your other sites or your files.</li>
      </ul>
      <p class="faint">What the site does with the answers is up to the site.</p>
    </>
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
function useArmed(): boolean {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
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
  }, []);
  return armed;
}
