/**
 * Sound files for the fuzzer to damage, as small as they can be: each architecture with a byte-level vocabulary, and the
 * beginnings of llama.cpp's vocabularies.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { vocabulary } from '../fidelity/llama-cpp-vocabulary.ts';
import { RANDOM_ARCHITECTURES } from '../fidelity/random-architectures.ts';
import { randomModel } from '../fidelity/random-model.ts';
import { writeGguf, type WriterValue } from '../gguf-writer.ts';
import { type Draft, draftOf } from './draft.ts';

export interface BaseFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const SHAPE = { layers: 1, width: 32, heads: 2, kvHeads: 1, headDim: 16, ffn: 32, context: 64 };
const TEMPLATE = `{% if tools %}{{ tools | tojson }}{% endif %}{% for message in messages %}
{%- if message.role not in ['system', 'user', 'assistant', 'tool'] %}{{ raise_exception('Unknown role ' + message.role) }}{% endif %}
{{- '<|' + message.role + '|>' + message.content | trim + eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}`;

export async function baseFiles(): Promise<BaseFile[]> {
  const files = Object.entries(RANDOM_ARCHITECTURES).map(([name, model]) => {
    const heads = model.heads === model.kvHeads ? { kvHeads: SHAPE.heads } : {};
    const path = randomModel(`fuzz-${name}`, { ...model, ...SHAPE, ...heads, type: 'Q8_0' });
    return { name, bytes: new Uint8Array(readFileSync(path)) };
  });
  const llama = await draftOf(files[0]!.bytes);
  const { alignment: _, ...unaligned } = llama;
  files.push(
    { name: 'version 2', bytes: writeGguf({ ...unaligned, version: 2 }) },
    { name: 'aligned to 64', bytes: writeGguf({ ...llama, alignment: 64 }) },
  );
  for (const name of ['llama-spm', 'llama-bpe', 'qwen2', 'phi-3']) {
    files.push({ name: `${name} vocabulary`, bytes: writeGguf(await withVocabulary(llama, name)) });
  }
  return files;
}

/** The model with the first tokens of one of llama.cpp's vocabularies, as many as it had, and a chat template. */
async function withVocabulary(model: Draft, name: string): Promise<Draft> {
  const { metadata } = await parseGguf(new Blob([new Uint8Array(vocabulary(name))]));
  const count = model.tensors.find((tensor) => tensor.name === 'token_embd.weight')!.shape[1] as number;
  const text = (key: string): [string, WriterValue][] => (metadata.has(key) ? [[key, metadata.string(key)]] : []);
  const numbers = (key: string, array: typeof Float32Array | typeof Int32Array): [string, WriterValue][] =>
    metadata.has(key) ? [[key, array.from(Array.from(metadata.numbers(key)).slice(0, count))]] : [];
  const merges = metadata.has('tokenizer.ggml.merges') ? metadata.strings('tokenizer.ggml.merges').slice(0, 20) : [];
  return {
    ...model,
    metadata: [
      ...model.metadata.filter(([key]) => !key.startsWith('tokenizer.')),
      ...text('tokenizer.ggml.model'),
      ...text('tokenizer.ggml.pre'),
      ['tokenizer.ggml.tokens', metadata.strings('tokenizer.ggml.tokens').slice(0, count)],
      ...numbers('tokenizer.ggml.scores', Float32Array),
      ...numbers('tokenizer.ggml.token_type', Int32Array),
      ...(merges.length > 0 ? ([['tokenizer.ggml.merges', merges]] as const) : []),
      ['tokenizer.ggml.bos_token_id', 1],
      ['tokenizer.ggml.eos_token_id', 2],
      ['tokenizer.ggml.add_bos_token', true],
      ['tokenizer.chat_template', TEMPLATE],
    ],
  };
}
