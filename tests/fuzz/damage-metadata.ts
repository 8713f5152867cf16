/**
 * Lies among the key-value pairs of a file whose header is sound.
 *
 * @module
 */
import type { ItemType } from '../../engine/gguf/metadata.ts';
import type { WriterValue } from '../gguf-writer.ts';
import type { Draft } from './draft.ts';
import type { Random } from './random.ts';

type Entry = Draft['metadata'][number];
type Scalar = string | boolean | number | bigint;

const NUMBERS = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  16,
  31,
  33,
  64,
  255,
  257,
  1024,
  65_535,
  65_536,
  2 ** 20,
  2 ** 24,
  2 ** 24 + 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  1e19,
  1e38,
  1e308,
  -1,
  -2,
  -32,
  -(2 ** 31),
  -1e308,
  0.5,
  -0.5,
  1.5,
  1e-7,
  1e-45,
  5e-324,
  Number.NaN,
  Infinity,
  -Infinity,
];
const NUMBER_TYPES: readonly ItemType[] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'uint32',
  'uint32',
  'int32',
  'float32',
  'float32',
  'uint64',
  'int64',
  'float64',
];
const words = (text: string) => text.trim().split(/\s+/);
const STRANGE_NAMES = ['', ' ', 'x', '\0', '\u{fffd}', '\ud83d', '🙂', 'constructor', '__proto__'];
const STRINGS = [
  ...STRANGE_NAMES,
  ...words('llama qwen2 qwen3 gemma2 gemma3 phi3 smollm3 granite olmo2 qwen35 bert mamba'),
  ...words('gpt2 gemma4 no_vocab t5 llama-bpe gpt-2 tekken default falcon phi-3 none linear yarn longrope dynamic'),
  '<|im_end|>',
  '<0x41>',
  'a b',
  ' a',
  'a ',
  'th the',
  'x'.repeat(70_000),
  'я'.repeat(5000),
];
const TEMPLATES = [
  '{{',
  '{% for %}',
  '{{ messages }}',
  '{{ messages[5].content.x.y }}',
  '{% if true %}',
  '{{ 1 / 0 }}',
  '\n\n{{ x( }}',
  '{% for i in range(1000000000) %}x{% endfor %}',
  '{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}',
  "{% set ns = namespace(s='x') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
  '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
  `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`,
  '{% if true %}'.repeat(3000),
  '{{ '.repeat(20_000),
  "{{ raise_exception('no') }}",
  "{{ raise_exception('x' * 100000) }}",
  '{{ messages | tojson(indent=1000000000) }}',
  "{{ 'x' | center(1000000000) }}{{ 'x' * 1000000000 }}",
  "{{ ''.constructor.constructor('return process')() }}",
];
/** Keys that are read where they are there. `*` stands for the architecture. */
const MORE_KEYS = words(`
  *.expert_count *.attention.sliding_window *.attention.sliding_window_pattern *.attention.key_length *.attention.scale
  *.rope.scaling.type *.rope.scaling.factor *.rope.scale_linear *.rope.freq_base *.rope.dimension_count *.logit_scale
  *.rope.scaling.original_context_length *.rope.scaling.attn_factor *.rope.scaling.yarn_beta_fast *.rope.scaling.yarn_beta_slow
  *.attn_logit_softcapping *.final_logit_softcapping *.embedding_scale *.residual_scale *.attention.value_length
  tokenizer.ggml.scores tokenizer.ggml.token_type tokenizer.ggml.unknown_token_id tokenizer.ggml.padding_token_id
  tokenizer.ggml.eot_token_id tokenizer.ggml.eom_token_id tokenizer.ggml.fim_pad_token_id tokenizer.ggml.add_eos_token
  tokenizer.ggml.add_space_prefix tokenizer.ggml.remove_extra_whitespaces tokenizer.ggml.precompiled_charsmap
  general.alignment general.name general.quantization_version general.file_type split.count split.no split.tensors.count
`);

