/**
 * Keys in a menu, as the ARIA practices have them: arrows go round, Home and End, letters go to what begins with them.
 *
 * @module
 */

/** Letters that follow one another within this time are one word. */
const WORD_MS = 600;

export class MenuKeys {
  #typed = '';
  #atMs = -Infinity;

  /**
   * The item that a key leads to; undefined where the key is none of a menu's.
   * @param names of all items, as they are read
   * @param current index of the item that has the focus, -1: none
   */
  target(key: string, names: readonly string[], current: number, nowMs: number): number | undefined {
    const count = names.length;
    if (count === 0) return undefined;
    switch (key) {
      case 'ArrowDown':
        return (current + 1) % count;
      case 'ArrowUp':
        return current <= 0 ? count - 1 : current - 1;
      case 'Home':
        return 0;
      case 'End':
        return count - 1;
    }
    return this.#byName(key, names, current, nowMs);
  }

  #byName(key: string, names: readonly string[], current: number, nowMs: number): number | undefined {
    const going = nowMs - this.#atMs < WORD_MS;
    if (Array.from(key).length !== 1 || (key === ' ' && !going)) return undefined;
    this.#typed = (going ? this.#typed : '') + key.toLowerCase();
    this.#atMs = nowMs;
    // One letter again and again goes from item to item; a word that grows stays where it still holds.
    const again = new Set(this.#typed).size === 1;
    const word = again ? this.#typed[0]! : this.#typed;
    const from = again ? current + 1 : Math.max(0, current);
    for (let step = 0; step < names.length; step++) {
      const at = (from + step) % names.length;
      if (names[at]!.toLowerCase().startsWith(word)) return at;
    }
    return current < 0 ? undefined : current;
  }
}
