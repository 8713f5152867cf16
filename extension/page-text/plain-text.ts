/**
 * A tree of elements as plain text: blocks on lines of their own, headings and lists marked, cells of a row side by side.
 *
 * @module
 */
import { BLOCK } from './copy.ts';

const BLOCKS = new Set(
  'address article aside blockquote center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tr ul'.split(
    ' ',
  ),
);
/** Set apart by an empty line. */
const PARAGRAPHS = new Set('blockquote dl figure h1 h2 h3 h4 h5 h6 ol p pre table ul'.split(' '));

export function plainText(root: Element): string {
  const writer = new Writer();
  writer.children(root);
  return writer.end();
}

class Writer {
  readonly #lines: string[] = [];
  #line = '';
  /** What the line begins with, if it comes to have words. */
  #mark = '';
  #preformatted = 0;
  #lists = 0;

  children(parent: Element): void {
    for (const child of parent.childNodes) {
      if (child instanceof Text) this.#text(child.data);
      else if (child instanceof Element) this.#element(child);
    }
  }

  end(): string {
    this.#break(1);
    return this.#lines.join('\n').trim();
  }

  #element(element: Element): void {
    const { localName } = element;
    if (localName === 'br') return this.#break(1);
    if (localName === 'td' || localName === 'th') return this.#cell(element);
    const list = localName === 'ul' || localName === 'ol';
    const pre = localName === 'pre';
    const block = BLOCKS.has(localName) || element.hasAttribute(BLOCK);
    // Inside a list all stays close together.
    const lines = !block ? 0 : PARAGRAPHS.has(localName) && this.#lists === 0 ? 2 : 1;
    this.#break(lines);
    const heading = /^h([1-6])$/.exec(localName);
    if (heading) this.#mark = `${'#'.repeat(Number(heading[1]))} `;
    if (localName === 'li') this.#mark = `${'  '.repeat(Math.max(0, this.#lists - 1))}- `;
    if (list) this.#lists++;
    if (pre) this.#preformatted++;
    this.children(element);
    if (pre) this.#preformatted--;
    if (list) this.#lists--;
    this.#break(lines);
    if (heading || localName === 'li') this.#mark = '';
  }

  /** In one line, whatever it holds. */
  #cell(element: Element): void {
    const text = plainText(element).replace(/\s+/g, ' ');
    this.#line += this.#line.trim() === '' ? text : ` | ${text}`;
  }

  #text(text: string): void {
    if (this.#preformatted > 0) {
      const [first, ...rest] = text.split('\n');
      this.#line += first;
      for (const line of rest) {
        this.#lines.push(this.#line.trimEnd());
        this.#line = line;
      }
      return;
    }
    const flat = text.replace(/[\s\u00a0]+/g, ' ');
    this.#line += this.#line === '' || this.#line.endsWith(' ') ? flat.trimStart() : flat;
  }

  /** Ends the line; with 2 there is an empty one as well. */
  #break(lines: number): void {
    if (lines === 0) return;
    const line = this.#line.trimEnd();
    this.#line = '';
    if (line.trim() !== '') {
      this.#lines.push(this.#mark + line);
      this.#mark = '';
    }
    if (lines === 2 && this.#lines.length > 0 && this.#lines.at(-1) !== '') this.#lines.push('');
  }
}
