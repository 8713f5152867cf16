/**
 * How byte-level BPE vocabularies cut a text into words before merging: `tokenizer.ggml.pre` → patterns, applied one after
 * the other, each to the pieces that the one before left. Names and patterns as in llama.cpp's src/llama-vocab.cpp.
 *
 * @module
 */

export interface PreTokenizer {
  patterns: readonly RegExp[];
  /** A word that is a token stays one, whatever the merges say. */
  ignoreMerges: boolean;
  /** Where the file does not say. */
  addBos: boolean;
}

// Unicode's White_Space: JavaScript's \s lacks U+0085 and has U+FEFF.
const WS = '\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACES = `[${WS}]+(?![^${WS}])|[${WS}]+`;
const CONTRACTIONS = `'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])`;
const GPT2 = `'(?:[stmd]|re|ve|ll)| ?\\p{L}+| ?\\p{N}+| ?[^${WS}\\p{L}\\p{N}]+|${SPACES}`;
const WORD = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+';
const SYMBOLS = ` ?[^${WS}\\p{L}\\p{N}]+[\\r\\n]*|[${WS}]*[\\r\\n]+|${SPACES}`;
/** GPT-4's shape, with `digits` at most in one word. */
const gpt4 = (digits: string) => `${CONTRACTIONS}|${WORD}|${digits}|${SYMBOLS}`;
// llama.cpp tells capitals from small letters in ASCII only; any other letter counts as both.
const UPPER = '(?:(?=\\p{L})[^a-z])';
const LOWER = '(?:(?=\\p{L})[^A-Z])';
const cased = (suffix: string, digits: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+${suffix}|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*${suffix}|${digits}` +
  `| ?[^${WS}\\p{L}\\p{N}]+[\\r\\n/]*|[${WS}]*[\\r\\n]+|${SPACES}`;
const CJK = '[\\u4e00-\\u9fa5\\u3040-\\u309f\\u30a0-\\u30ff]+';
const ASCII_SYMBOL = '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`\\{\\|\\}~]';
const DEEPSEEK3 =
  `${ASCII_SYMBOL}[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*` +
  `|[${WS}]*[\\r\\n]+|${SPACES}`;

interface Family {
  names: readonly string[];
  patterns: readonly string[];
  ignoreMerges?: true;
  addBos?: true;
}

const FAMILIES: readonly Family[] = [
  {
    names: ['default', ''],
    patterns: ['[\\p{P}$+<=>\\^~\\|]+', GPT2, '\\p{N}+', '[0-9][0-9][0-9]'],
  },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2', 'jina-v5-nano'],
    patterns: [gpt4('\\p{N}{1,3}')],
    ignoreMerges: true,
    addBos: true,
  },
  { names: ['dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'], patterns: [gpt4('\\p{N}{1,3}')] },
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
    patterns: [
      '[\\r\\n]',
      `[${WS}]?\\p{L}+`,
      `[${WS}]?\\p{P}+`,
      // llama.cpp has replaced the white space within these ranges when it looks for them.
      `(?:(?![${WS}])[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff])+`,
      '\\p{N}',
    ],
  },
  { names: ['deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'], patterns: ['\\p{N}{1,3}', CJK, DEEPSEEK3] },
  { names: ['tekken'], patterns: [cased('', '\\p{N}')], ignoreMerges: true, addBos: true },
  {
    names: ['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'],
    patterns: [cased(`(?:${CONTRACTIONS})?`, '\\p{N}{1,3}')],
  },
  {
    names: ['seed-coder'],
    patterns: [`${CONTRACTIONS}|${WORD}|\\p{N}| ?[^${WS}\\p{L}\\p{N}\\r\\n]+|[${WS}]*[\\r\\n]+|${SPACES}`],
  },
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
    ignoreMerges: family.ignoreMerges === true,
    addBos: family.addBos === true,
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
