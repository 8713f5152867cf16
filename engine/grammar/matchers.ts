/**
 * Grammars at work, by the library xgrammar.
 *
 * @module
 */
import type * as XGrammar from '@mlc-ai/web-xgrammar';
import { LocalLLMError } from '../protocol/errors.ts';
import { type AnswerRules, grammarText } from './constraint-grammar.ts';
import { symbolsOf } from './symbols.ts';
import type { GrammarRequest, GrammarState, VocabularyData } from './grammar-messages.ts';

/** Compiled grammars that are kept for the next request. */
const MAX_COMPILED = 8;

/** The library is a script that leaves its exports on the global object when it is imported as a module. */
async function loadLibrary(): Promise<typeof XGrammar> {
  const scope = globalThis as { location?: unknown; xgrammar?: typeof XGrammar };
  // In Node it takes a thread without a location for CommonJS.
  scope.location ??= { href: import.meta.url };
  const module = await import('@mlc-ai/web-xgrammar');
  return scope.xgrammar ?? module;
}

interface Compiler {
  compiler: XGrammar.GrammarCompiler;
  /** By what they were made from, the last used last. */
  compiled: Map<string, XGrammar.CompiledGrammar>;
}

export class Matchers {
  #library: Promise<typeof XGrammar> | undefined;
  #vocabulary: VocabularyData | undefined;
  /** By the marks of tool calls, which change what tokens stand for. */
  readonly #compilers = new Map<string, Promise<Compiler>>();
  readonly #open = new Map<number, XGrammar.GrammarMatcher>();

  /** @throws LocalLLMError bad-argument, not-supported; anything else means that the library has failed */
  async handle(request: GrammarRequest): Promise<GrammarState | undefined> {
    switch (request.op) {
      case 'vocabulary':
        this.#vocabulary = request.vocabulary;
        this.#library ??= loadLibrary();
        await this.#library;
        return undefined;
      case 'open': {
        const { GrammarMatcher } = await this.#library!;
        const grammar = await this.#compile(request.rules, request.marks);
        const matcher = await GrammarMatcher.createGrammarMatcher(grammar);
        this.#open.set(request.grammar, matcher);
        return this.#state(matcher);
      }
      case 'accept': {
        const matcher = this.#open.get(request.grammar);
        if (matcher?.acceptToken(request.token)) return this.#state(matcher);
        throw new Error(`Token ${request.token} was taken against the grammar.`);
      }
      case 'close':
        this.#open.get(request.grammar)?.dispose();
        this.#open.delete(request.grammar);
        return undefined;
    }
  }

  async #compile(rules: AnswerRules, marks: ReadonlyMap<number, string>): Promise<XGrammar.CompiledGrammar> {
    const variant = JSON.stringify([...marks]);
    let made = this.#compilers.get(variant);
    if (!made) this.#compilers.set(variant, (made = this.#makeCompiler(marks)));
    const { compiler, compiled } = await made;
    const key = JSON.stringify(rules);
    const known = compiled.get(key);
    compiled.delete(key);
    const grammar = known ?? (await compiler.compileGrammar(grammarText(rules)));
    compiled.set(key, grammar);
    for (const [oldest, unused] of compiled) {
      if (compiled.size <= MAX_COMPILED) break;
      compiled.delete(oldest);
      unused.dispose();
    }
    return grammar;
  }

  async #makeCompiler(marks: ReadonlyMap<number, string>): Promise<Compiler> {
    const { GrammarCompiler, TokenizerInfo } = await this.#library!;
    const { bytes, ends, eogIds } = this.#vocabulary!;
    const utf8 = new TextEncoder();
    let start = 0;
    // The library takes bytes for texts, and texts in an alphabet of ours.
    const tokens: Uint8Array[] = [];
    for (const [id, end] of ends.entries()) {
      const mark = marks.get(id);
      tokens.push(symbolsOf(mark === undefined ? bytes.subarray(start, end) : utf8.encode(mark)));
      start = end;
    }
    // One end beyond the vocabulary, for models that have none: whether the answer may end shows there.
    const stops = [...eogIds, tokens.push(utf8.encode('end')) - 1];
    const vocabulary = tokens as unknown as string[];
    const info = await TokenizerInfo.createTokenizerInfo(vocabulary, 'raw', false, tokens.length, stops);
    return { compiler: await GrammarCompiler.createGrammarCompiler(info, false), compiled: new Map() };
  }

  async #state(matcher: XGrammar.GrammarMatcher): Promise<GrammarState> {
    const { ends, eogIds } = this.#vocabulary!;
    const vocab = ends.length;
    const words = new Uint32Array(await matcher.getNextTokenBitmask());
    const bit = (id: number) => ((words[id >> 5]! >>> (id & 31)) & 1) !== 0;
    const set = (id: number, on: boolean) => {
      const one = 1 << (id & 31);
      words[id >> 5] = on ? words[id >> 5]! | one : words[id >> 5]! & ~one;
    };
    const mayEnd = bit(vocab);
    for (const id of [...eogIds, vocab]) set(id, false);
    for (let id = vocab + 1; id < words.length * 32; id++) set(id, false);
    const mayGoOn = words.some((word) => word !== 0);
    if (mayEnd) for (const id of eogIds) set(id, true);
    if (!mayGoOn && !mayEnd) {
      throw new LocalLLMError(
        'not-supported',
        'No token of this model can go on with what the constraint asks for. Choose another model, or a simpler constraint.',
      );
    }
    return { mask: words.slice(0, Math.ceil(vocab / 32)), ended: !mayGoOn };
  }
}
