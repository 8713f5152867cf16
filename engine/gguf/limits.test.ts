import { expect, test } from 'vitest';
import { writeGguf, type WriterOptions } from '../../tests/gguf-writer.ts';
import { HeaderReader } from './header-reader.ts';
import { MAX_HEADER_BYTES } from './limits.ts';
import { parseGguf } from './parse.ts';

/** An array of that item type: `item` so many times. */
function repeated(itemType: number, item: readonly number[], count: number): Uint8Array {
  const raw = new Uint8Array(12 + item.length * count);
  const view = new DataView(raw.buffer);
  view.setUint32(0, itemType, true);
  view.setBigUint64(4, BigInt(count), true);
  for (let i = 0; i < count; i++) raw.set(item, 12 + i * item.length);
  return raw;
}

test('a claim is refused before anything is read for it', async () => {
  const claim = writeGguf({ metadata: { a: { type: 'array', itemType: 'float64', value: [], length: 2n ** 50n } } });
  const asked: number[] = [];
  const source = {
    size: 2 ** 52,
    async read(_: number, length: number) {
      asked.push(length);
      const chunk = new Uint8Array(length);
      chunk.set(claim.subarray(0, length));
      return chunk;
    },
  };
  await expect(parseGguf(source)).rejects.toThrow(/length of "a" is 1125899906842624/);
  expect(asked).toEqual([1024 * 1024]);
});

test('tensors each of a possible size, together beyond what a number holds (CVE-2025-53630, CVE-2026-27940)', async () => {
  const half = { type: 'I8', shape: [2n ** 52n] } as const;
  const bytes = writeGguf({
    tensors: [
      { name: 'a', ...half },
      { name: 'b', ...half, override: { offset: 2n ** 52n } },
    ],
  });
  // A stream's length is not known: only the sum itself can tell.
  await expect(parseGguf(new Blob([bytes]).stream())).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringMatching(/end of tensor "b" is 90071992547\d+; the file has 9007199254740991 bytes/),
  });
});

test('a header that never ends', async () => {
  let asked = 0;
  const reader = new HeaderReader(async () => {
    asked++;
    return new Uint8Array(1);
  });
  await expect(reader.need(MAX_HEADER_BYTES + 1, 'x')).rejects.toThrow(
    `x would end at byte ${MAX_HEADER_BYTES + 1}; a header may have ${MAX_HEADER_BYTES}`,
  );
  expect(asked).toBe(0);
});

test.each<[string, WriterOptions]>([
  [
    'text other than ASCII',
    {
      metadata: Object.fromEntries(
        Array.from({ length: 12 }, (_, i) => [`a${i}`, 'я'.repeat(2 * 1024 * 1024)] as const),
      ),
    },
  ],
  [
    'arrays of bools',
    {
      metadata: Object.fromEntries(
        Array.from({ length: 3 }, (_, i) => [`a${i}`, { typeId: 9, raw: repeated(7, [1], 2_000_000) }] as const),
      ),
    },
  ],
])('values that take several times their bytes: %s', async (_, options) => {
  await expect(parseGguf(new Blob([writeGguf(options)]))).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringMatching(/values up to "a\d*" would take \d+ bytes more in memory.*the limit is 33554432/),
  });
});
