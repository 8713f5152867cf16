/**
 * Puts results into docs/PERFORMANCE.md, between the marks that stand there, and draws the chart.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart } from './chart.ts';
import type { Floors } from './floors.ts';
import type { KernelResult } from './kernel-result.ts';
import type { Comparison } from './measured.ts';
import type { Kind, Result } from './results.ts';
import type { Sites } from './sites.ts';
import type { Start } from './start.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const PAGE = join(DOCS, 'PERFORMANCE.md');
const CHART = join(DOCS, 'images/performance.svg');

export function writeReport(results: readonly Result[]): string[] {
  let page = readFileSync(PAGE, 'utf8');
  for (const result of results) page = replaceSection(page, result.kind, sectionOf(result));
  writeFileSync(PAGE, page);
  const comparisons = results.flatMap((result) => {
    if (result.kind === 'engine') return result.data.map((comparison) => ({ where: 'Node', comparison }));
    if (result.kind === 'browser') {
      return result.data.comparisons.map((comparison) => ({ where: 'Chromium', comparison }));
    }
    return [];
  });
  if (comparisons.length === 0) return [PAGE];
  writeFileSync(CHART, drawChart(comparisons));
  return [PAGE, CHART];
}

function replaceSection(page: string, kind: Kind, text: string): string {
  const [begin, end] = [`<!-- ${kind} -->\n`, `<!-- end of ${kind} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no marks "${begin.trim()}" and "${end}".`);
  return `${page.slice(0, from)}${begin}\n${text}\n${page.slice(to)}`;
}

function sectionOf(result: Result): string {
  const { date, where, processor } = result;
  const head = `${where}, ${processor}, ${date.slice(0, 10)}.`;
  switch (result.kind) {
    case 'floors':
      return `${head}\n\n${floorsTable([[where, result.data]])}`;
    case 'kernels': {
      const { adapter, gigabytesPerSecond, teraflopsPerSecond, results } = result.data;
      const roof = `${adapter}: the stream reads ${gigabytesPerSecond.toFixed(0)} GB/s, ${teraflopsPerSecond.toFixed(1)} TFLOP/s of f32.`;
      return `${head} ${roof}\n\n${kernelTables(results)}`;
    }
    case 'engine':
      return `${head}\n\n${result.data.map(comparisonTable).join('\n')}`;
    case 'start':
      return `${head}\n\n${startTable(result.data)}`;
    case 'sites':
      return `${head}\n\n${sitesTable(result.data)}`;
    case 'browser': {
      const { floors, comparisons } = result.data;
      return `${head}\n\n${floorsTable([[where, floors]])}\n${comparisons.map(comparisonTable).join('\n')}`;
    }
  }
}

/** @param texts how many of the first columns hold words, not figures */
function table(head: readonly string[], rows: readonly (readonly string[])[], texts = 1): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map((_, i) => (i < texts ? '---' : '---:'))) + rows.map(line).join('');
}

function floorsTable(floors: readonly (readonly [string, Floors])[]): string {
  return table(
    [
      'Where',
      'Adapter',
      'Stream',
      'f32',
      'Dispatch in a pass',
      'Pass',
      'Submit and readback',
      'Steps of 130 dispatches a second, 1 / 2 / 3 / 4 under way',
    ],
    floors.map(([where, f]) => [
      where,
      f.adapter,
      `${(f.bytesPerSecond / 1e9).toFixed(0)} GB/s`,
      `${(f.flopsPerSecond / 1e12).toFixed(1)} TFLOP/s`,
      `${f.dispatchMicroseconds.toFixed(1)} µs`,
      `${f.passMicroseconds.toFixed(1)} µs`,
      `${f.readbackMilliseconds.toFixed(2)} ms`,
      Object.values(f.stepsPerSecond)
        .map((steps) => steps.toFixed(0))
        .join(' / '),
    ]),
  );
}

