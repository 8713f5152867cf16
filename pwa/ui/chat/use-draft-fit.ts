/**
 * Whether what is being written still fits into the model's context.
 *
 * @module
 */
import { useEffect, useState } from 'preact/hooks';
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { EngineStatus } from '../../../engine/protocol/messages.ts';
import { draftFit } from './attachments.ts';
import type { DraftFit } from './attachments.ts';
import type { ChatSession, ChatState } from './session.ts';

/** Measured after this pause in typing. */
const PAUSE_MS = 300;
/** Shorter questions without attachments are not worth a look. */
const LONG_CHARS = 2_000;

/** Undefined where nobody needs to know; `stale` while it is told of what stood there a moment ago. */
export function useDraftFit(
  session: ChatSession,
  chat: ChatState,
  text: string,
  model: EngineStatus['model'],
): (DraftFit & { stale: boolean }) | undefined {
  const { draftAttachments, settings, messages, streaming } = chat;
  const wanted = streaming === undefined && (draftAttachments.length > 0 || text.length >= LONG_CHARS);
  const [fit, setFit] = useState<DraftFit & { stale: boolean }>();
  useEffect(() => {
    setFit((known) => (wanted && known ? { ...known, stale: true } : undefined));
    if (!wanted) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      session.measure(text, stop.signal).then(
        (measure) => setFit({ ...draftFit(measure), stale: false }),
        (thrown: unknown) => {
          if (stop.signal.aborted) return;
          const { code, message } = LocalLLMError.from(thrown);
          // Of other failures the engine's own notice tells.
          setFit(code === 'quota' ? { verdict: 'too-long', text: message, stale: false } : undefined);
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [wanted, text, draftAttachments, settings, messages, model?.id, model?.contextTokens]);
  return wanted ? fit : undefined;
}
