import { useEffect, useRef, useState } from 'preact/hooks';
import { nextAnnouncement } from './announcements.ts';
import type { ChatMessage } from '../history/records.ts';

/** At least this long between two announcements of one answer. */
const PACE_MS = 1_500;

/** Reads an answer to assistive technology, sentence by sentence, and says how it ended. Answers of earlier visits stay silent. */
export function Announcer({ message }: { message: ChatMessage | undefined }) {
  const [spoken, setSpoken] = useState('');
  const reading = useRef<{ id: string; announced: number; atMs: number }>(undefined);
  useEffect(() => {
    if (message?.role !== 'assistant') return;
    const streaming = message.status === 'streaming';
    if (streaming && reading.current?.id !== message.id) {
      reading.current = { id: message.id, announced: 0, atMs: 0 };
    }
    const current = reading.current;
    if (current?.id !== message.id) return;
    if (streaming && performance.now() - current.atMs < PACE_MS) return;
    const next = nextAnnouncement(message.text, current.announced, !streaming);
    const ending = message.status === 'stopped' ? 'Stopped.' : message.status === 'failed' ? 'The answer failed.' : '';
    if (!streaming) reading.current = undefined;
    else if (next.text !== '') reading.current = { ...current, announced: next.announced, atMs: performance.now() };
    const words = [next.text, ending].filter(Boolean).join(' ');
    if (words !== '') setSpoken(words);
  }, [message]);
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {spoken}
    </div>
  );
}
