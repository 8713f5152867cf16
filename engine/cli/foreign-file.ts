/**
 * What a file that is not GGUF seems to be, and what to do about it.
 *
 * @module
 */

/** Bytes of a file's beginning that {@link recognizeForeign} wants. */
export const HEAD_BYTES = 512;

const GET_GGUF = 'Look for the model in GGUF, or convert it with llama.cpp (convert_hf_to_gguf.py).';
const GET_AGAIN = 'Get it again, from the address behind the download button (…/resolve/…, not …/blob/…).';

/** First bytes, as Latin-1 text. */
const SIGNATURES: readonly (readonly [begin: string, at: number, what: string, advice: string])[] = [
  ['PK\x03\x04', 0, 'a zip archive, as PyTorch saves models (.bin, .pt, .pth)', GET_GGUF],
  ['\x80\x02', 0, 'a Python pickle, as older versions of PyTorch save models', GET_GGUF],
  ['lmgg', 0, 'GGML, the format before GGUF', GET_GGUF],
  ['fmgg', 0, 'GGMF, a format before GGUF', GET_GGUF],
  ['tjgg', 0, 'GGJT, a format before GGUF', GET_GGUF],
  ['algg', 0, 'GGLA, a LoRA adapter in the format before GGUF', GET_GGUF],
  ['TFL3', 4, 'a TensorFlow Lite model', GET_GGUF],
  ['\x89HDF\r\n', 0, 'HDF5, as Keras saves models', GET_GGUF],
  ['\x93NUMPY', 0, 'a NumPy array', GET_GGUF],
  ['\x1f\x8b', 0, 'compressed with gzip', 'Unpack it (gunzip), then look at what is inside.'],
  ['\x28\xb5\x2f\xfd', 0, 'compressed with Zstandard', 'Unpack it (unzstd), then look at what is inside.'],
  ['7z\xbc\xaf\x27\x1c', 0, 'a 7-Zip archive', 'Unpack it, then look at what is inside.'],
  ['Rar!', 0, 'a RAR archive', 'Unpack it, then look at what is inside.'],
  ['ustar', 257, 'a tar archive', 'Unpack it (tar -xf), then look at what is inside.'],
  ['%PDF', 0, 'a PDF', 'Choose the GGUF file.'],
];

/**
 * @param head the file's first {@link HEAD_BYTES} bytes, or all of it
 * @param size of the whole file, bytes
 * @returns a sentence or two, or undefined for a file that begins as GGUF does
 */
export function recognizeForeign(head: Uint8Array<ArrayBuffer>, size: number): string | undefined {
  const text = Array.from(head, (byte) => String.fromCharCode(byte)).join('');
  if (size === 0) return 'The file is empty: its download failed or has not begun. Get it again.';
  if (text.startsWith('GGUF')) return undefined;
  const is = (what: string, advice: string) => `This is not a GGUF file but ${what}. ${advice}`;
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    const bytes = /^size (\d+)$/m.exec(text)?.[1];
    const of = bytes === undefined ? '' : ` of ${bytes} bytes`;
    return is(`a Git LFS pointer to a file${of}`, `Run "git lfs pull" in its folder, or download the file itself.`);
  }
  if (/^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|head)/i.test(text)) return is('a web page', GET_AGAIN);
  if (isSafetensors(head, text, size)) return is('safetensors', GET_GGUF);
  for (const [begin, at, what, advice] of SIGNATURES) if (text.startsWith(begin, at)) return is(what, advice);
  if (head.every((byte) => byte === 0))
    return is('zeros, at its beginning at least', 'Its download is not complete: let it end, or get it again.');
  if (isText(head)) {
    const line = new TextDecoder().decode(head).trim().split('\n')[0]!.slice(0, 60);
    return is(`text that begins with ${JSON.stringify(line)}`, GET_AGAIN);
  }
  const hex = Array.from(head.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return is(`of a kind unknown here (it begins with the bytes ${hex})`, GET_GGUF);
}

/** A 64-bit length, then that much JSON. */
function isSafetensors(head: Uint8Array<ArrayBuffer>, text: string, size: number): boolean {
  if (head.length < 10 || text[8] !== '{') return false;
  return new DataView(head.buffer, head.byteOffset).getBigUint64(0, true) <= BigInt(size - 8);
}

function isText(head: Uint8Array): boolean {
  // A character may be cut at the end of the head.
  const text = new TextDecoder().decode(head).replace(/\ufffd{1,3}$/, '');
  // oxlint-disable-next-line no-control-regex -- control characters are what text has not
  return !/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text);
}
