/**
 * How byte-level BPE vocabularies cut a text into words before merging: `tokenizer.ggml.pre` → patterns, applied one after
 * the other, each to the pieces that the one before left. Names and patterns as in llama.cpp's src/llama-vocab.cpp.
 *
 * @module
 */
import {
  BLOOM,
  cased,
  CASED_LETTER,
  CJK,
  CJK_WIDE,
  CONTRACTIONS,
  DEEPSEEK3,
  GPT2,
  gpt4,
  KIMI,
  SPACES,
  SYMBOLS,
  WORD,
  WS,
} from './word-patterns.ts';

export interface PreTokenizer {
  patterns: readonly RegExp[];
  /** Words that stay whole where they are a token, whatever the merges say. */
  wholeWords: 'all' | 'line-breaks' | 'none';
  /** Characters stand for themselves and `▁` for a space, instead of one character per byte. */
  plain: boolean;
  /** Where the file does not say; `always`: whatever it says. */
  addBos: boolean | 'always';
  /** A file that names no BOS has none. */
  noDefaultBos: boolean;
}

interface Family {
  names: readonly string[];
  patterns: readonly string[];
  wholeWords?: 'all' | 'line-breaks';
  plain?: true;
  addBos?: true | 'always';
  noDefaultBos?: true;
}

const LINES = '[^\\n]+|\\n+';

const FAMILIES: readonly Family[] = [
  {
    names: ['default', ''],
    patterns: ['[\\p{P}$+<=>\\^~\\|]+', GPT2, '\\p{N}+', '[0-9][0-9][0-9]'],
  },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2', 'jina-v5-nano'],
    patterns: [gpt4('\\p{N}{1,3}')],
    wholeWords: 'all',
    addBos: true,
  },
  { names: ['dbrx', 'smaug-bpe'], patterns: [gpt4('\\p{N}{1,3}')] },
  { names: ['glm4', 'chatglm-bpe'], patterns: [gpt4('\\p{N}{1,3}')], noDefaultBos: true },
  {
    names: ['qwen2', 'deepseek-r1-qwen', 'kormo', 'f2llmv2', 'megrez', 'stablelm2', 'hunyuan', 'solar-open', 'grok-2'],
    patterns: [gpt4('\\p{N}')],
  },
  {
    names: ['qwen35'],
    patterns: [
      `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^${WS}\\p{L}\\p{M}\\p{N}]+[\\r\\n]*` +
        `|[${WS}]*[\\r\\n]+|${SPACES}`,
    ],
  },
  {
    names: [
      'gpt-2',
      'phi-2',
      'gigachat',
      'a.x-4.0',
      'mellum',
      'mpt',
      'olmo',
      'jais',
      'trillion',
      'granite-docling',
      'exaone4',
    ],
    patterns: [GPT2],
  },
  {
    names: ['starcoder', 'refact', 'command-r', 'smollm', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
    patterns: ['\\p{N}', GPT2],
  },
  { names: ['falcon'], patterns: ['[\\p{P}$+<=>\\^~\\|`]+', GPT2, '[0-9][0-9][0-9]'] },
  {
    names: ['deepseek-coder'],
    patterns: ['[\\r\\n]', `[${WS}]?\\p{L}+`, `[${WS}]?\\p{P}+`, CJK_WIDE, '\\p{N}'],
  },
  {
    names: ['deepseek-llm'],
    patterns: [
      '[\\r\\n]',
      `[${WS}]?${CASED_LETTER}+`,
      `[${WS}]?(?:(?![${WS}])[!-/:-~\\uff01-\\uff0f\\uff1a-\\uff5e\\u2018-\\u201f\\u3000-\\u3002])+`,
      // From a run's first only: else each of a long run before a digit would look to the run's end.
      `(?<![${WS}])[${WS}]+$`,
      CJK_WIDE,
      '\\p{N}+',
    ],
  },
  { names: ['deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'], patterns: ['\\p{N}{1,3}', CJK, DEEPSEEK3] },
  { names: ['tekken'], patterns: [cased('', '\\p{N}')], wholeWords: 'all', addBos: true },
  {
    names: ['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'],
    patterns: [cased(`(?:${CONTRACTIONS})?`, '\\p{N}{1,3}')],
  },
  {
    names: ['seed-coder'],
    patterns: [`${CONTRACTIONS}|${WORD}|\\p{N}| ?[^${WS}\\p{L}\\p{N}\\r\\n]+|[${WS}]*[\\r\\n]+|${SPACES}`],
  },
  { names: ['kimi-k2'], patterns: [KIMI] },
  { names: ['minicpm5'], patterns: ['\\p{N}{1,3}', gpt4('\\p{N}+')], wholeWords: 'all' },
  {
    names: ['bailingmoe', 'bailingmoe2', 'llada-moe'],
    patterns: [`${CONTRACTIONS}|${WORD}|\\p{N}| ?[^${WS}\\p{L}\\p{N}]+[\\r\\n]*|[${WS}]*[\\r\\n]|${SPACES}`],
  },
  { names: ['ufakzeka'], patterns: [`${WORD}|\\p{N}|${SYMBOLS}`] },
  { names: ['laguna'], patterns: [LINES, gpt4('\\p{N}')] },
  { names: ['poro-chat', 'bloom', 'gpt3-finnish'], patterns: [BLOOM] },
  { names: ['viking'], patterns: [BLOOM, '\\p{N}'] },
  { names: ['gemma4'], patterns: [LINES], plain: true, wholeWords: 'line-breaks', addBos: 'always' },
  { names: ['sarvam-moe'], patterns: [LINES], plain: true },
];

/** Every name that `preTokenizer` knows, the empty one (a file that names none) aside. */
export const PRE_TOKENIZERS: readonly string[] = FAMILIES.flatMap((family) => family.names).filter(
  (name) => name !== '',
);

/** The pre-tokenizer of this name, undefined for one that is not supported. */
export function preTokenizer(name: string): PreTokenizer | undefined {
  const family = FAMILIES.find(({ names }) => names.includes(name));
  if (family === undefined) return undefined;
  return {
    patterns: family.patterns.map((pattern) => new RegExp(pattern, 'gu')),
    wholeWords: family.wholeWords ?? 'none',
    plain: family.plain === true,
    addBos: family.addBos ?? false,
    noDefaultBos: family.noDefaultBos === true,
  };
}

/** The words of a text: matches of the patterns and what lies between, in order; joined they are the text. */
export function splitWords(text: string, patterns: readonly RegExp[]): string[] {
  let words = text === '' ? [] : [text];
  for (const pattern of patterns) {
    const pieces: string[] = [];
    for (const word of words) {
      let end = 0;
      for (const match of word.matchAll(pattern)) {
        if (match.index > end) pieces.push(word.slice(end, match.index));
        pieces.push(match[0]);
        end = match.index + match[0].length;
      }
      if (end < word.length) pieces.push(word.slice(end));
    }
    words = pieces;
  }
  return words;
}
