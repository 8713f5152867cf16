import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type WriterOptions, type WriterTensor, type WriterValue, writeGguf } from '../../tests/gguf-writer.ts';
import { quantize } from '../../tests/quantize.ts';
import { openModelFiles } from '../cli/file-source.ts';
import { blobSource, type ByteSource } from './source.ts';
import { concatSources } from './split-source.ts';
import { openModel, partName, readPartName } from './split.ts';

const COUNT = 3;
const nameOf = (number: number) => partName('model', number, COUNT);
const floats = (...values: number[]) => quantize('F32', Float32Array.from(values));
const tensor = (name: string, ...values: number[]): WriterTensor => ({
  name,
  type: 'F32',
  shape: [values.length],
  data: floats(...values),
});
const TENSORS = [[tensor('a', 1, 2, 3), tensor('b', 4)], [tensor('c', 5, 6)], [tensor('d', 7), tensor('e', 8, 9)]];

/** Keys as gguf-split types them. */
const splitKeys = (no: number, count = COUNT, tensors = 5): Record<string, WriterValue> => ({
  'split.no': { type: 'uint16', value: no },
  'split.count': { type: 'uint16', value: count },
  'split.tensors.count': { type: 'int32', value: tensors },
});

function part(number: number, options: Partial<WriterOptions> = {}): WriterOptions {
  const metadata = { ...(number === 1 ? { 'general.name': 'Three' } : {}), ...splitKeys(number - 1) };
  return { metadata, tensors: TENSORS[number - 1]!, ...options };
}
const named = (name: string, options: WriterOptions): ByteSource => blobSource(new File([writeGguf(options)], name));
const good = (number: number) => named(nameOf(number), part(number));
const refused = (given: ByteSource | ByteSource[]) =>
  openModel(given).then(
    () => 'opened',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );

describe('parts that belong together', () => {
  test.each([[[1, 2, 3]], [[3, 1, 2]]])('in the order %j are one file', async (order) => {
    const { file, source } = await openModel(order.map(good));
    expect(file.metadata.string('general.name')).toBe('Three');
    expect([...file.tensors.keys()]).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(file.size).toBe(source.size);
    for (const { name, data } of TENSORS.flat()) {
      const { offset, bytes } = file.tensors.get(name)!;
      expect(await source.read(offset, bytes)).toEqual(data);
    }
  });

  test('a whole file is itself, and so is one that counts as one part', async () => {
    const whole = named('whole.gguf', { tensors: TENSORS.flat() });
    expect((await openModel(whole)).source).toBe(whole);
    const one = named('one.gguf', part(1, { metadata: splitKeys(0, 1, 2) }));
    expect((await openModel([one])).source).toBe(one);
  });

  test('a first part may hold no tensors', async () => {
    const first = named(nameOf(1), part(1, { metadata: splitKeys(0, 3, 3), tensors: [] }));
    const others = [2, 3].map((n) => named(nameOf(n), part(n, { metadata: splitKeys(n - 1, 3, 3) })));
    expect([...(await openModel([first, ...others])).file.tensors.keys()]).toEqual(['c', 'd', 'e']);
  });
});

