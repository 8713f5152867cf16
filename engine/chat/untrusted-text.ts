/**
 * Tells what a rendered prompt has from people and pages apart from what the template itself wrote, so that a message
 * saying `<|im_end|>` stays text.
 *
 * The template is rendered twice: plainly, and with each untrusted string between two marks. Where the second, its marks
 * taken out, equals the first, the marks say which stretches are untrusted. Marks stand inside a string's outer white
 * space, so that a template which trims its messages still works. A template that looks into its messages may render
 * something else; there the strings, or the pieces that are left of them, are searched for in the prompt instead.
 *
 * @module
 */

/** A stretch of the prompt; control tokens count only where `special` is true. */
export interface PromptPart {
  text: string;
  special: boolean;
}

/** Two characters that occur in no input. */
export interface Marks {
  open: string;
  close: string;
}

/** Nothing in here can be part of a control token; such names and types stay as templates compare them. */
const HARMLESS = /^[\w .,:;'"?!()-]*$/;

/** Two private-use characters that none of the texts has, undefined when every one is taken. */
export function chooseMarks(texts: readonly string[]): Marks | undefined {
  const free: string[] = [];
  for (let unit = 0xe000; unit <= 0xf8ff && free.length < 2; unit++) {
    const char = String.fromCharCode(unit);
    if (!texts.some((text) => text.includes(char))) free.push(char);
  }
  const [open, close] = free;
  return open === undefined || close === undefined ? undefined : { open, close };
}

/** The text with marks around it, its outer white space outside. */
export function markText(text: string, { open, close }: Marks): string {
  const core = text.trim();
  if (core === '') return text;
  const start = text.length - text.trimStart().length;
  return text.slice(0, start) + open + core + close + text.slice(start + core.length);
}

/** A JSON value with every string, and key, replaced. */
export function mapStrings(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, replace));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [replace(key), mapStrings(item, replace)]));
}

/** Whether a string of a tool or a call may stay unmarked. */
export function isHarmless(text: string): boolean {
  return HARMLESS.test(text);
}

/** The prompt cut at the marks; undefined when they do not pair or the prompt differs from `plain`. */
export function cutAtMarks(marked: string, plain: string, { open, close }: Marks): PromptPart[] | undefined {
  const parts: PromptPart[] = [];
  let rest = 0;
  for (;;) {
    const start = marked.indexOf(open, rest);
    parts.push({ text: marked.slice(rest, start < 0 ? marked.length : start), special: true });
    if (start < 0) break;
    const end = marked.indexOf(close, start);
    if (end < 0) return undefined;
    parts.push({ text: marked.slice(start + 1, end), special: false });
    rest = end + 1;
  }
  const sound = parts.every(({ text }) => !text.includes(open) && !text.includes(close));
  return sound && parts.map(({ text }) => text).join('') === plain
    ? parts.filter(({ text }) => text !== '')
    : undefined;
}

/** How a string that is not found whole is cut, step by step. */
const FINER: readonly ((text: string) => string[])[] = [
  (text) => text.split('\n'),
  (text) => text.split(/\s+/),
  (text) => text.match(/<[^<>]*>|\[[^[\]]*\]|[^<>[\]]+|[<>[\]]/g) ?? [],
];

/** The prompt cut wherever one of the untrusted texts, or a piece of one that is not found whole, stands. */
export function cutAtTexts(plain: string, untrusted: readonly string[]): PromptPart[] {
  const stretches: { start: number; end: number }[] = [];
  const seen = new Set<string>();
  const find = (text: string, finer: number) => {
    const core = text.trim();
    if (core === '' || seen.has(`${finer} ${core}`)) return;
    seen.add(`${finer} ${core}`);
    let found = false;
    // Texts inside JSON stand there escaped.
    for (const form of new Set([core, JSON.stringify(core).slice(1, -1)])) {
      for (let at = plain.indexOf(form); at >= 0; at = plain.indexOf(form, at + form.length)) {
        stretches.push({ start: at, end: at + form.length });
        found = true;
      }
    }
    const cut = FINER[finer];
    if (!found && cut !== undefined) for (const piece of cut(core)) find(piece, finer + 1);
  };
  for (const text of untrusted) find(text, 0);
  stretches.sort((a, b) => a.start - b.start);
  const parts: PromptPart[] = [];
  let end = 0;
  for (const stretch of stretches) {
    if (stretch.end <= end) continue;
    if (stretch.start > end) parts.push({ text: plain.slice(end, stretch.start), special: true });
    parts.push({ text: plain.slice(Math.max(end, stretch.start), stretch.end), special: false });
    end = stretch.end;
  }
  if (end < plain.length) parts.push({ text: plain.slice(end), special: true });
  return parts;
}
