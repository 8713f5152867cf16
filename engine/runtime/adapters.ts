/**
 * LoRA adapters on the GPU: of all that are attached, for each matrix one A and one B, whatever parts the matrix has.
 *
 * @module
 */
import { packFactors, paddedRank } from '../../shaders/matmul/lora.ts';
import { BLOCK, weightLayout } from '../../shaders/matmul/weights.ts';
import type { MatrixSpec, WeightSpecs } from '../arch/architecture.ts';
import {
  type AdaptedModel,
  type AdapterFile,
  type AdapterPair,
  EMBEDDING,
  matchAdapter,
  readAdapter,
} from '../gguf/adapter.ts';
import { checkFinite } from '../gguf/finite.ts';
import type { TensorInfo } from '../gguf/parse.ts';
import type { ByteSource } from '../gguf/source.ts';
import { openModel } from '../gguf/split.ts';
import type { Allocation } from '../gpu/allocation.ts';
import { type Gpu, WHOLE } from '../gpu/gpu.ts';
import type { Lora, Matrix } from '../ops/context.ts';
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { AdapterSource } from './engine.ts';
import { ALIGNMENT, vectorOf } from './tensors.ts';

/** Attached at once. */
const MAX_ADAPTERS = 16;

/** What adapters are attached to, and what holds them. */
export interface AdapterTarget {
  gpu: Gpu;
  allocation: Allocation;
  model: AdaptedModel;
  specs: WeightSpecs;
}

interface OpenAdapter {
  name: string;
  scale: number;
  adapter: AdapterFile;
  source: ByteSource;
  close(): void;
}

/** What one adapter adds to one tensor of the model. */
interface Share {
  from: OpenAdapter;
  pair: AdapterPair;
}

/**
 * Reads adapters onto the GPU: what they add, by the name of the matrix.
 * @throws LocalLLMError bad-argument, bad-file, not-supported, out-of-memory, aborted, and what opening them throws; names the adapter
 */
export async function loadAdapters(
  target: AdapterTarget,
  sources: readonly AdapterSource[],
  signal?: AbortSignal,
): Promise<Map<string, Lora>> {
  if (sources.length > MAX_ADAPTERS) {
    throw new LocalLLMError(
      'bad-argument',
      `${sources.length} adapters were given; ${MAX_ADAPTERS} can be attached at once. Leave some out.`,
    );
  }
  const opened: OpenAdapter[] = [];
  try {
    for (const given of sources) {
      if (given.scale !== 0) opened.push(await named(given, () => openAdapter(given, target)));
    }
    const loras = new Map<string, Lora>();
    for (const [name, spec] of target.specs.matrices) {
      const shares = sharesOf(opened, spec);
      if (shares.size === 0) continue;
      if (signal?.aborted) throw new LocalLLMError('aborted', 'Loading was cancelled.');
      loras.set(name, await (shares.has(EMBEDDING) ? loadRows : loadProduct)(target, name, spec, shares));
    }
    await target.gpu.device.queue.onSubmittedWorkDone();
    return loras;
  } finally {
    for (const { close } of opened) close();
  }
}

