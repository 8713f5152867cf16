/**
 * Vocabularies of real ones' sizes, for models with random weights: loading a model takes the time that its vocabulary takes.
 * Texts are of one to three syllables, many with a space before them: about as long as real ones' (6.5 characters in Llama 3).
 *
 * @module
 */
import { byteText, CHAR_OF_BYTE } from '../../engine/tokenizer/byte-alphabet.ts';
import { END, type RandomVocabulary } from '../fidelity/random-model.ts';

/** Merges: more than tokens in some (Llama 3), fewer in others (Qwen 2.5). SPM has scores and no merges. */
export type VocabularySize =
  | { kind: 'bpe'; pre: string; tokens: number; merges: number }
  | { kind: 'spm'; tokens: number };

/** GGUF's `token_type` values. */
const TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

/** The same each time. @throws Error for more merges than that many tokens can have, and for fewer tokens than are needed */
export function makeVocabulary(size: VocabularySize): RandomVocabulary {
  return size.kind === 'bpe' ? makeBpe(size) : makeSpm(size);
}

function makeBpe({ pre, tokens: count, merges: mergeCount }: VocabularySize & { kind: 'bpe' }): RandomVocabulary {
  const made = take(words(CHAR_OF_BYTE[0x20]!), count - CHAR_OF_BYTE.length - 1);
  const tokens = [...CHAR_OF_BYTE, ...made, END];
  return {
    tokens,
    metadata: {
      model: 'gpt2',
      pre,
      tokens,
      token_type: Int32Array.from(tokens, (token) => (token === END ? TYPE.control : TYPE.normal)),
      merges: mergesOf(made, mergeCount),
    },
  };
}

/** By the rank of what they make. Every token gets one before any gets a second one. */
function mergesOf(made: readonly string[], count: number): string[] {
  const known = new Set([...CHAR_OF_BYTE, ...made]);
  const merges: string[] = [];
  let spare = Math.max(0, count - made.length);
  for (const token of made.slice(0, count)) {
    const ways = splits(token, known).slice(0, 1 + spare);
    spare -= ways.length - 1;
    merges.push(...ways);
  }
  if (spare > 0) throw new Error(`${made.length} tokens have only ${merges.length} of ${count} merges: ask for fewer.`);
  return merges;
}

/** The ways in which a text is two tokens, the longest first half first. */
function splits(text: string, known: ReadonlySet<string>): string[] {
  const ways: string[] = [];
  for (let cut = text.length - 1; cut > 0; cut--) {
    const [left, right] = [text.slice(0, cut), text.slice(cut)];
    if (known.has(left) && known.has(right)) ways.push(`${left} ${right}`);
  }
  return ways;
}

const SPACE = '▁';

function makeSpm({ tokens: count }: VocabularySize & { kind: 'spm' }): RandomVocabulary {
  const bytes = Array.from({ length: 256 }, (_, byte) => byteText(byte));
  const printable = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i));
  const special = ['<unk>', END, ...bytes];
  const characters = [SPACE, ...printable];
  const pieces = [...take(words(SPACE), count - special.length - characters.length), ...characters];
  const tokens = [...special, ...pieces];
  const types = [TYPE.unknown, TYPE.control, ...bytes.map(() => TYPE.byte), ...pieces.map(() => TYPE.normal)];
  return {
    tokens,
    metadata: {
      model: 'llama',
      tokens,
      // Real files' pieces come by falling score, too.
      scores: Float32Array.from(tokens, (_, id) => Math.min(0, special.length - 1 - id)),
      token_type: Int32Array.from(types),
      unknown_token_id: 0,
    },
  };
}

function take(texts: Iterator<string>, count: number): string[] {
  if (count < 0) throw new Error(`A vocabulary needs ${-count} tokens more than that.`);
  return Array.from({ length: count }, () => texts.next().value as string);
}

const VOWELS = 'aeiou'.split('');
const SYLLABLES = 'dfhklmnprstwy'.split('').flatMap((consonant) => VOWELS.map((vowel) => consonant + vowel));
/** Texts that follow each other share no beginning: a prime that no power of the number of syllables has in it. */
const STRIDE = 104_729;

/** Syllables, then pairs of them, then triples and so on: each text is two earlier ones. */
function* words(space: string): Generator<string, never> {
  for (let length = 1; ; length++) {
    const count = SYLLABLES.length ** length;
    for (let i = 0; i < count; i++) {
      let word = '';
      for (let rest = (i * STRIDE) % count; word.length < 2 * length; rest = Math.floor(rest / SYLLABLES.length)) {
        word += SYLLABLES[rest % SYLLABLES.length]!;
      }
      // Most tokens of real vocabularies begin words: the others have half of the long texts.
      if (length < 3 || i % 2 === 0) yield word;
      yield space + word;
    }
  }
}
