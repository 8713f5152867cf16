/**
 * Results as files: one for each run of a benchmark.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Floors } from './floors.ts';
import type { KernelResult } from './kernel-result.ts';
import type { Comparison } from './measured.ts';
import type { Sites } from './sites.ts';
import type { Start } from './start.ts';

export interface Data {
  floors: Floors;
  kernels: { adapter: string; gigabytesPerSecond: number; teraflopsPerSecond: number; results: KernelResult[] };
  engine: Comparison[];
  start: Start[];
  sites: Sites[];
  browser: { floors: Floors; comparisons: Comparison[] };
}
export type Kind = keyof Data;
export const KINDS: readonly Kind[] = ['floors', 'kernels', 'engine', 'start', 'sites', 'browser'];

export type Result = {
  [K in Kind]: {
    kind: K;
    date: string;
    /** 'Node 24.1, Dawn', 'Chromium 150.0' */
    where: string;
    processor: string;
    data: Data[K];
  };
}[Kind];

const FOLDER = join(import.meta.dirname, 'results');

/** Writes a result and returns its path. */
export function keepResult<K extends Kind>(kind: K, where: string, data: Data[K]): string {
  mkdirSync(FOLDER, { recursive: true });
  const date = new Date().toISOString();
  const processor = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`;
  const path = join(FOLDER, `${kind}-${date.replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(path, `${JSON.stringify({ kind, date, where, processor, data }, null, 1)}\n`);
  return path;
}

export function readResult(path: string): Result {
  const result = JSON.parse(readFileSync(path, 'utf8')) as Result;
  if (!KINDS.includes(result.kind)) throw new Error(`${path} is no result of a benchmark.`);
  return result;
}

/** The latest result of each kind. */
export function latestResults(): Result[] {
  mkdirSync(FOLDER, { recursive: true });
  const files = readdirSync(FOLDER).sort();
  return KINDS.flatMap((kind) => {
    const file = files.findLast((name) => name.startsWith(`${kind}-`));
    return file ? [readResult(join(FOLDER, file))] : [];
  });
}
