import { afterAll, beforeAll, expect, it } from 'vitest';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import type { Hyperparameters } from '../arch/architecture.ts';
import { Allocation } from '../gpu/allocation.ts';
import { openDawn } from '../gpu/dawn.ts';
import { Gpu } from '../gpu/gpu.ts';
import { GpuCache } from './cache-memory.ts';
import { Reader } from './results.ts';

const [PAGES, SLOTS] = [9, 3];
const HP = {
  attentionLayers: [1, 3],
  kvHeads: 3,
  headDim: 20,
  recurrent: { layers: [0, 2], floats: { conv: 5, state: 64 } },
} as unknown as Hyperparameters;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await Gpu.open(await openDawn());
});
afterAll(() => gpu.device.destroy());

it.each(['f16', 'q8', 'f32'] as const)(
  'clears and copies whole pages and slots, and nothing else (%s)',
  async (kvType) => {
    const allocation = new Allocation(gpu);
    const cache = await GpuCache.allocate(gpu, allocation, HP, { kvType, pages: PAGES, slots: SLOTS });
    const pageBytes = PAGE * HP.kvHeads * { f16: 40, q8: 24, f32: 80 }[kvType];
    const regions = [
      ...[1, 3].flatMap((layer) =>
        Object.values(cache.layer(layer)).map((buffer) => [buffer, pageBytes, true] as const),
      ),
      ...[0, 2].flatMap((layer) => [
        [cache.state(layer, 'conv'), 20, false] as const,
        [cache.state(layer, 'state'), 256, false] as const,
      ]),
    ];
    const contents = regions.map(([{ size }], region) =>
      Uint8Array.from({ length: size }, (_, i) => 1 + ((i * 7 + region) % 255)),
    );
    regions.forEach(([buffer], i) => gpu.device.queue.writeBuffer(buffer, 0, contents[i]!));

    cache.clear([7, 2, 3], [1]);
    cache.copyPage(5, 8);
    for (const [i, [buffer, bytes, paged]] of regions.entries()) {
      const expected = contents[i]!;
      for (const one of paged ? [2, 3, 7] : [1]) expected.fill(0, one * bytes, (one + 1) * bytes);
      if (paged) expected.copyWithin(8 * bytes, 5 * bytes, 6 * bytes);
      const found = new Uint8Array(await new Reader(gpu).copy(buffer, 0, buffer.size));
      expect(Buffer.compare(found, expected)).toBe(0);
    }
    allocation.release();
  },
);
