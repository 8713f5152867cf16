/**
 * Texts that go along with a question: from files, and how much of the context they take.
 *
 * @module
 */
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import { MAX_TEXT_CHARS } from '../../../engine/protocol/messages.ts';
import type { Measure } from '../../../engine/protocol/messages.ts';
import { formatBytes } from '../format.ts';
import type { Attachment } from '../history/records.ts';

const NAME_CHARS = 120;
/** A context with less room than this for the answer is nearly full. */
const LITTLE_ROOM = 128;

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g;
/** What no text has: control characters other than tabs, ends of lines and pages, and colours of terminals. */
// oxlint-disable-next-line no-control-regex -- as above
const BINARY = /[\u0000-\u0007\u000e-\u001a\u001c-\u001f\u007f]/;

/** A name on one line, without marks that nobody sees, not long. */
export function cleanName(name: string): string {
  const shown = Array.from(name.toWellFormed().replace(UNSEEN, ' ').trim());
  if (shown.length === 0) return 'text';
  return shown.length > NAME_CHARS ? `${shown.slice(0, NAME_CHARS).join('')}…` : shown.join('');
}

/**
 * A file as text, whatever its type says: UTF-8, or UTF-16 with or without its mark. Ends of lines become `\n`.
 * @throws LocalLLMError not-supported for what is no text, quota for what no prompt can hold, storage for what cannot be read
 */
export async function readTextFile(file: File): Promise<Attachment> {
  const name = cleanName(file.name);
  // Two bytes a character, and the mark.
  if (file.size > 2 * MAX_TEXT_CHARS + 2) throw tooLarge(name, file.size);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    const message = `“${name}” cannot be read. It may have been moved or be a folder; choose it again.`;
    throw new LocalLLMError('storage', message, { cause });
  }
  const text = decodeText(bytes)?.replace(/\r\n?/g, '\n');
  if (text === undefined) {
    throw new LocalLLMError(
      'not-supported',
      `“${name}” is not a text file. Attach plain text, Markdown, code, CSV or the like, in UTF-8 or UTF-16.`,
    );
  }
  if (text.trim() === '') throw new LocalLLMError('bad-argument', `“${name}” has no text in it. Choose another file.`);
  if (text.length > MAX_TEXT_CHARS) throw tooLarge(name, file.size);
  return { name, text };
}

function tooLarge(name: string, bytes: number): LocalLLMError {
  return new LocalLLMError(
    'quota',
    `“${name}” is too large (${formatBytes(bytes)}). At most ${MAX_TEXT_CHARS} characters can be attached: cut out the part that matters.`,
    { details: { requested: bytes, quota: MAX_TEXT_CHARS } },
  );
}

/** Undefined where it is no text. */
export function decodeText(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  const [first, second] = bytes;
  const encodings =
    first === 0xff && second === 0xfe
      ? ['utf-16le']
      : first === 0xfe && second === 0xff
        ? ['utf-16be']
        : // Latin text in UTF-16 is valid UTF-8 with a NUL in each character, which is no text.
          ['utf-8', ...zeroHalf(bytes)];
  for (const encoding of encodings) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      if (!BINARY.test(text)) return text;
    } catch {
      // not in this one
    }
  }
  return undefined;
}

/** UTF-16 without its mark: in most writing, spaces and ends of lines alone make one half of the bytes zero far more often. */
function zeroHalf(bytes: Uint8Array): string[] {
  if (bytes.length < 2 || bytes.length % 2 !== 0) return [];
  let even = 0;
  let odd = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  if (odd > 8 * even) return ['utf-16le'];
  return even > 8 * odd ? ['utf-16be'] : [];
}

export interface DraftFit {
  verdict: 'fits' | 'tight' | 'too-long';
  text: string;
}

/** Whether a prompt fits, in words. */
export function draftFit({ tokens, contextTokens }: Measure): DraftFit {
  const count = (value: number) => value.toLocaleString('en');
  const amount = `${count(tokens)} of ${count(contextTokens)} tokens`;
  const room = contextTokens - tokens;
  if (room < 1) {
    const over = 1 - room;
    const help = 'Take something out, start a new chat, or give the model a longer context.';
    return { verdict: 'too-long', text: `Too long by ${count(over)} ${over === 1 ? 'token' : 'tokens'}. ${help}` };
  }
  if (room < LITTLE_ROOM) return { verdict: 'tight', text: `${amount}: little room for an answer.` };
  return { verdict: 'fits', text: `Fits: ${amount}.` };
}