async function openAdapter(
  { name, scale, open }: AdapterSource,
  { model, specs }: AdapterTarget,
): Promise<OpenAdapter> {
  if (!Number.isFinite(scale)) {
    throw new LocalLLMError(
      'bad-argument',
      `Its scale is ${scale}; a finite number is wanted, 1 for as it was trained.`,
    );
  }
  const { source: given, close } = await open();
  try {
    const { file, source } = await openModel(given);
    const adapter = readAdapter(file);
    matchAdapter(adapter, model);
    const used = new Set([...specs.matrices.values()].flatMap(({ parts }) => parts.map(({ tensor }) => tensor)));
    const unused = [...adapter.pairs.keys()].find((tensor) => !used.has(tensor));
    if (unused !== undefined) {
      throw new LocalLLMError(
        'not-supported',
        `It adapts the tensor ${quoted(unused)}, which is no product with a matrix here. This adapter is not supported.`,
      );
    }
    return { name, scale, adapter, source, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** By tensor, what adapters add to the parts of a matrix. */
function sharesOf(opened: readonly OpenAdapter[], { parts }: MatrixSpec): Map<string, Share[]> {
  const shares = new Map<string, Share[]>();
  for (const tensor of new Set(parts.map((part) => part.tensor))) {
    const all = opened.flatMap((from) => {
      const pair = from.adapter.pairs.get(tensor);
      return pair ? [{ from, pair }] : [];
    });
    if (all.length > 0) shares.set(tensor, all);
  }
  return shares;
}

const widthOf = (shares: readonly Share[]): number => shares.reduce((sum, { pair }) => sum + paddedRank(pair.rank), 0);

/** A's rows of all adapters and parts below each other, ranks filled up with zeros. */
async function loadProduct(
  target: AdapterTarget,
  name: string,
  { rows, cols, parts }: MatrixSpec,
  shares: ReadonlyMap<string, Share[]>,
): Promise<Lora> {
  const all = [...shares.values()].flat();
  const type = all.every(({ pair }) => pair.a.type === 'F16') ? 'F16' : 'F32';
  const stride = widthOf(all);
  const a = await allocateFloats(target, `adapters of ${name}`, type, stride, cols);
  const tensors = new Map<string, { factors: Float32Array; width: number; column: number }>();
  const rowBytes = a.quantBytes / stride;
  let column = 0;
  for (const [tensor, own] of shares) {
    const width = widthOf(own);
    const first = column;
    for (const { from, pair } of own) {
      const values = await named(from, () => readFactor(from, pair.a, type === 'F16'));
      target.gpu.device.queue.writeBuffer(a.buffer, column * rowBytes, values);
      column += paddedRank(pair.rank);
    }
    tensors.set(tensor, { factors: await readFactors(own, width), width, column: first });
  }
  const adapted = parts.flatMap((part) => {
    const found = tensors.get(part.tensor);
    return found ? [{ ...part, ...found }] : [];
  });
  return { of: 'product', a: a.matrix, factors: await upload(target, name, packFactors(rows, stride, adapted)) };
}

/** A's rows are looked up by token, like the table's: ranks beside each other. */
async function loadRows(
  target: AdapterTarget,
  name: string,
  { rows, cols }: MatrixSpec,
  shares: ReadonlyMap<string, Share[]>,
): Promise<Lora> {
  const own = shares.get(EMBEDDING)!;
  const width = widthOf(own);
  const stride = Math.ceil(width / BLOCK) * BLOCK;
  const a = await allocateFloats(target, `adapters of ${name}`, 'F32', rows, stride);
  const values = await readColumns(own, rows, stride, ({ a: tensor }) => tensor);
  target.gpu.device.queue.writeBuffer(a.buffer, 0, values);
  const factors = await readFactors(own, width);
  const whole = { fromRow: 0, rows: cols, firstRow: 0, rowStep: 1, factors, width, column: 0 };
  return { of: 'rows', a: a.matrix, factors: await upload(target, name, packFactors(cols, stride, [whole])) };
}

/** B of all adapters of a tensor beside each other, scaled: [rows, width]. */
async function readFactors(shares: readonly Share[], width: number): Promise<Float32Array> {
  return readColumns(shares, shares[0]!.pair.b.shape[1] ?? 1, width, ({ b }) => b, scaleOf);
}

/** llama.cpp's: an adapter without alpha is scaled by its scale alone. */
function scaleOf({ from, pair }: Share): number {
  const { alpha } = from.adapter;
  return alpha === 0 ? from.scale : (from.scale * alpha) / pair.rank;
}

/** Tensors [rows, rank] beside each other, each with its padding, times a scale. */
async function readColumns(
  shares: readonly Share[],
  rows: number,
  stride: number,
  tensorOf: (pair: AdapterPair) => TensorInfo,
  scaleBy: (share: Share) => number = () => 1,
): Promise<Float32Array<ArrayBuffer>> {
  const all = new Float32Array(rows * stride);
  let column = 0;
  for (const share of shares) {
    const { from, pair } = share;
    const values = (await named(from, () => readFactor(from, tensorOf(pair)))) as Float32Array;
    const scale = scaleBy(share);
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < pair.rank; i++) all[row * stride + column + i] = scale * values[row * pair.rank + i]!;
    }
    column += paddedRank(pair.rank);
  }
  return all;
}

/** A tensor's values as f32, or as the file has them. */
async function readFactor(
  { source }: OpenAdapter,
  tensor: TensorInfo,
  raw = false,
): Promise<Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>> {
  const bytes = await source.read(tensor.offset, tensor.bytes);
  if (!raw) return vectorOf(tensor, bytes);
  checkFinite(tensor, bytes);
  return bytes;
}

/** A matrix of floats, zeros at first: its rows lie on the GPU as in the file. */
async function allocateFloats(
  { allocation }: AdapterTarget,
  label: string,
  type: 'F32' | 'F16',
  rows: number,
  cols: number,
): Promise<{ matrix: Matrix; buffer: GPUBuffer; quantBytes: number }> {
  const { quantBytes, unitsPerRow, scalesPerRow } = weightLayout(type, rows, cols);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const buffer = await allocation.allocate(label, Math.max(quantBytes, ALIGNMENT), usage);
  const scales = { buffer, offset: 0, size: ALIGNMENT }; // floats have none; something must be bound
  const segment = { type, firstRow: 0, rows, unitsPerRow, scalesPerRow, quants: WHOLE(buffer), scales };
  return { matrix: { rows, cols, segments: [segment] }, buffer, quantBytes };
}

async function upload({ gpu, allocation }: AdapterTarget, name: string, words: Uint32Array<ArrayBuffer>) {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const buffer = await allocation.allocate(`adapters of ${name}`, words.byteLength, usage);
  gpu.device.queue.writeBuffer(buffer, 0, words);
  return WHOLE(buffer);
}

/** @throws what `work` throws, saying of which adapter */
async function named<T>({ name }: { name: string }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message, details } = LocalLLMError.from(error);
    throw new LocalLLMError(code, `Adapter ${quoted(name)}: ${message}`, { cause: error, details });
  }
}
