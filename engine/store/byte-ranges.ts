/**
 * Which bytes of a file are there.
 *
 * @module
 */

/** From `start` up to, but without, `end`. */
export type ByteRange = [start: number, end: number];

/** A set of bytes: ranges in order that neither touch nor overlap. */
export class ByteRanges {
  #list: ByteRange[] = [];

  constructor(ranges: Iterable<Readonly<ByteRange>> = []) {
    for (const [start, end] of ranges) this.add(start, end);
  }

  get bytes(): number {
    return this.#list.reduce((sum, [start, end]) => sum + end - start, 0);
  }

  has(start: number, end: number): boolean {
    return start >= end || this.#list.some((range) => range[0] <= start && end <= range[1]);
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    const joined: ByteRange = [start, end];
    const others = this.#list.filter((range) => {
      if (range[1] < joined[0] || range[0] > joined[1]) return true;
      joined[0] = Math.min(joined[0], range[0]);
      joined[1] = Math.max(joined[1], range[1]);
      return false;
    });
    this.#list = [...others, joined].sort((a, b) => a[0] - b[0]);
  }

  remove(start: number, end: number): void {
    if (start >= end) return;
    this.#list = this.#list.flatMap((range): ByteRange[] => {
      const left: ByteRange = [range[0], Math.min(range[1], start)];
      const right: ByteRange = [Math.max(range[0], end), range[1]];
      return [left, right].filter((part) => part[0] < part[1]);
    });
  }

  /** The first bytes below `end` that are missing. */
  gap(end: number): ByteRange | undefined {
    const [first, second] = this.#list;
    const start = first?.[0] === 0 ? first[1] : 0;
    if (start >= end) return undefined;
    const next = start === 0 ? first : second;
    return [start, Math.min(end, next?.[0] ?? end)];
  }

  toJSON(): ByteRange[] {
    return this.#list.map((range) => [...range]);
  }
}
