/**
 * Which tokens begin a text, end one, or end generation: from the metadata and, where it is silent, by well-known texts.
 * Follows llama.cpp's `llama_vocab::impl::load` (src/llama-vocab.cpp).
 *
 * @module
 */
import { readString, readTokenId, type VocabularyMetadata } from './metadata.ts';
import { TokenKind, type Vocabulary } from './vocabulary.ts';

export interface SpecialIds {
  bosId: number | undefined;
  eosId: number | undefined;
  /** Tokens at which generation ends. */
  eogIds: ReadonlySet<number>;
}

const END_TEXTS = [
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|flush|>',
  '<|calls|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '</s>',
  '<|eom_id|>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '[EOS]',
  '<|end_of_text|>',
  '<end_of_utterance>',
  '<eos>',
  '<turn|>',
  '<|tool_response>',
  '<｜end▁of▁sentence｜>',
  '[e~[',
];

/** Fill-in-the-middle tokens; `ends` of them end generation, the others only become control tokens. */
const FILL_IN_MIDDLE = [
  {
    keys: ['fim_pre_token_id', 'prefix_token_id'],
    texts: [
      '<|fim_prefix|>',
      '<fim-prefix>',
      '<fim_prefix>',
      '<｜fim▁begin｜>',
      '<PRE>',
      '▁<PRE>',
      '<|code_prefix|>',
      '<|prefix|>',
    ],
    ends: false,
  },
  {
    keys: ['fim_suf_token_id', 'suffix_token_id'],
    texts: [
      '<|fim_suffix|>',
      '<fim-suffix>',
      '<fim_suffix>',
      '<｜fim▁hole｜>',
      '<SUF>',
      '▁<SUF>',
      '<|code_suffix|>',
      '<|suffix|>',
    ],
    ends: false,
  },
  {
    keys: ['fim_mid_token_id', 'middle_token_id'],
    texts: [
      '<|fim_middle|>',
      '<fim-middle>',
      '<fim_middle>',
      '<｜fim▁end｜>',
      '<MID>',
      '▁<MID>',
      '<|code_middle|>',
      '<|middle|>',
    ],
    ends: false,
  },
  { keys: ['fim_pad_token_id'], texts: ['<|fim_pad|>', '<fim-pad>', '<fim_pad>', '<PAD>', '[PAD]'], ends: true },
  {
    keys: ['fim_rep_token_id'],
    texts: ['<|fim_repo|>', '<|repo_name|>', '<fim-repo>', '<REPO>', '<reponame>'],
    ends: true,
  },
  { keys: ['fim_sep_token_id'], texts: ['<|file_sep|>'], ends: true },
];

/** Texts of gpt-oss that its answers are parsed by: always shown. */
const ALWAYS_SHOWN = ['<|channel|>', '<|message|>', '<|start|>', '<|constrain|>'];

/**
 * Finds the special tokens and corrects the vocabulary's kinds for those that look like control tokens but are not marked so.
 *
 * @throws LocalLLMError bad-file for ids outside the vocabulary
 */
export function findSpecialIds(
  metadata: VocabularyMetadata,
  vocabulary: Vocabulary,
  defaults: { bos?: number; eos?: number },
): SpecialIds {
  const read = (name: string) => readTokenId(metadata, `tokenizer.ggml.${name}`, vocabulary.size);
  const within = (id: number | undefined) => (id !== undefined && id < vocabulary.size ? id : undefined);
  const bosId = read('bos_token_id') ?? within(defaults.bos);
  const eosId = read('eos_token_id') ?? within(defaults.eos);
  const eogIds = new Set<number>();
  const control = (id: number) => {
    vocabulary.kinds[id] = (vocabulary.kinds[id] ?? 0) | TokenKind.CONTROL;
  };
  for (const { keys, texts, ends } of FILL_IN_MIDDLE) {
    let id = keys.map(read).find((found) => found !== undefined);
    if (id === undefined) {
      id = texts.map((text) => vocabulary.idOf(text)).find((found) => found !== undefined);
      if (id !== undefined) control(id);
    }
    if (id !== undefined && ends) eogIds.add(id);
  }
  for (const text of END_TEXTS) {
    const id = vocabulary.idOf(text);
    if (id === undefined) continue;
    eogIds.add(id);
    control(id);
  }
  for (const text of ALWAYS_SHOWN) {
    const id = vocabulary.idOf(text);
    if (id !== undefined) vocabulary.kinds[id] = TokenKind.USER_DEFINED;
  }
  for (const id of [eosId, read('eot_token_id'), read('eom_token_id')]) if (id !== undefined) eogIds.add(id);
  correctKnownModels(vocabulary, eogIds);
  return { bosId, eosId, eogIds };
}

/** Texts that end generation in most models but not in these. */
function correctKnownModels(vocabulary: Vocabulary, eogIds: Set<number>): void {
  const ends = (text: string) => {
    const id = vocabulary.idOf(text);
    return id !== undefined && eogIds.has(id);
  };
  const keep = (text: string, kind: number) => {
    const id = vocabulary.idOf(text);
    if (id === undefined || !eogIds.delete(id)) return;
    vocabulary.kinds[id] = kind;
  };
  const calls = ends('<|call|>') || ends('<|calls|>');
  // gpt-oss and solar-open close each message, not the answer, with <|end|>.
  if (calls && (ends('<|return|>') || ends('<|flush|>'))) keep('<|end|>', TokenKind.USER_DEFINED);
  if (ends('<|tool_response>')) keep('</s>', TokenKind.NORMAL);
}

/** GGUF does not carry which special tokens eat the white space after them; phi-3's do. */
export function markStripping(metadata: VocabularyMetadata, vocabulary: Vocabulary): void {
  const name = readString(metadata, 'general.name')?.toLowerCase() ?? '';
  if (!name.includes('phi-3') && !name.includes('phi3')) return;
  const special = TokenKind.CONTROL | TokenKind.USER_DEFINED | TokenKind.UNKNOWN;
  const keeping = new Set(['<unk>', '<s>', '<|endoftext|>']);
  const end = vocabulary.idOf('</s>');
  for (let id = 0; id < vocabulary.size; id++) {
    if (id !== end && (!vocabulary.is(id, special) || keeping.has(vocabulary.textOf(id)))) continue;
    vocabulary.kinds[id] = (vocabulary.kinds[id] ?? 0) | TokenKind.STRIPS_RIGHT;
  }
}
