import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, Mark } from '../icons.tsx';
import { OriginName } from './origin-name.tsx';
import { spellOrigin } from './origin.ts';
import type { SpelledOrigin } from './origin.ts';
import { useArmed } from './use-armed.ts';

type Decision = 'once' | 'always' | 'never' | 'dismissed';

/** Who asks: a site, or a frame inside the site `top`; from a private window or not. */
interface Asker {
  origin: string;
  top?: string;
  private?: true;
}
interface PermissionViewProps {
  /** Undefined where the question is no longer open. */
  ask: () => Promise<Asker | undefined>;
  answer: (decision: Decision) => Promise<void>;
  close: () => void;
  /** Where the browser keeps the icon of a site. */
  icon?: (origin: string) => string;
}
interface Spelled {
  asker: SpelledOrigin;
  top?: SpelledOrigin;
  private: boolean;
  icon?: string;
}

/** Asks whether a site may use the model. Escape, or closing the window, decides nothing. */
export function PermissionView({ ask, answer, close, icon }: PermissionViewProps) {
  const [question, setQuestion] = useState<Spelled | null>();
  const decided = useRef(false);
  const decide = async (decision: Decision) => {
    if (decided.current) return;
    decided.current = true;
    await answer(decision).catch(() => {}); // a question that is no longer open needs no answer
    close();
  };
  useEffect(() => {
    ask().then(
      (asker) => setQuestion(asker ? spell(asker, icon) : null),
      () => setQuestion(null),
    );
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && void decide('dismissed');
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  if (question === undefined) return null;
  if (!question) return <Gone close={() => void decide('dismissed')} />;
  return <Question {...question} decide={(decision) => void decide(decision)} />;
}

/** Null where one of the names cannot be shown for what it is. */
function spell({ origin, top, private: apart }: Asker, icon: PermissionViewProps['icon']): Spelled | null {
  const asker = spellOrigin(origin);
  const around = top === undefined ? undefined : spellOrigin(top);
  if (!asker || (top !== undefined && !around)) return null;
  return { asker, private: apart ?? false, ...(around && { top: around }), ...(icon && { icon: icon(origin) }) };
}

function Question({ asker, top, private: apart, icon, decide }: Spelled & { decide: (decision: Decision) => void }) {
  const armed = useArmed();
  const heading = useRef<HTMLHeadingElement>(null);
  // Not on a button: the first key must not decide.
  useEffect(() => {
    heading.current?.focus();
    document.title = `${asker.before}${asker.domain}${asker.port} wants to use localLLM`;
  }, []);
  return (
    <main class="permission" aria-labelledby="question" aria-describedby="asker">
      <header>
        <Mark size={32} />
        <h1 id="question" ref={heading} tabIndex={-1}>
          {top ? 'A part of a page wants to use localLLM' : 'A site wants to use localLLM'}
        </h1>
      </header>
      <div id="asker" class="asker">
        <p class="asker-name">
          {icon && <img src={icon} alt="" width={24} height={24} />}
          <OriginName spelled={asker} />
        </p>
        {asker.code && <p class="faint small">In code: {asker.code}</p>}
        {top && (
          <p class="asker-top">
            <span class="faint">inside the page of</span> <OriginName spelled={top} />
            {top.code && <span class="faint small"> In code: {top.code}</span>}
          </p>
        )}
      </div>
      {[...asker.warnings, ...(top?.warnings ?? [])].map((warning, at) => (
        <p key={at} class="hint">
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
          {top ? 'Always allow inside this page' : 'Always allow on this site'}
        </button>
        <button type="button" class="danger" onClick={() => decide('never')}>
          Never
        </button>
      </div>
      <p class="faint small">
        {apart
          ? 'Asked in a private window: your answer is forgotten when the last one is closed.'
          : 'Close this window to decide later. You can change your mind in the settings.'}
      </p>
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
