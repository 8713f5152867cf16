import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChatMessage } from '../history/records.ts';
import { nextAnnouncement } from './announcements.ts';
import { splitThoughts } from './thoughts.ts';

/** At least this long between two announcements of one answer. */
const PACE_MS = 1_500;
/** What is younger was asked for just now, and may have been written before it was drawn once. */
const FRESH_MS = 2_000;

interface AnnouncerProps {
  /** The last one, or the one that is being written. */
  message: ChatMessage | undefined;
  /** What was done with a message; another object: something else was. */
  news: { text: string };
}

/** Reads an answer to assistive technology, sentence by sentence, and says how it ended. Answers of earlier visits stay silent, and thoughts. */
export function Announcer({ message, news }: AnnouncerProps) {
  const [spoken, setSpoken] = useState('');
  const reading = useRef<{ id: string; announced: number; atMs: number }>(undefined);
  const seen = useRef<{ id: string; chars: number }>(undefined);
  /** Those that were here before: going back to one is no news. */
  const heard = useRef(new Set<string>());
  useEffect(() => setSpoken(news.text), [news]);
  useEffect(() => {
    if (message?.role !== 'assistant') return;
    const { answer } = splitThoughts(message.text);
    const streaming = message.status === 'streaming';
    const known = seen.current?.id === message.id ? seen.current : undefined;
    const begins = streaming || (!heard.current.has(message.id) && Date.now() - message.createdMs < FRESH_MS);
    if (begins && reading.current?.id !== message.id) {
      // One that goes on has been read so far.
      const announced = known?.chars ?? 0;
      reading.current = { id: message.id, announced, atMs: 0 };
    }
    heard.current.add(message.id);
    if (!streaming) seen.current = { id: message.id, chars: answer.length };
    const current = reading.current;
    if (current?.id !== message.id) return;
    if (streaming && performance.now() - current.atMs < PACE_MS) return;
    const next = nextAnnouncement(answer, current.announced, !streaming);
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