/** One row for each model: what the sites get together, and how many times what one gets alone. */
function sitesTable(measured: readonly Sites[]): string {
  const counts = [...new Set(measured.flatMap(({ rows }) => rows.map((row) => row.sites)))].sort((a, b) => a - b);
  return table(
    ['Model', 'Adapter', ...counts.map((count) => (count === 1 ? 'One site' : `${count} sites`))],
    measured.map(({ model, adapter, rows }) => [
      model.replace(/^bench-(.*)/, '$1, random weights'),
      adapter,
      ...counts.map((count) => {
        const row = rows.find(({ sites }) => sites === count);
        if (!row) return '';
        const speed = `${row.tokensPerSecond.toFixed(row.tokensPerSecond < 100 ? 1 : 0)} tokens/s`;
        return count === 1 ? speed : `${speed}, **${row.ratio.toFixed(2)}**`;
      }),
    ]),
    2,
  );
}

function startTable(starts: readonly Start[]): string {
  const ms = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
  return table(
    [
      'Model',
      'Where',
      'From',
      'Size',
      'Read alone',
      'Load',
      'Load ÷ read',
      'First prompt',
      'Later prompts',
      'First token ÷ (load + prefill)',
      'Peak memory',
    ],
    starts.map((s) => [
      s.model.replace(/^bench-/, ''),
      s.where,
      s.from,
      `${(s.bytes / 1e6).toFixed(0)} MB`,
      ms(s.readMs),
      ms(s.loadMs),
      `**${(s.loadMs / s.readMs).toFixed(2)}**`,
      ms(s.firstPrefillMs),
      ms(s.prefillMs),
      `**${s.firstTokenRatio.toFixed(2)}**`,
      s.peakBytes === undefined ? '' : `${(s.peakBytes / 1e6).toFixed(0)} MB`,
    ]),
    3,
  );
}

/** One table for each number of tokens, one for attention: kernels down, types across. */
function kernelTables(results: readonly KernelResult[]): string {
  const matmuls = results.filter(({ kernel }) => kernel !== 'attention');
  const attention = results.filter(({ kernel }) => kernel === 'attention');
  const types = [...new Set(matmuls.map(({ type }) => type))];
  const cell = (found: KernelResult | undefined) => {
    if (!found) return '';
    const { microseconds, gigabytesPerSecond, ofRoofline, ofStream } = found;
    const ratios =
      ofStream === undefined ? `**${ofRoofline.toFixed(2)}**` : `${ofRoofline.toFixed(2)}, **${ofStream.toFixed(2)}**`;
    return `${microseconds.toFixed(microseconds < 1000 ? 1 : 0)} µs, ${gigabytesPerSecond.toFixed(0)} GB/s, ${ratios}`;
  };
  const parts = [...new Set(matmuls.map(({ tokens }) => tokens))].map((tokens) => {
    const here = matmuls.filter((result) => result.tokens === tokens);
    const keys = [...new Set(here.map(({ model, kernel, shape }) => `${model} | ${kernel} | ${shape}`))];
    const rows = keys.map((key) => [
      ...key.split(' | '),
      ...types.map((type) =>
        cell(here.find((r) => r.type === type && `${r.model} | ${r.kernel} | ${r.shape}` === key)),
      ),
    ]);
    return `${tokens === 1 ? 'One token' : `${tokens} tokens`}:\n\n${table(['Model', 'Product', 'Rows × columns', ...types], rows, 3)}`;
  });
  const attended = attention.map((result) => [result.model, result.shape, cell(result)]);
  if (attended.length > 0)
    parts.push(
      `Attention of one token with its rotation and append, cache in f16:\n\n${table(['Model', 'Shape', 'f16'], attended, 2)}`,
    );
  return parts.join('\n');
}

function comparisonTable({ model, bytes, ours, theirs, rows }: Comparison): string {
  const name = model.replace(/^bench-(.*)/, '$1, random weights');
  const facts = `**${name}**, ${(bytes / 1e6).toFixed(0)} MB. Ours on ${ours.adapter}, loaded in ${(ours.loadMs / 1000).toFixed(1)} s`;
  const other = theirs ? `; ${theirs.name} on ${theirs.on}, loaded in ${(theirs.loadMs / 1000).toFixed(1)} s.` : '.';
  const figure = (value: number | undefined, unit: string) =>
    value === undefined ? '' : `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
  return `${facts}${other}\n\n${table(
    ['', 'localLLM', theirs?.name ?? 'Nobody', 'Ratio'],
    rows.map((row) => [
      row.name,
      figure(row.ours, row.unit),
      figure(row.theirs, row.unit),
      row.ratio === undefined ? '' : `**${row.ratio.toFixed(2)}**`,
    ]),
  )}`;
}
