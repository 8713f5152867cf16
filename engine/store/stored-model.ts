/**
 * What is told of a model that is stored, in part or whole.
 *
 * @module
 */
import type { BlobState } from './blob-store.ts';
import type { ModelRecord } from './journal.ts';
import type { Running } from './running.ts';

/** A model of which something is stored, or that is to be. */
export interface StoredModel {
  id: string;
  name: string;
  license?: string;
  quantization?: string;
  from?: string;
  parts: number;
  /** Bytes that are there. */
  bytes: number;
  /** Of all files together, where that is known. */
  totalBytes?: number;
  complete: boolean;
  /** Being fetched or copied now, by this store. */
  running?: { bytesPerSecond: number };
}

/** Of each file, where it is known. */
export const sizesOf = ({ parts }: ModelRecord, states: readonly BlobState[]): (number | undefined)[] =>
  states.map((state, index) => state.bytes ?? parts[index]!.bytes);

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Undefined where one is not known. */
export function totalOf(sizes: readonly (number | undefined)[]): number | undefined {
  const known = sizes.filter((size) => size !== undefined);
  return known.length === sizes.length ? sum(known) : undefined;
}

export function describe(record: ModelRecord, states: readonly BlobState[], running?: Running): StoredModel {
  const { format: _, parts, ...rest } = record;
  const total = running?.total ?? totalOf(sizesOf(record, states));
  const goesOn = running !== undefined && !running.stop.signal.aborted;
  return {
    ...rest,
    parts: parts.length,
    bytes: running?.bytes || sum(states.map(({ stored }) => stored)),
    ...(total !== undefined && { totalBytes: total }),
    complete: running === undefined && states.every(({ sha256 }) => sha256 !== undefined),
    ...(goesOn && { running: { bytesPerSecond: running.speed.bytesPerSecond } }),
  };
}
