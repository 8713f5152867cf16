/**
 * Patterns as deterministic automata, and these as rules of a grammar. The grammar engine joins states that differ where alternatives
 * of a rule begin alike; rules of an automaton never do.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { CharSet } from './char-set.ts';
import type { Ebnf } from './ebnf.ts';
import { anchorError, type Pattern } from './pattern.ts';
import { type CharRange, symbolClass, textSymbols } from './symbols.ts';

/** States of the automaton before and after it is made deterministic: more take too long. */
const MAX_PARTS = 200_000;
const MAX_STATES = 10_000;

/** How one character of a set is written: sequences of ranges of symbols. */
export type Spelling = (set: CharSet) => readonly (readonly CharRange[])[];

interface Edge {
  low: number;
  high: number;
  to: number;
}

const tooComplex = () =>
  new LocalLLMError(
    'not-supported',
    'A pattern is too complex: it counts too far, or too many of its alternatives begin alike. Make it simpler.',
  );

/** Thompson's construction. */
class Nondeterministic {
  readonly edges: Edge[][] = [];
  readonly jumps: number[][] = [];
  readonly #spelling: Spelling;

  constructor(spelling: Spelling) {
    this.#spelling = spelling;
  }

  state(): number {
    if (this.edges.length >= MAX_PARTS) throw tooComplex();
    this.jumps.push([]);
    return this.edges.push([]) - 1;
  }

  /** Puts the pattern behind a state; returns the state behind it. */
  add(pattern: Pattern, from: number): number {
    switch (pattern.type) {
      case 'chars':
        return this.#sequences(this.#spelling(pattern.set), from);
      case 'text':
        return this.#sequences([Array.from(textSymbols(pattern.text), (s): CharRange => [s, s])], from);
      case 'sequence':
        return pattern.items.reduce((at, item) => this.add(item, at), from);
      case 'choice': {
        const end = this.state();
        for (const option of pattern.options) this.jumps[this.add(option, this.#after(from))]!.push(end);
        return end;
      }
      case 'repeat':
        return this.#repeat(pattern, from);
      case 'start':
      case 'end':
        throw anchorError();
    }
  }

  #after(from: number): number {
    const next = this.state();
    this.jumps[from]!.push(next);
    return next;
  }

  #sequences(sequences: ReturnType<Spelling>, from: number): number {
    const end = this.state();
    for (const sequence of sequences) {
      let at = from;
      for (const [index, [low, high]] of sequence.entries()) {
        const to = index === sequence.length - 1 ? end : this.state();
        this.edges[at]!.push({ low, high, to });
        at = to;
      }
      if (sequence.length === 0) this.jumps[from]!.push(end);
    }
    return end;
  }

  #repeat({ item, low, high }: Pattern & { type: 'repeat' }, from: number): number {
    let at = from;
    for (let count = 0; count < low; count++) at = this.add(item, at);
    if (high === Number.POSITIVE_INFINITY) {
      const loop = this.#after(at);
      this.jumps[this.add(item, loop)]!.push(loop);
      return this.#after(loop);
    }
    const end = this.state();
    for (let count = low; count < high; count++) {
      this.jumps[at]!.push(end);
      at = this.add(item, this.#after(at));
    }
    this.jumps[at]!.push(end);
    return end;
  }

  /** All states that are reached without a symbol, sorted. */
  closure(states: Iterable<number>): number[] {
    const reached = new Set(states);
    for (const state of reached) for (const next of this.jumps[state]!) reached.add(next);
    return [...reached].sort((a, b) => a - b);
  }
}

interface State {
  accepts: boolean;
  /** Ranges that neither touch each other's targets nor overlap, in order. */
  edges: Edge[];
}