/** Changes, adds, drops or repeats one pair. */
export function damageMetadata(random: Random, draft: Draft): void {
  const { metadata } = draft;
  const at = random.below(metadata.length);
  const [key, value] = metadata[at]!;
  const kind = random.below(20);
  if (kind === 0) metadata.splice(at, 1);
  else if (kind === 1) metadata.splice(random.below(metadata.length + 1), 0, [key, random.pick(metadata)[1]]);
  else if (kind === 2) metadata[at] = [random.pick([random.pick(metadata)[0], ...STRANGE_NAMES]), value];
  else if (kind === 3) metadata[at] = [key, random.pick(metadata)[1]];
  else if (kind === 4) set(metadata, 'tokenizer.chat_template', random.pick(TEMPLATES));
  else if (kind < 9) {
    const architecture = metadata.find(([name]) => name.endsWith('.block_count'))?.[0].split('.')[0] ?? 'llama';
    set(metadata, random.pick(MORE_KEYS).replace('*', architecture), anyValue(random));
  } else metadata[at] = [key, changed(random, value)];
}

function set(metadata: Entry[], key: string, value: WriterValue): void {
  const at = metadata.findIndex(([name]) => name === key);
  metadata[at < 0 ? metadata.length : at] = [key, value];
}

/** A value near the one that was there, now and then of another type altogether. */
function changed(random: Random, value: WriterValue): WriterValue {
  if (random.chance(0.1) || typeof value !== 'object' || !('type' in value)) return anyValue(random);
  if (value.type === 'array') return changedArray(random, value);
  if (value.type === 'string') return random.pick(STRINGS);
  if (value.type === 'bool') return !value.value;
  const number = Number(value.value);
  const near = [number + 1, number - 1, number * 2, number / 2, -number, number * 32, number + 32];
  return ofType(
    random.chance(0.6) ? value.type : random.pick(NUMBER_TYPES),
    random.pick(random.chance(0.5) ? near : NUMBERS),
  );
}

function changedArray(random: Random, array: Extract<WriterValue, { itemType: ItemType }>): WriterValue {
  const items: Scalar[] = Array.from(array.value);
  const { itemType } = array;
  const kind = random.below(7);
  if (kind === 0) items.length = random.below(items.length + 1);
  else if (kind === 1) items.push(...items.slice(0, 1 + random.below(3)));
  else if (kind === 2) return { ...array, length: BigInt(items.length) + random.pick([-1n, 1n, 2n ** 21n, 2n ** 62n]) };
  else if (kind === 3 && itemType !== 'string') {
    const type = random.pick(NUMBER_TYPES);
    return {
      type: 'array',
      itemType: type,
      value: items.map((item) => (ofType(type, Number(item)) as { value: Scalar }).value),
    };
  } else {
    for (let left = 1 + random.below(3); left > 0 && items.length > 0; left--) {
      const at = random.below(items.length);
      if (random.chance(0.3)) items[at] = random.pick(items);
      else if (itemType === 'string') items[at] = random.pick(STRINGS);
      else if (itemType === 'bool') items[at] = !items[at];
      else items[at] = (ofType(itemType, random.pick(NUMBERS)) as { value: Scalar }).value;
    }
  }
  return { type: 'array', itemType, value: items };
}

function anyValue(random: Random): WriterValue {
  const kind = random.below(8);
  if (kind === 0) return random.pick(STRINGS);
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) {
    const type = random.pick(NUMBER_TYPES);
    const value = Array.from(
      { length: random.below(300) },
      () => (ofType(type, random.pick(NUMBERS)) as { value: Scalar }).value,
    );
    return { type: 'array', itemType: type, value };
  }
  if (kind === 3) return { type: 'array', itemType: 'bool', value: [true, false].slice(random.below(3)) };
  return ofType(random.pick(NUMBER_TYPES), random.pick(NUMBERS));
}

/** A number as that type has it; the bytes of integers wrap around. */
function ofType(type: ItemType, value: number): WriterValue {
  if (type !== 'uint64' && type !== 'int64') return { type, value };
  const whole = BigInt(Number.isFinite(value) ? Math.trunc(value) : -1);
  return { type, value: type === 'uint64' ? BigInt.asUintN(64, whole) : BigInt.asIntN(64, whole) };
}
