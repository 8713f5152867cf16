/**
 * Damage to a file's bytes that knows nothing, or only where the fields lie.
 *
 * @module
 */
import type { Field } from './header-fields.ts';
import type { Random } from './random.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Integers that others' readers fell over. */
const EXTREMES = [
  0n,
  1n,
  2n,
  31n,
  255n,
  65_535n,
  65_536n,
  2n ** 24n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 61n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 32n,
  2n ** 64n - 8n,
  2n ** 64n - 1n,
];

/** The file with one piece of damage; `headerBytes` and `fields` are those of the sound file. */
export function damageBytes(random: Random, bytes: Bytes, fields: readonly Field[], headerBytes: number): Bytes {
  const header = Math.min(headerBytes, bytes.length);
  if (header === 0) return bytes;
  const kind = random.below(12);
  if (kind < 6) return changeField(random, bytes, fields);
  if (kind === 6) return bytes.slice(0, random.below(random.chance(0.5) ? header : bytes.length));
  if (kind === 7) return splice(random, bytes, header);
  const changed = bytes.slice();
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(header);
    changed[at] = kind < 10 ? changed[at]! ^ (1 << random.below(8)) : random.below(256);
  }
  return changed;
}

/** One field set to an extreme, or to a neighbour or multiple of what it is. */
function changeField(random: Random, bytes: Bytes, fields: readonly Field[]): Bytes {
  const changed = bytes.slice();
  const { at, bytes: size } = random.pick(fields);
  if (at + size > changed.length) return changed;
  const view = new DataView(changed.buffer);
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(at + i));
  const near = [value + 1n, value - 1n, value * 2n, value >> 1n, -value, BigInt(bytes.length) - BigInt(at)];
  value = BigInt.asUintN(64, random.chance(0.5) ? random.pick(EXTREMES) : random.pick(near));
  for (let i = 0; i < size; i++, value >>= 8n) view.setUint8(at + i, Number(value & 255n));
  return changed;
}

/** A stretch of the header taken out, or put in once more elsewhere, or over something else. */
function splice(random: Random, bytes: Bytes, header: number): Bytes {
  const from = random.below(header);
  const length = Math.min(1 + random.below(random.chance(0.5) ? 16 : 2000), header - from);
  const piece = bytes.slice(from, from + length);
  const kind = random.below(3);
  if (kind === 0) return joined(bytes.subarray(0, from), bytes.subarray(from + length));
  const to = random.below(header);
  return joined(bytes.subarray(0, to), piece, bytes.subarray(kind === 1 ? to : to + length));
}

function joined(...pieces: Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