function deterministic(automaton: Nondeterministic, start: number, end: number): State[] {
  const states: State[] = [];
  const pending: number[][] = [];
  const ids = new Map<string, number>();
  const idOf = (set: number[]): number => {
    const key = set.join();
    const known = ids.get(key);
    if (known !== undefined) return known;
    if (states.length >= MAX_STATES) throw tooComplex();
    ids.set(key, states.length);
    pending.push(set);
    return states.push({ accepts: set.includes(end), edges: [] }) - 1;
  };
  idOf(automaton.closure([start]));
  for (const [id, set] of pending.entries()) {
    const edges = set.flatMap((state) => automaton.edges[state]!);
    const borders = [...new Set(edges.flatMap(({ low, high }) => [low, high + 1]))].sort((a, b) => a - b);
    for (const [at, low] of borders.slice(0, -1).entries()) {
      const targets = edges.filter((edge) => edge.low <= low && low <= edge.high).map(({ to }) => to);
      if (targets.length === 0) continue;
      states[id]!.edges.push({ low, high: borders[at + 1]! - 1, to: idOf(automaton.closure(targets)) });
    }
  }
  return joined(living(states));
}

/** Without edges to states from which nothing is accepted. */
function living(states: State[]): State[] {
  const sources = states.map(() => [] as number[]);
  states.forEach(({ edges }, from) => edges.forEach(({ to }) => sources[to]!.push(from)));
  const alive = new Set([...states.keys()].filter((id) => states[id]!.accepts));
  for (const id of alive) for (const source of sources[id]!) alive.add(source);
  return states.map(({ accepts, edges }) => ({ accepts, edges: edges.filter(({ to }) => alive.has(to)) }));
}

/** States that go on alike are one: from the ends backwards, as far as some rounds go. */
function joined(states: State[]): State[] {
  for (let round = 0; round < 32; round++) {
    const byKind = new Map<string, number>();
    const same = states.map(({ accepts, edges }, id) => {
      const kind = `${accepts}${edges.map(({ low, high, to }) => `,${low}-${high}:${to}`).join('')}`;
      const first = byKind.get(kind) ?? id;
      byKind.set(kind, first);
      return first;
    });
    if (same.every((first, id) => first === id)) break;
    for (const state of states) state.edges = state.edges.map((edge) => ({ ...edge, to: same[edge.to]! }));
  }
  return states;
}

/** The name of a rule for the pattern; undefined where nothing is matched. @throws LocalLLMError not-supported */
export function patternRule(ebnf: Ebnf, pattern: Pattern, spelling: Spelling): string | undefined {
  const automaton = new Nondeterministic(spelling);
  const start = automaton.state();
  const states = deterministic(automaton, start, automaton.add(pattern, start));
  if (!states[0]!.accepts && states[0]!.edges.length === 0) return undefined;
  const sources = states.map(() => 0);
  const reached = new Set([0]);
  for (const id of reached) {
    for (const to of new Set(states[id]!.edges.map((edge) => edge.to))) {
      sources[to]!++;
      reached.add(to);
    }
  }
  const names = new Map<number, string>();
  const nameOf = (id: number): string => {
    const name = names.get(id) ?? ebnf.reserve('s');
    names.set(id, name);
    return name;
  };
  /** A step into a state: states that only one other leads to, and that lead to only one, are part of its rule. */
  const step = (ranges: readonly Edge[]): string => {
    const { accepts, edges } = states[ranges[0]!.to]!;
    const path = symbolClass(ranges.map(({ low, high }): CharRange => [low, high]));
    if (edges.length === 0) return path;
    const alone = new Set(edges.map(({ to }) => to)).size === 1 && !accepts && sources[ranges[0]!.to] === 1;
    return `${path} ${alone ? step(edges) : nameOf(ranges[0]!.to)}`;
  };
  const begin = nameOf(0);
  for (const [id, name] of names) {
    const { accepts, edges } = states[id]!;
    const byTarget = [...Map.groupBy(edges, ({ to }) => to).values()];
    ebnf.define(name, [...(accepts ? ['""'] : []), ...byTarget.map(step)].join(' | '));
  }
  return begin;
}
