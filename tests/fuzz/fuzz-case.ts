/**
 * One damaged file: how it is made, and what must hold of reading it.
 *
 * @module
 */
import type { ByteSource } from '../../engine/gguf/source.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { chatTemplateOf, loadSize, readModel } from '../../engine/runtime/load-model.ts';
import { rehearseLoad } from '../../engine/runtime/rehearsal.ts';
import { writeGguf } from '../gguf-writer.ts';
import type { BaseFile } from './base-files.ts';
import { damageBytes } from './damage-bytes.ts';
import { damageMetadata } from './damage-metadata.ts';
import { damageTensors } from './damage-tensors.ts';
import { type Draft, draftOf } from './draft.ts';
import { type Field, headerFields } from './header-fields.ts';
import { Random } from './random.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A sound file and what the damage needs to know of it. */
export interface Base extends BaseFile {
  draft: Draft;
  fields: readonly Field[];
  headerBytes: number;
}

export async function prepare({ name, bytes }: BaseFile): Promise<Base> {
  const fields = headerFields(bytes);
  return { name, bytes, draft: await draftOf(bytes), fields, headerBytes: (fields.at(-1)?.at ?? 0) + 8 };
}

/** Case `number` of a seed: the same file each time. */
export function makeCase(bases: readonly Base[], seed: number, number: number): { base: string; bytes: Bytes } {
  const random = new Random(seed, number);
  const base = bases[number % bases.length]!;
  let { bytes } = base;
  const lies = random.chance(0.6);
  if (lies) {
    const draft = { ...base.draft, metadata: [...base.draft.metadata], tensors: [...base.draft.tensors] };
    for (let left = random.pick([1, 1, 2, 3]); left > 0; left--) {
      (random.chance(0.6) ? damageMetadata : damageTensors)(random, draft);
    }
    bytes = writeGguf(draft);
  }
  if (!lies || random.chance(0.1)) {
    for (let left = random.pick([1, 1, 2]); left > 0; left--) {
      bytes = damageBytes(random, bytes, base.fields, base.headerBytes);
    }
  }
  return { base: base.name, bytes };
}

export function memorySource(bytes: Bytes): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) {
        throw new Error(`bytes ${offset} to ${offset + length} were asked of ${bytes.length}`);
      }
      return bytes.slice(offset, offset + length);
    },
  };
}

/** Empty for a file that would load; the refusals of any other. @throws what no file may cause */
export async function judge(bytes: Bytes): Promise<LocalLLMError[]> {
  const refusals: LocalLLMError[] = [];
  try {
    const model = await readModel(memorySource(bytes));
    for (const { name, offset, bytes: size } of model.file.tensors.values()) {
      if (offset + size > bytes.length) throw new Error(`tensor ${name} passes the end of the file`);
    }
    refusals.push(...(await rehearseLoad(model, loadSize(model.hp, {}))).problems);
    if (refusals.length === 0) useTexts(model);
  } catch (error) {
    if (!(error instanceof LocalLLMError)) throw error;
    refusals.push(error);
  }
  for (const refusal of refusals) {
    const complaint = complaintAbout(refusal);
    if (complaint) throw new Error(`${complaint}: ${refusal.code}: ${refusal.message.slice(0, 2000)}`);
  }
  return refusals;
}

/** What a model does with texts before and after the GPU. */
function useTexts({ file, tokenizer }: Awaited<ReturnType<typeof readModel>>): void {
  const ids = tokenizer.encode('The 3 naïve 🙂 foxes\n\n  said: <|im_end|> "hello"', { special: true });
  const strange = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= tokenizer.vocabSize);
  if (strange !== undefined) throw new Error(`the tokenizer gave the id ${strange}`);
  tokenizer.decode(ids, { special: true });
  const template = chatTemplateOf(file, tokenizer);
  template.renderParts([{ role: 'user', content: 'Hello <|im_end|>' }], { addGenerationPrompt: true });
}

const CODES = ['bad-file', 'not-supported', 'template', 'bad-argument'];

/** What is wrong with a refusal: it must be one that a person can act on, whatever the file says. */
function complaintAbout({ code, message }: LocalLLMError): string | undefined {
  if (!CODES.includes(code)) return 'an unexpected code';
  if (message.length > 1000) return `a message of ${message.length} characters`;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(message)) return 'control characters in a message';
  // A template may well speak of what is undefined in it.
  if (code !== 'template' && /\bundefined\b|\[object /.test(message)) return 'a message that names no value';
  return undefined;
}
