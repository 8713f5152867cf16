/**
 * Files that lie, by the defects that other readers had. Two of them cannot happen here: no state is restored from a file
 * (CVE-2026-43629), and a prompt is counted in tokens against the context before any buffer is filled (CVE-2025-52566;
 * `quota` in the tests of the runtime).
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { writeGguf, type WriterOptions } from '../../tests/gguf-writer.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { type GgufFile, parseGguf } from './parse.ts';

const two = (...shape: number[]) =>
  [
    { name: 'a', type: 'F32', shape },
    { name: 'b', type: 'Q4_0', shape: [64, 2] },
  ] as const;

/** Each with the field, value or limit that the message must name. */
const hostile: Record<string, [WriterOptions, RegExp]> = {
  'key count near 2^64 (CVE-2024-23605)': [
    { override: { keyCount: 2n ** 64n - 1n } },
    /keys is 18446744073709551615; the limit is 65536/,
  ],
  'tensor count near 2^64 (CVE-2024-21836)': [
    { override: { tensorCount: 2n ** 63n } },
    /tensors is 9223372036854775808; the limit is 65536/,
  ],
  'more keys than there are': [{ metadata: { a: 1 }, override: { keyCount: 2n } }, /ends inside key 1 of 2/],
  'five dimensions (CVE-2024-21802)': [
    { tensors: two(1, 1, 1, 1, 6) },
    /dimensions of tensor "a" is 5; it must be 1 to 4/,
  ],
  'no dimensions': [{ tensors: [{ name: 'a', type: 'F32', shape: [] }] }, /dimensions of tensor "a" is 0/],
  'a dimension of zero': [{ tensors: two(3, 0) }, /dimension 1 of tensor "a" is 0; it must be at least 1/],
  'dimensions (2^63 - 1, 2) (CVE-2025-53630)': [
    { tensors: [{ name: 'a', type: 'F32', shape: [2n ** 63n - 1n, 2] }] },
    /dimension 0 of tensor "a" is 9223372036854775807; a tensor may have/,
  ],
  'dimensions whose product wraps around to 0': [
    { tensors: [{ name: 'a', type: 'F32', shape: [2n ** 32n, 2n ** 32n] }] },
    /dimension 1 of tensor "a" is 4294967296; a tensor may have/,
  ],
  'bytes beyond what a number holds (CVE-2026-33298)': [
    { tensors: [{ name: 'a', type: 'F64', shape: [2n ** 52n] }] },
    /bytes of tensor "a" is 36028797018963968; the limit/,
  ],
  'a tensor longer than the file (CVE-2026-7482)': [
    { tensors: [{ name: 'a', type: 'F32', shape: [1000], data: new Uint8Array(16) }] },
    /end of tensor "a" is \d+; the file has \d+ bytes/,
  ],
  'offset and size past the end together (CVE-2026-27940)': [
    { tensors: [{ name: 'a', type: 'F32', shape: [4], override: { offset: 2n ** 53n - 32n } }] },
    /end of tensor "a" is \d+; the file has \d+ bytes/,
  ],
  'an offset of 2^64 - 32': [
    { tensors: [{ name: 'a', type: 'F32', shape: [4], override: { offset: 2n ** 64n - 32n } }] },
    /offset of tensor "a" is 18446744073709551584; the limit/,
  ],
  'an offset off the alignment': [
    { tensors: [{ name: 'a', type: 'F32', shape: [4], override: { offset: 4n } }] },
    /offset of tensor "a" is 4; it must be a multiple of the alignment, 32/,
  ],
  'overlapping tensors': [
    {
      tensors: [
        { name: 'a', type: 'F32', shape: [16] },
        { name: 'b', type: 'F32', shape: [4], override: { offset: 32n } },
      ],
    },
    /offset of tensor "b" is \d+; tensor "a" lies there until/,
  ],
  'two tensors in one place': [
    {
      tensors: [
        { name: 'a', type: 'F32', shape: [16] },
        { name: 'b', type: 'F32', shape: [4], override: { offset: 0n } },
      ],
    },
    /lies there until/,
  ],
  'two tensors of one name': [{ tensors: [...two(3, 2), ...two(3, 2)] }, /name of tensor 2 is "a"/],
  'a row of part of a block': [
    { tensors: [{ name: 'a', type: 'Q4_0', shape: [33, 32] }] },
    /dimension 0 of tensor "a" is 33; Q4_0 needs a multiple of 32/,
  ],
  'an empty tensor name': [
    { tensors: [{ name: '', type: 'F32', shape: [1] }] },
    /length of the name of tensor 0 of 1 is 0/,
  ],
  'a tensor name of 65 bytes': [
    { tensors: [{ name: 'x'.repeat(65), type: 'F32', shape: [1] }] },
    /name of tensor 0 of 1 is 65; the limit is 64/,
  ],
  'a tensor name of 2^64 - 1 bytes': [
    { tensors: [{ name: 'a', type: 'F32', shape: [1], override: { nameBytes: 2n ** 64n - 1n } }] },
    /name of tensor 0 of 1 is 18446744073709551615/,
  ],
  'an empty key': [{ metadata: { '': 1 } }, /length of key 0 of 1 is 0/],
  'a key with a line break': [{ metadata: { 'a\nb': 1 } }, /key 0 of 1 is "a\\nb"; control characters/],
  'a key longer than 65535 bytes': [
    { metadata: { a: 1 }, override: { firstKeyBytes: 65_536n } },
    /key 0 of 1 is 65536; the limit is 65535/,
  ],
  'a key given twice': [
    {
      metadata: [
        ['a', 1],
        ['a', 2],
      ],
    },
    /key 1 of 2 is "a"; that key was there before/,
  ],
  'a string of 2^64 - 8 bytes (CVE-2024-23496)': [
    { metadata: { a: { typeId: 8, raw: new Uint8Array(8).fill(0xff) } } },
    /string in "a" is 18446744073709551615; the limit is 4194304/,
  ],
  'a token whose length is negative as int32 (CVE-2025-49847)': [
    {
      metadata: {
        'tokenizer.ggml.tokens': {
          typeId: 9,
          raw: Uint8Array.of(8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x80, 0, 0, 0, 0),
        },
      },
    },
    /string in "tokenizer.ggml.tokens" is 2147483653; the limit/,
  ],
  'a string past the end': [
    { metadata: { a: { typeId: 8, raw: Uint8Array.of(100, 0, 0, 0, 0, 0, 0, 0) } } },
    /ends inside "a"/,
  ],
  'an array of 2^62 words (CVE-2024-21825)': [
    { metadata: { a: { type: 'array', itemType: 'uint32', value: [], length: 2n ** 62n } } },
    /length of "a" is 4611686018427387904; the limit is 2097152/,
  ],
  'an array of 2^61 numbers, whose bytes wrap around to 0': [
    { metadata: { a: { type: 'array', itemType: 'float64', value: [], length: 2n ** 61n } } },
    /length of "a" is 2305843009213693952; the limit is 2097152/,
  ],
  'an array longer than the file': [
    { metadata: { a: { type: 'array', itemType: 'uint32', value: [], length: 2_000_000n } } },
    /length of "a" is 2000000; that needs 8000000 bytes and the file has 0 more/,
  ],
  'an array of strings longer than the file': [
    { metadata: { a: { type: 'array', itemType: 'string', value: [], length: 2_000_000n } } },
    /that needs 16000000 bytes/,
  ],
  'an array in an array': [
    { metadata: { a: { typeId: 9, raw: Uint8Array.of(9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0) } } },
    /item type of "a" is array/,
  ],
  'an unknown value type': [
    { metadata: { a: { typeId: 13, raw: new Uint8Array(8) } } },
    /type of "a" is 13; the format knows 0 to 12/,
  ],
  'a bool of 2': [{ metadata: { a: { typeId: 7, raw: Uint8Array.of(2) } } }, /"a" is 2; a bool is 0 or 1/],
  'scores as bytes': [
    { metadata: { 'tokenizer.ggml.scores': Int8Array.of(1, 2) } },
    /type of tokenizer.ggml.scores is array of int8; it must be array of float32/,
  ],
  'tokens as numbers': [{ metadata: { 'tokenizer.ggml.tokens': [1, 2] } }, /it must be array of string/],
  'the alignment as a string': [{ metadata: { 'general.alignment': '32' } }, /type of general.alignment is string/],
  'an alignment of 0': [{ alignment: 0 }, /general.alignment is 0; it must be a power of two from 8 to 65536/],
  'an alignment of 48': [{ alignment: 48 }, /general.alignment is 48/],
  'an alignment of 2^31': [{ alignment: 2 ** 31 }, /general.alignment is 2147483648/],
  'no GGUF at all': [{ override: { magic: '<!do' } }, /begins with 0x6f64213c, not 0x46554747/],
};
const unsupported: Record<string, [WriterOptions, RegExp]> = {
  'version 1': [{ version: 1 }, /version 1 is not supported.*Convert/],
  'version 4': [{ version: 4 }, /version 4 is not supported/],
  'big-endian': [{ version: 0x0300_0000 }, /big-endian \(version 3\).*Convert/],
  'big-endian, version 2': [{ version: 0x0200_0000 }, /big-endian \(version 2\).*Convert/],
  'big-endian, version 1': [{ version: 0x0100_0000 }, /big-endian \(version 1\).*Convert/],
  'a type taken out of the format': [
    { tensors: [{ name: 'a', type: 'F32', shape: [1], override: { typeId: 31 } }] },
    /type of tensor "a" is Q4_0_4_4 \(31\)/,
  ],
  'a type that ggml does not know': [
    { tensors: [{ name: 'a', type: 'F32', shape: [1], override: { typeId: 0xffff_ffff } }] },
    /type of tensor "a" is 4294967295/,
  ],
};

