import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { writeGguf, type WriterOptions } from '../../tests/gguf-writer.ts';
import { quantize } from '../../tests/quantize.ts';
import { openFileSource } from '../cli/file-source.ts';
import { dequantize } from './dequantize.ts';
import { parseGguf } from './parse.ts';

const POCKET = fileURLToPath(new URL('../../models/pocket/pocket-q4_0.gguf', import.meta.url));
const parse = (options: WriterOptions) => parseGguf(new Blob([writeGguf(options)]));
const two = (...shape: number[]) => [
  { name: 'a', type: 'F32', shape, data: quantize('F32', Float32Array.of(1, 2, 3, 4, 5, 6)) } as const,
  { name: 'b', type: 'Q4_0', shape: [64, 2] } as const,
];

describe('sound files', () => {
  test('every value type is read back', async () => {
    const metadata = {
      text: 'héllo\ufeff',
      yes: true,
      small: { type: 'uint8', value: 200 },
      negative: -5,
      half: 0.5,
      double: { type: 'float64', value: Math.PI },
      big: 2n ** 40n,
      bigNegative: { type: 'int64', value: -(2n ** 40n) },
      'tokenizer.ggml.tokens': ['\ufeff', '', 'b'],
      flags: [true, false],
      bytes: Int8Array.of(-1, 2),
      shorts: Uint16Array.of(65535),
      'tokenizer.ggml.scores': Float32Array.of(-1.5, 0),
      long: BigInt64Array.of(-3n, 2n ** 33n),
    } as const;
    const { metadata: read } = await parse({ metadata });
    expect([...read.entries()].map(([key]) => key)).toEqual(Object.keys(metadata));
    expect(read.string('text')).toBe('héllo\ufeff');
    expect(read.boolean('yes')).toBe(true);
    expect(['small', 'negative', 'half', 'double', 'big', 'bigNegative'].map((key) => read.number(key))).toEqual([
      200,
      -5,
      0.5,
      Math.PI,
      2 ** 40,
      -(2 ** 40),
    ]);
    expect(read.strings('tokenizer.ggml.tokens')).toEqual(['\ufeff', '', 'b']);
    expect(read.get('flags')).toEqual({ type: 'array', itemType: 'bool', value: [true, false] });
    expect(read.numbers('bytes')).toEqual(Int8Array.of(-1, 2));
    expect(read.numbers('shorts')).toEqual(Uint16Array.of(65535));
    expect(read.numbers('tokenizer.ggml.scores')).toEqual(Float32Array.of(-1.5, 0));
    expect(Array.from(read.numbers('long'))).toEqual([-3, 2 ** 33]);
  });

  test('defaults stand in for absent keys only', async () => {
    const { metadata } = await parse({ metadata: { a: 'text', big: 2n ** 60n } });
    expect(metadata.number('b', 7)).toBe(7);
    expect(metadata.string('b', '')).toBe('');
    expect(metadata.boolean('b', false)).toBe(false);
    expect(metadata.strings('b', [])).toEqual([]);
    expect(metadata.numbers('b', [1])).toEqual([1]);
    expect(() => metadata.number('b')).toThrow(/key b is missing/);
    expect(() => metadata.number('a', 7)).toThrow(/a has type string; expected number/);
    expect(() => metadata.strings('a')).toThrow(/a has type string; expected array of string/);
    expect(() => metadata.numbers('a')).toThrow(/expected array of numbers/);
    expect(() => metadata.boolean('a')).toThrow(/expected bool/);
    expect(() => metadata.string('big')).toThrow(/big has type uint64; expected string/);
    expect(() => metadata.number('big')).toThrow(/big is 1152921504606846976; the limit/);
  });

  test.each([2, 3])('tensors of version %i are placed', async (version) => {
    const bytes = writeGguf({ version, alignment: 64, tensors: two(3, 2) });
    const file = await parseGguf(new Blob([bytes]));
    expect(file).toMatchObject({ version, alignment: 64, size: bytes.length });
    const { dataOffset } = file;
    expect(dataOffset % 64).toBe(0);
    expect([...file.tensors.values()]).toEqual([
      { name: 'a', type: 'F32', shape: [3, 2], offset: dataOffset, bytes: 24 },
      { name: 'b', type: 'Q4_0', shape: [64, 2], offset: dataOffset + 64, bytes: 72 },
    ]);
    expect(dequantize('F32', bytes.subarray(dataOffset, dataOffset + 24))).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  test('a stream in odd pieces gives the same and is left unlocked', async () => {
    const bytes = writeGguf({ metadata: { tokens: ['one', 'two'], n: 3 }, tensors: two(3, 2) });
    let cancelled = false;
    let at = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(bytes.subarray(at, (at += 7)));
          if (at >= bytes.length) controller.close();
        },
        cancel: () => void (cancelled = true),
      },
      { highWaterMark: 0 },
    );
    const fromStream = await parseGguf(stream);
    const fromBlob = await parseGguf(new Blob([bytes]));
    expect([...fromStream.tensors.values()]).toEqual([...fromBlob.tensors.values()]);
    expect(fromStream.size).toBe(bytes.length);
    expect(stream.locked).toBe(false);
    expect(cancelled).toBe(false);
    expect(at).toBeLessThanOrEqual(fromStream.dataOffset);
  });

  test('a file without tensors ends with its keys', async () => {
    expect((await parse({ metadata: { a: 1 } })).tensors.size).toBe(0);
  });

  test('the embedded model, from a file and from a stream', async () => {
    const source = await openFileSource(POCKET);
    const file = await parseGguf(source);
    await source.close();
    expect(file).toMatchObject({ version: 3, alignment: 32, size: 11_588_800 });
    expect(file.metadata.string('general.architecture')).toBe('llama');
    expect(file.metadata.number('llama.block_count')).toBe(10);
    expect(file.metadata.strings('tokenizer.ggml.tokens').length).toBe(6144);
    expect(file.tensors.size).toBe(2 + 10 * 9);
    expect(file.tensors.get('token_embd.weight')).toMatchObject({ type: 'Q8_0', shape: [384, 6144], bytes: 2_506_752 });
    const last = [...file.tensors.values()].at(-1);
    expect((last?.offset ?? 0) + (last?.bytes ?? 0)).toBe(file.size);
    const stream = Readable.toWeb(createReadStream(POCKET)) as ReadableStream<Uint8Array>;
    expect((await parseGguf(stream)).tensors).toEqual(file.tensors);
    await stream.cancel();
  });
});
