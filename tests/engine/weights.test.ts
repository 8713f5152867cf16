// How weights get from a file to the GPU: in which pieces, in which order, and what ends it.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { ByteSource } from '../../engine/gguf/source.ts';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { Gpu } from '../../engine/gpu/gpu.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { evaluate } from '../../engine/runtime/evaluate.ts';
import { loadModel } from '../../engine/runtime/load-model.ts';
import { PIECE_BYTES, PIECES } from '../../engine/runtime/uploads.ts';
import { randomModel } from '../fidelity/random-model.ts';

const gpu = await Gpu.open(await openDawn());
afterEach(() => expect(gpu.allocatedBytes).toBe(0));
afterAll(() => gpu.device.destroy());

// Its feed-forward matrices have several pieces each.
const shape = { layers: 1, width: 256, heads: 4, kvHeads: 2, headDim: 64, ffn: 4096 };
const bytes = new Uint8Array(readFileSync(randomModel('weights', { architecture: 'llama', type: 'F32', ...shape })));
const IDS = [40, 70, 3, 70, 261, 12, 0];

interface Read {
  offset: number;
  length: number;
}

/** The file in memory, and how it was read. */
class Watched implements ByteSource {
  readonly size = bytes.length;
  readonly reads: Read[] = [];
  /** The most reads that were under way at once. */
  together = 0;
  /** Called before each read of weights. */
  onRead: (count: number) => void = () => {};
  readonly immediate: boolean;
  readonly #bytes: Uint8Array;
  #underWay = 0;

  constructor(immediate: boolean, content: Uint8Array = bytes) {
    this.immediate = immediate;
    this.#bytes = content;
  }

  async read(offset: number, length: number, into = new Uint8Array(length)): Promise<Uint8Array<ArrayBuffer>> {
    if (offset >= dataOffset) {
      this.reads.push({ offset, length });
      this.onRead(this.reads.length);
    }
    const result = into.subarray(0, length);
    result.set(this.#bytes.subarray(offset, offset + length));
    this.together = Math.max(this.together, ++this.#underWay);
    if (!this.immediate) await new Promise((resolve) => setImmediate(resolve));
    this.#underWay--;
    return result;
  }
}

const file = await parseGguf({ size: bytes.length, read: async (at, length) => bytes.slice(at, at + length) });
const { dataOffset } = file;

async function logprobs(source: ByteSource): Promise<number[]> {
  const model = await loadModel(gpu, source);
  try {
    return (await evaluate(model, IDS, { top: 5, greedy: 0 })).top.map(({ logprob }) => logprob);
  } finally {
    model.release();
  }
}

describe.each([
  ['ahead of their turn', false],
  ['where they are wanted', true],
])('pieces are read %s', (_, immediate) => {
  test('in the order of the file, each once', async () => {
    const source = new Watched(immediate);
    expect(await logprobs(source)).toEqual(await logprobs(new Watched(!immediate)));
    const { reads, together } = source;
    expect(reads).toEqual(reads.toSorted((a, b) => a.offset - b.offset));
    const weights = [...file.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
    expect(reads.reduce((sum, { length }) => sum + length, 0)).toBe(weights);
    expect(Math.max(...reads.map(({ length }) => length))).toBeLessThanOrEqual(PIECE_BYTES);
    expect(reads.filter(({ length }) => length > PIECE_BYTES / 2).length).toBeGreaterThan(PIECES);
    expect(together).toBe(immediate ? 1 : PIECES);
  });

  test('until the load is cancelled', async () => {
    const source = new Watched(immediate);
    const stop = new AbortController();
    source.onRead = (count) => void (count === 5 && stop.abort());
    await expect(loadModel(gpu, source, { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' });
    expect(source.reads).toHaveLength(5);
  });

  test('until one cannot be read', async () => {
    const source = new Watched(immediate);
    source.onRead = (count) => {
      if (count === 5) throw new LocalLLMError('storage', 'The disk is gone.');
    };
    await expect(loadModel(gpu, source)).rejects.toMatchObject({ code: 'storage', message: 'The disk is gone.' });
  });

  test('until a weight is no number, whose row is told', async () => {
    const damaged = bytes.slice();
    const { offset } = file.tensors.get('blk.0.ffn_up.weight')!;
    new DataView(damaged.buffer).setFloat32(offset + 3000 * 1024, Number.NaN, true);
    await expect(loadModel(gpu, new Watched(immediate, damaged))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/^Tensor blk\.0\.ffn_up\.weight \(F32\) holds NaN or infinity in row 3000;/),
    });
  });
});

describe('a large file, of which bytes may be verified beside', () => {
  const damage = new LocalLLMError('bad-file', 'The stored file was damaged.');
  /** In the order in which things happen. */
  const large = (content: Uint8Array, settled: () => Promise<void>) => {
    const events: string[] = [];
    const source = Object.assign(new Watched(true, content), {
      size: 64 << 20, // padded
      ahead: () => void events.push('ahead'),
      settled: () => (events.push('settled'), settled()),
    });
    source.onRead = (count) => void (count === 1 && events.push('weights'));
    return { source, events };
  };
  const broken = bytes.slice();
  new DataView(broken.buffer).setFloat32(dataOffset, Number.NaN, true);

  test('is told before its weights are read, and asked before the model is used', async () => {
    const { source, events } = large(bytes, async () => {});
    (await loadModel(gpu, source)).release();
    expect(events).toEqual(['ahead', 'weights', 'settled']);
  });

  test.each<[string, Uint8Array, () => Promise<void>, object]>([
    ['when it says so', bytes, () => Promise.reject(damage), damage],
    ['rather than broken, when it says so', broken, () => Promise.reject(damage), damage],
    ['or broken', broken, async () => {}, { message: expect.stringMatching(/holds NaN or infinity/) }],
  ])('is damaged %s', async (_, content, settled, error) => {
    const { source } = large(content, settled);
    await expect(loadModel(gpu, source)).rejects.toMatchObject(error);
  });
});

test('buffers that do not all fit: the first of them is named, and none stays', async () => {
  const { memory } = gpu;
  gpu.memory = { ...memory, maxStorageBufferBindingSize: 3 << 20, budgetBytes: Infinity };
  gpu.maxMatrixBytes = 64 << 20;
  try {
    await expect(loadModel(gpu, new Watched(true))).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/: the weights of \S*gate\S* needs 8\.4 MB in one buffer/),
    });
  } finally {
    gpu.memory = memory;
    gpu.maxMatrixBytes = Math.min(memory.maxBufferSize, memory.maxStorageBufferBindingSize);
  }
});
