/**
 * Pocket's files, as the tests need them.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Match } from '../../models/pocket/check.ts';
import { type NpyArray, readNpyF32 } from '../npy.ts';

const FOLDER = join(import.meta.dirname, '../../models/pocket');

export const POCKET = join(FOLDER, 'pocket-q4_0.gguf');

/** A prompt whose activations are stored. */
export interface StoredPrompt {
  name: string;
  text: string;
  ids: number[];
}

export const STORED_PROMPTS = JSON.parse(
  readFileSync(join(FOLDER, 'activations/prompts.json'), 'utf8'),
) as StoredPrompt[];

/** Every stored tap by name: [tokens, width], made by torch in float64; `result_output` has the last token's row only. */
export function storedTaps(prompt: StoredPrompt): Map<string, NpyArray> {
  const folder = join(FOLDER, 'activations', prompt.name);
  const files = readdirSync(folder).filter((file) => file.endsWith('.npy'));
  return new Map(files.map((file) => [basename(file, '.npy'), readNpyF32(join(folder, file))]));
}

export interface EvalRow {
  id: string;
  family: string;
  messages: { role: 'system' | 'user' | 'assistant'; content: string }[];
  tools?: { type: 'function'; function: { name: string; description: string; parameters: Record<string, unknown> } }[];
  match: Match;
}

export const EVAL_ROWS = readFileSync(join(FOLDER, 'eval.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as EvalRow);

/** The file's own chat template. */
export const TEMPLATE = readFileSync(join(FOLDER, 'chat_template.jinja'), 'utf8');