/** What parsing these bytes throws, from a Blob and from a stream alike. */
async function refusalOf(bytes: Uint8Array<ArrayBuffer>): Promise<LocalLLMError> {
  const error: unknown = await parseGguf(new Blob([bytes])).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LocalLLMError);
  return error as LocalLLMError;
}

describe('refused files', () => {
  test.each(Object.entries(hostile))('%s', async (_, [options, message]) => {
    const error = await refusalOf(writeGguf(options));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('bad-file');
  });
  test.each(Object.entries(unsupported))('%s', async (_, [options, message]) => {
    const error = await refusalOf(writeGguf(options));
    expect(error.message).toMatch(message);
    expect(error.code).toBe('not-supported');
  });

  test('a name that is not UTF-8', async () => {
    const bytes = writeGguf({ metadata: { aa: 1 } });
    bytes[32] = 0xff;
    expect((await refusalOf(bytes)).message).toMatch(/key 0 of 1 is not UTF-8/);
  });

  const sample = writeGguf({
    metadata: { name: 'x', 'tokenizer.ggml.tokens': ['ab', 'c'], numbers: Float32Array.of(1, 2), yes: true, n: 2n },
    tensors: two(3, 2),
  });
  const lastByte = async () => {
    const { tensors } = await parseGguf(new Blob([sample]));
    return Math.max(...[...tensors.values()].map(({ offset, bytes }) => offset + bytes));
  };

  test('cut at any byte, from a source and from a stream', async () => {
    const end = await lastByte();
    for (let length = 0; length < end; length++) {
      expect((await refusalOf(sample.slice(0, length))).code).toBe('bad-file');
    }
    const { dataOffset } = await parseGguf(new Blob([sample]));
    for (let length = 0; length < dataOffset - 32; length += 5) {
      await expect(parseGguf(new Blob([sample.slice(0, length)]).stream())).rejects.toBeInstanceOf(LocalLLMError);
    }
  });

  test('with any byte changed: read or refused, never another error, never a tensor outside the file', async () => {
    let refused = 0;
    const { dataOffset } = await parseGguf(new Blob([sample]));
    for (let at = 0; at < dataOffset; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const changed = sample.slice();
        changed[at] = (changed[at] ?? 0) ^ flip;
        const outcome = await parseGguf(new Blob([changed])).catch((error: unknown) => error);
        if (outcome instanceof LocalLLMError) {
          refused++;
          continue;
        }
        const { tensors, size } = outcome as GgufFile; // any other error has no tensors and fails here
        for (const { offset, bytes } of tensors.values()) expect(offset + bytes).toBeLessThanOrEqual(size);
      }
    }
    expect(refused).toBeGreaterThan(dataOffset);
  });
});
