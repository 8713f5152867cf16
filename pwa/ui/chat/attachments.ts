/**
 * Texts that go along with a question.
 *
 * @module
 */

const NAME_CHARS = 120;
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g;

/** A name on one line, without marks that nobody sees, not long. */
export function cleanName(name: string): string {
  const shown = Array.from(name.toWellFormed().replace(UNSEEN, ' ').trim());
  if (shown.length === 0) return 'text';
  return shown.length > NAME_CHARS ? `${shown.slice(0, NAME_CHARS).join('')}…` : shown.join('');
}
