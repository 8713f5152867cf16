// Architectures × element types against llama.cpp on each file's F32 twin: multiplying with a quantized or 16-bit matrix, llama.cpp's
// CPU path rounds the activations too. `npm run fidelity` runs every cell and writes docs/FIDELITY.md; otherwise a part of them runs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Distance, distance, expectSameGreedy, spread } from './compare.ts';
import { openModel } from './load-engine.ts';
import { cellModel, COLUMNS, isTestedAlways, ROWS, withTable } from './matrix.ts';
import { randomModel } from './random-model.ts';
import { Reference } from './reference.ts';
import { floatTwin } from './twin.ts';

/**
 * Of a log-probability: some 20 times what is seen. A recurrent state carries the rounding of products in integers along: 0.0025 was
 * seen of it on a GPU that has these.
 */
const toleranceOf = (row: string) => (row === 'qwen35' ? 0.005 : 0.002);
const GREEDY = 64;
/** The first decodes alone, the others prefill in every shape of the products. */
const PROMPTS = [1, 5, 100];

const all = process.env['LOCALLLM_MATRIX'] === 'all';
const DOCUMENT = join(import.meta.dirname, '../../docs/FIDELITY.md');
const table = new Map<string, Map<string, Distance>>();

describe.each(ROWS)('%s', (row) => {
  const cells = new Map<string, Distance>();
  test.each(COLUMNS.filter((column) => all || isTestedAlways(row, column)))('%s', async (column) => {
    const path = randomModel(`${row}-${column.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`, cellModel(row, column));
    const model = await openModel(path, { kvType: 'f32' });
    const reference = await Reference.open(await floatTwin(path, 'F32'), model.contextTokens);
    try {
      const distances: Distance[] = [];
      for (const count of PROMPTS) distances.push(await distance(model, reference, spread(count, model.hp.vocab)));
      const worst = Math.max(...distances.map((d) => d.worst));
      const divergence = distances.reduce((sum, d) => sum + d.divergence, 0) / distances.length;
      cells.set(column, { worst, divergence });
      table.set(row, cells);
      expect(worst).toBeLessThan(toleranceOf(row));
      const ids = spread(PROMPTS.at(-1)!, model.hp.vocab);
      await expectSameGreedy(model, ids, (await reference.predict(ids, GREEDY)).greedy, toleranceOf(row));
    } finally {
      model.release();
      await reference.close();
    }
  });
});

test('the document has every architecture and every type', () => {
  if (all) writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, 'utf8'), table));
  const lines = readFileSync(DOCUMENT, 'utf8').split('\n');
  for (const row of ROWS) expect(lines.filter((line) => line.startsWith(`| ${row} |`))).toHaveLength(2);
  const header = lines.filter((line) => line.startsWith('|  | '));
  for (const line of header)
    expect(
      line
        .split(' | ')
        .slice(1)
        .map((cell) => cell.replace(' |', '')),
    ).toEqual(COLUMNS);
});
