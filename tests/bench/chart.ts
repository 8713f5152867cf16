/**
 * The chart of docs/PERFORMANCE.md: decode speed of ours and theirs, a pair of bars for each model.
 *
 * @module
 */
import type { Comparison } from './measured.ts';

export interface ChartEntry {
  /** 'Node', 'Chromium'. */
  where: string;
  comparison: Comparison;
}

const WIDTH = 760;
const LABELS = 210;
const BAR = 14;
const GROUP = 46;
const TOP = 54;

/** An SVG that reads in light and in dark. */
export function drawChart(entries: readonly ChartEntry[]): string {
  const pairs = entries.flatMap(({ where, comparison }) => {
    const decode = comparison.rows.find((row) => row.name.startsWith('decode'));
    if (!decode) return [];
    const { ours, theirs } = decode;
    return [
      { label: comparison.model.replace(/^bench-/, ''), where, ours, theirs, name: comparison.theirs?.name ?? '' },
    ];
  });
  const most = Math.max(1, ...pairs.flatMap(({ ours, theirs = 0 }) => [ours, theirs]));
  const scale = (WIDTH - LABELS - 90) / most;
  const height = TOP + pairs.length * GROUP + 10;
  const bars = pairs.map((pair, i) => {
    const y = TOP + i * GROUP;
    const bar = (value: number, style: string, at: number, name: string) =>
      `<rect class="${style}" x="${LABELS}" y="${at}" width="${(value * scale).toFixed(1)}" height="${BAR}" rx="2"/>` +
      `<text class="figure" x="${(LABELS + value * scale + 6).toFixed(1)}" y="${at + 11}">${value.toFixed(value < 100 ? 1 : 0)}${name ? ` ${escape(name)}` : ''}</text>`;
    return (
      `<text x="${LABELS - 10}" y="${y + 13}" text-anchor="end">${escape(pair.label)}</text>` +
      `<text class="figure" x="${LABELS - 10}" y="${y + 29}" text-anchor="end">${escape(pair.where)}</text>` +
      bar(pair.ours, 'ours', y + 2, '') +
      (pair.theirs === undefined ? '' : bar(pair.theirs, 'theirs', y + 2 + BAR + 2, pair.name))
    );
  });
  const title = 'Decode speed, tokens a second: localLLM and others on the same file';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<style>
text { font: 13px system-ui, sans-serif; fill: #17211f }
.title { font-weight: 600; font-size: 15px }
.figure { font-size: 12px; fill: #56635f }
.ours { fill: #0e6a5e }
.theirs { fill: #9aa6a2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e7edeb }
  .figure { fill: #a3b0ac }
  .ours { fill: #52c7b3 }
  .theirs { fill: #5f6d69 }
}
</style>
<text class="title" x="0" y="18">Decode speed, tokens a second</text>
<rect class="ours" x="0" y="30" width="12" height="12" rx="2"/><text x="18" y="41">localLLM</text>
<rect class="theirs" x="100" y="30" width="12" height="12" rx="2"/><text x="118" y="41">the other engine on the same file</text>
${bars.join('\n')}
</svg>
`;
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
