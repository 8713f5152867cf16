/**
 * llama.cpp's own vocabularies and test cases, out of the source that node-llama-cpp brings as a git bundle, and
 * llama.cpp's tokenizer on any GGUF file.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel, type Token } from 'node-llama-cpp';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { writeGguf, type WriterValue } from '../gguf-writer.ts';
import { rewritten } from './twin.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = path.join(root, 'tests/.cache');
const packageFolder = path.join(root, 'node_modules/node-llama-cpp');

function git(...args: string[]): Buffer {
  try {
    return execFileSync('git', args, { maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error("git is needed to read llama.cpp's vocabularies: install it (apt-get install git).", {
        cause: error,
      });
    }
    throw error;
  }
}

/** A bare clone of the bundle, made once per version of the package. */
function llamaCppSource(): string {
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const folder = path.join(cache, `llama.cpp-${version}.git`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Cloned aside and renamed: another test file may be doing the same.
  const aside = mkdtempSync(path.join(cache, 'clone-'));
  git('clone', '--quiet', '--bare', path.join(packageFolder, 'llama/gitRelease.bundle'), path.join(aside, 'bare'));
  if (!existsSync(folder)) renameSync(path.join(aside, 'bare'), folder);
  rmSync(aside, { recursive: true, force: true });
  return folder;
}

/** The bytes of a file of llama.cpp's source. */
export function llamaCppFile(name: string): Buffer {
  return git('-C', llamaCppSource(), 'show', `HEAD:${name}`);
}

/** Names of the files in a folder of llama.cpp's source. */
export function llamaCppFiles(folder: string): string[] {
  return git('-C', llamaCppSource(), 'ls-tree', '--name-only', 'HEAD', `${folder}/`).toString().trim().split('\n');
}

/** The GGUF file of one of llama.cpp's vocabularies: everything of a model but its weights. */
export function vocabulary(name: string): Buffer {
  return llamaCppFile(`models/ggml-vocab-${name}.gguf`);
}

/** Texts and the ids that llama.cpp's authors expect for them, without BOS and special tokens; none for some. */
export function vocabularyCases(name: string): { text: string; ids: number[] }[] {
  if (!llamaCppFiles('models').includes(`models/ggml-vocab-${name}.gguf.inp`)) return [];
  const texts = llamaCppFile(`models/ggml-vocab-${name}.gguf.inp`).toString().split('\n__ggml_vocab_test__\n');
  const lines = llamaCppFile(`models/ggml-vocab-${name}.gguf.out`).toString().replace(/\n$/, '').split('\n');
  return lines.map((line, i) => ({
    text: texts[i]!,
    ids: line.trim() === '' ? [] : line.trim().split(/\s+/).map(Number),
  }));
}

/** Names of llama.cpp's vocabularies. */
export function vocabularyNames(): string[] {
  return llamaCppFiles('models').flatMap((file) => /ggml-vocab-(.+)\.gguf$/.exec(file)?.[1] ?? []);
}

/** The file, one without tensors, with other values for these keys; `undefined` leaves a key out. */
export async function withKeys(bytes: Buffer, keys: Record<string, WriterValue | undefined>): Promise<Buffer> {
  const { metadata } = await parseGguf(new Blob([new Uint8Array(bytes)]));
  const kept = [...metadata.entries()]
    .filter(([key]) => !Object.hasOwn(keys, key))
    .map(([key, value]): [string, WriterValue] => [key, rewritten(value)]);
  const given = Object.entries(keys).filter((entry): entry is [string, WriterValue] => entry[1] !== undefined);
  return Buffer.from(writeGguf({ metadata: [...kept, ...given] }));
}

/** The file with another `tokenizer.ggml.pre`; a vocabulary has no tensors, so nothing else moves. */
export function withPreTokenizer(bytes: Buffer, pre: string): Buffer {
  const key = Buffer.from('tokenizer.ggml.pre');
  const value = bytes.indexOf(key) + key.length + 4; // past the value's type
  const length = Number(bytes.readBigUInt64LE(value));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(pre)));
  return Buffer.concat([bytes.subarray(0, value), size, Buffer.from(pre), bytes.subarray(value + 8 + length)]);
}

let llama: Promise<Llama> | undefined;

/** llama.cpp's tokenizer for one GGUF file. */
export class LlamaCppTokenizer {
  readonly #model: LlamaModel;

  private constructor(model: LlamaModel) {
    this.#model = model;
  }

  static async open(bytes: Buffer): Promise<LlamaCppTokenizer> {
    llama ??= getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.disabled });
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(path.join(cache, 'vocabulary-'));
    try {
      const modelPath = path.join(folder, 'vocabulary.gguf');
      writeFileSync(modelPath, bytes);
      return new LlamaCppTokenizer(await (await llama).loadModel({ modelPath, vocabOnly: true, gpuLayers: 0 }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** What the file says beside the tokens; `eogIds` among the first `vocabSize`. */
  settings(vocabSize: number) {
    const { tokens } = this.#model;
    const ids = Array.from({ length: vocabSize }, (_, id) => id);
    return {
      addBos: tokens.shouldPrependBosToken,
      addEos: tokens.shouldAppendEosToken,
      bosId: tokens.bos as number | null,
      eosId: tokens.eos as number | null,
      eogIds: ids.filter((id) => this.#model.isEogToken(id as Token)),
    };
  }

  /** Without BOS and EOS. */
  encode(text: string, special: boolean): number[] {
    return [...this.#model.tokenize(text, special)];
  }

  decode(ids: readonly number[], special: boolean): string {
    return this.#model.detokenize([...ids] as Token[], special);
  }

  async close(): Promise<void> {
    await this.#model.dispose();
  }
}

/**
 * What llama.cpp's `detokenize` does to the text of a whole answer for vocabularies that ask for it, and its own
 * server and ours never do to a stream: spaces before punctuation and around lone apostrophes go.
 */
export function cleanSpaces(text: string): string {
  return text
    .replaceAll(/ (?=[?!.,])/g, '')
    .replaceAll(/ ' /g, "'")
    .replaceAll(/ (?='(?:s|m|re|ve))/g, '');
}
