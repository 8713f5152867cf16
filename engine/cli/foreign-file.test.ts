import { expect, test } from 'vitest';
import { writeGguf } from '../../tests/gguf-writer.ts';
import { HEAD_BYTES, recognizeForeign } from './foreign-file.ts';

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)));
const safetensors = (header: string) => bytes([header.length, 0, 0, 0, 0, 0, 0, 0], header, [0, 0, 128, 63]);
const LFS =
  'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 4368439584\n';

test.each([
  ['nothing', bytes(), 'The file is empty'],
  [
    'a web page',
    bytes('\n<!DOCTYPE html><html><head>'),
    'not a GGUF file but a web page. Get it again, from the address',
  ],
  ['a web page with a mark', bytes([0xef, 0xbb, 0xbf], '<html>'), 'a web page'],
  ['safetensors', safetensors('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'), 'but safetensors. Look for'],
  ['Git LFS', bytes(LFS), 'a Git LFS pointer to a file of 4368439584 bytes. Run "git lfs pull"'],
  ['a zip', bytes('PK\x03\x04archive/data.pkl'), 'a zip archive, as PyTorch saves models'],
  ['a pickle', bytes([0x80, 2], '}q\x00'), 'a Python pickle'],
  ['GGML', bytes('lmgg', [1, 0, 0, 0]), 'GGML, the format before GGUF'],
  ['GGJT', bytes('tjgg', [3, 0, 0, 0]), 'GGJT'],
  ['HDF5', bytes([0x89], 'HDF\r\n'), 'HDF5'],
  ['gzip', bytes([0x1f, 0x8b, 8, 0]), 'compressed with gzip. Unpack it'],
  ['tar', bytes('a'.repeat(257), 'ustar'), 'a tar archive'],
  ['reserved space', new Uint8Array(HEAD_BYTES), 'zeros, at its beginning at least. Its download is not complete'],
  ['an answer in text', bytes('Entry not found\n'), 'text that begins with "Entry not found". Get it again'],
  ['text cut within a character', bytes('é'.repeat(9)).subarray(0, 17), 'text that begins with "éééééééé'],
  [
    'something else',
    bytes([1, 2, 3, 250, 4]),
    'of a kind unknown here (it begins with the bytes 01 02 03 fa). Look for',
  ],
])('%s', (_, head, message) => {
  expect(recognizeForeign(head, head.length)).toContain(message);
});

test('GGUF is not foreign, whatever follows', () => {
  expect(recognizeForeign(writeGguf({}), 24)).toBeUndefined();
  expect(recognizeForeign(bytes('GGUF'), 4)).toBeUndefined();
});

test('a length that no file has is no safetensors', () => {
  expect(recognizeForeign(bytes([255, 255, 255, 255, 255, 255, 255, 255], '{"a":1}'), 15)).toContain('unknown');
});
