/**
 * Which of many texts occur in another, in one pass (Aho and Corasick): a vocabulary may have thousands of special
 * tokens, and each search of its own would read the whole text.
 *
 * @module
 */
import { PairTable } from './pair-table.ts';

const ROOT = 0;
const NONE = -1;

export class TextFinder {
  /** From a node and a UTF-16 unit to the node one longer. */
  private readonly edges: PairTable;
  /** The node of the longest proper ending that is a beginning too. */
  private readonly shorter: Int32Array;
  /** Index of the text that ends at a node. */
  private readonly textAt: Int32Array;
  /** The nearest of `shorter` at which a text ends. */
  private readonly nextText: Int32Array;
  private readonly count: number;

  /** @param texts none of them empty */
  constructor(texts: readonly string[]) {
    const room = texts.reduce((sum, text) => sum + text.length, 1);
    this.count = texts.length;
    this.edges = new PairTable(room);
    this.shorter = new Int32Array(room);
    this.textAt = new Int32Array(room).fill(NONE);
    this.nextText = new Int32Array(room).fill(NONE);
    const parents = new Int32Array(room);
    const units = new Uint16Array(room);
    let nodes = 1;
    // By length: each node then comes after all shorter ones.
    let growing = texts.map((text, index) => ({ text, index, node: ROOT }));
    for (let depth = 0; growing.length > 0; depth++) {
      for (const state of growing) {
        const unit = state.text.charCodeAt(depth);
        let next = this.edges.get(state.node, unit);
        if (next === NONE) {
          next = nodes++;
          parents[next] = state.node;
          units[next] = unit;
          this.edges.add(state.node, unit, next);
        }
        state.node = next;
        if (depth + 1 === state.text.length) this.textAt[next] = state.index;
      }
      growing = growing.filter(({ text }) => text.length > depth + 1);
    }
    for (let node = 1; node < nodes; node++) {
      const parent = parents[node]!;
      const ending = parent === ROOT ? ROOT : this.step(this.shorter[parent]!, units[node]!);
      this.shorter[node] = ending;
      this.nextText[node] = this.textAt[ending] === NONE ? this.nextText[ending]! : ending;
    }
  }

  /** A byte per text: 1 where it occurs in `whole`. */
  occurring(whole: string): Uint8Array {
    const found = new Uint8Array(this.count);
    let node = ROOT;
    for (let i = 0; i < whole.length; i++) {
      node = this.step(node, whole.charCodeAt(i));
      let ending = this.textAt[node] === NONE ? this.nextText[node]! : node;
      // Once a text is found, so are those that end it.
      while (ending !== NONE && found[this.textAt[ending]!] === 0) {
        found[this.textAt[ending]!] = 1;
        ending = this.nextText[ending]!;
      }
    }
    return found;
  }

  private step(from: number, unit: number): number {
    let node = from;
    for (;;) {
      const next = this.edges.get(node, unit);
      if (next !== NONE) return next;
      if (node === ROOT) return ROOT;
      node = this.shorter[node]!;
    }
  }
}