describe('parts that do not', () => {
  test('a part without the others', async () => {
    expect(await refused(good(1))).toBe(
      'bad-argument: Part 2, model-00002-of-00003.gguf, and 1 more of the 3 parts of this model are missing. Get all of them, keep their names and give them together.',
    );
    expect(await refused(good(3))).toBe(
      'bad-argument: model-00003-of-00003.gguf (part 3 of 3) is not the beginning of its model. Give part 1, model-00001-of-00003.gguf, with the others beside it.',
    );
    expect(await refused([good(1), good(3)])).toContain('Part 2, model-00002-of-00003.gguf, of the 3 parts');
    expect(await refused([good(2), good(3)])).toContain('Give part 1, model-00001-of-00003.gguf');
    expect(await refused(blobSource(new Blob([writeGguf(part(2))])))).toBe(
      'bad-argument: part 2 of 3 is not the beginning of its model. Give part 1, with the others beside it.',
    );
  });

  test('none, too many, one twice', async () => {
    expect(await refused([])).toContain('bad-argument: No file was given');
    expect(await refused(Array.from({ length: 513 }, () => good(1)))).toContain('513 files were given');
    expect(await refused([good(1), good(2), named('copy.gguf', part(2)), good(3)])).toContain(
      'bad-argument: copy.gguf (part 2 of 3) and model-00002-of-00003.gguf (part 2 of 3) are the same part',
    );
  });

  test.each([
    ['another count', splitKeys(1, 4), 'split.count is 4 and 3, split.tensors.count 5 and 5'],
    ['another number of tensors', splitKeys(1, 3, 6), 'split.count is 3 and 3, split.tensors.count 6 and 5'],
  ])('a part of another model: %s', async (_, metadata, message) => {
    const stranger = named('other.gguf', part(2, { metadata }));
    const answer = await refused([good(1), stranger, good(3)]);
    expect(answer).toContain('bad-argument: other.gguf (part 2 of ');
    expect(answer).toContain(`belongs to another model than model-00001-of-00003.gguf (part 1 of 3): ${message}`);
  });

  test('a whole model among the parts', async () => {
    const whole = named('whole.gguf', { tensors: TENSORS.flat() });
    expect(await refused([good(1), whole, good(3)])).toContain('bad-argument: whole.gguf is a whole model');
  });

  test('a tensor in two parts', async () => {
    const twice = named(nameOf(2), part(2, { tensors: [tensor('b', 1)] }));
    expect(await refused([good(1), twice, good(3)])).toBe(
      'bad-file: The tensor "b" is both in model-00001-of-00003.gguf (part 1 of 3) and in model-00002-of-00003.gguf (part 2 of 3): they are not of one model. Get all parts again.',
    );
  });

  test('fewer tensors than were counted', async () => {
    const fewer = named(nameOf(3), part(3, { tensors: [tensor('d', 7)] }));
    expect(await refused([good(1), good(2), fewer])).toContain('hold 4 tensors; split.tensors.count is 5');
  });

  test.each([
    ['split.no', { ...splitKeys(3) }, 'split.no is 3; an integer from 0 to 2'],
    ['split.no below 0', { ...splitKeys(0), 'split.no': -1 }, 'split.no is -1'],
    ['split.count', { ...splitKeys(1, 9999) }, 'split.count is 9999; an integer from 2 to 512'],
    ['split.tensors.count', { ...splitKeys(1, 3, 0) }, 'split.tensors.count is 0'],
    ['no split.no', { 'split.count': 3, 'split.tensors.count': 5 }, `${nameOf(2)}: split.no is missing`],
  ])('nonsense: %s', async (_, metadata, message) => {
    const answer = await refused([good(1), named(nameOf(2), part(2, { metadata })), good(3)]);
    expect(answer).toMatch(/^bad-file: /);
    expect(answer).toContain(message);
  });

  test('a part that is cut short is named', async () => {
    const bytes = writeGguf(part(2));
    const cut = blobSource(new File([bytes.subarray(0, bytes.length - 4)], nameOf(2)));
    expect(await refused([good(1), cut, good(3)])).toMatch(/^bad-file: model-00002-of-00003\.gguf: GGUF: /);
  });
});

test('names of parts', () => {
  expect(readPartName('a-00002-of-00010.gguf')).toEqual({ prefix: 'a', number: 2, count: 10 });
  expect(partName('a', 2, 10)).toBe('a-00002-of-00010.gguf');
  for (const name of ['a.gguf', 'a-2-of-10.gguf', 'a-00002-of-00010.bin', 'a-00002-of-00010 (1).gguf']) {
    expect(readPartName(name)).toBeUndefined();
  }
});

test('reads across the ends of parts, and no further', async () => {
  const pieces = ['abc', '', 'de', 'fghi'].map((text) => blobSource(new Blob([text])));
  const source = concatSources(pieces);
  const all = 'abcdefghi';
  for (let from = 0; from <= all.length; from++) {
    for (let to = from; to <= all.length; to++) {
      expect(new TextDecoder().decode(await source.read(from, to - from))).toBe(all.slice(from, to));
    }
    await expect(source.read(from, all.length - from + 1)).rejects.toMatchObject({ code: 'bad-file' });
  }
});

test('parts are told that they will be read one after another, when all of them will', async () => {
  const told: string[] = [];
  const parts = ['abc', '', 'de', 'f'].map((text) => ({
    ...blobSource(new Blob([text])),
    ahead: () => told.push(text),
  }));
  const source = concatSources(parts);
  await source.read(0, 6);
  expect(told).toEqual([]);
  source.ahead!();
  expect(told).toEqual(['abc']);
  await source.read(1, 2);
  expect(told).toEqual(['abc']);
  await source.read(2, 2);
  expect(told).toEqual(['abc', '', 'de']);
  await source.read(0, 6);
  expect(told).toEqual(['abc', '', 'de', 'f']);
});

describe('beside each other in a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'localllm-split-'));
    for (const number of [1, 2, 3]) await writeFile(join(folder, nameOf(number)), writeGguf(part(number)));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const open = async (name: string) => {
    const { parts, close } = await openModelFiles(join(folder, name));
    try {
      return await openModel(parts);
    } finally {
      await close();
    }
  };

  test('the first part brings the others', async () => {
    expect((await open(nameOf(1))).file.tensors.size).toBe(5);
  });
  test('another part says which is the first', async () => {
    await expect(open(nameOf(2))).rejects.toThrow('Give part 1, model-00001-of-00003.gguf,');
  });
  test('one that is not there is named', async () => {
    await writeFile(join(folder, 'lone-00001-of-00003.gguf'), writeGguf(part(1)));
    await expect(open('lone-00001-of-00003.gguf')).rejects.toThrow('Part 2, lone-00002-of-00003.gguf, and 1 more');
    await expect(open('none.gguf')).rejects.toMatchObject({ code: 'bad-argument' });
  });
  test('a whole model may keep the name of a part', async () => {
    await writeFile(join(folder, 'merged-00001-of-00003.gguf'), writeGguf({ tensors: TENSORS.flat() }));
    expect((await open('merged-00001-of-00003.gguf')).file.tensors.size).toBe(5);
  });
});
