/**
 * What a screen reader is told of downloads: that one began, each quarter of it, and how it ended; and which model
 * answers.
 *
 * @module
 */
import type { ModelInfo } from '../../../engine/client/index.ts';
import { fractionOf } from './amounts.ts';
import { isCopied } from './filters.ts';

/** What was known of a model when it was last looked at. */
interface Noted {
  state: ModelInfo['state'];
  quarter: number;
  error: string | undefined;
  isDefault: boolean;
}
export type Notes = ReadonlyMap<string, Noted>;

/** At least this long between two reports of how far one download is. */
export const PACE_MS = 15_000;

export interface News {
  words: string;
  notes: Notes;
  /** When progress was last told. */
  toldMs: number;
}

/** Compares with what was known before; undefined: nothing was, and nothing is told. */
export function newsOf(before: News | undefined, models: readonly ModelInfo[], nowMs: number): News {
  const notes = new Map<string, Noted>();
  const words: string[] = [];
  let toldMs = before?.toldMs ?? Number.NEGATIVE_INFINITY;
  for (const model of models) {
    const was = before?.notes.get(model.id);
    const now = noteOf(model);
    const change = before && changeOf(model, was, now);
    const pacing = change === undefined && was !== undefined && now.quarter > was.quarter;
    if (change !== undefined) words.push(change);
    else if (pacing && nowMs - toldMs < PACE_MS) now.quarter = was.quarter;
    else if (pacing && now.state === 'downloading') {
      words.push(`${model.name}: ${now.quarter * 25} percent.`);
      toldMs = nowMs;
    }
    notes.set(model.id, now);
  }
  return { words: words.join(' '), notes, toldMs };
}

function noteOf(model: ModelInfo): Noted {
  const quarter = Math.floor((fractionOf(model) ?? 0) * 4);
  return { state: model.state, quarter, error: model.error?.message, isDefault: model.isDefault };
}

function changeOf(model: ModelInfo, was: Noted | undefined, { state, error, isDefault }: Noted): string | undefined {
  const { name } = model;
  if (isDefault && was?.isDefault === false) return `${name} answers from now on.`;
  if (error !== undefined && error !== was?.error) return `${name} ${model.resumes ? 'waits' : 'failed'}: ${error}`;
  const before = was?.state ?? 'absent';
  if (state === before) return undefined;
  switch (state) {
    case 'downloading':
      return isCopied(model) ? `Copying ${name}.` : `Downloading ${name}.`;
    case 'paused':
      if (error !== undefined) return undefined;
      return model.resumes ? `${name} waits, and goes on by itself.` : `${name} is paused.`;
    case 'stored':
      return `${name} is on this device.`;
    case 'absent':
      return `${name} was deleted.`;
  }
}
