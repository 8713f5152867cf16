import { describe, expect, it } from 'vitest';
import { drawChart } from './chart.ts';
import { compare, describeRow } from './engine.ts';
import { casesFor, type Measured } from './measured.ts';
import { matricesOf, shapeOf, typeRule } from './models.ts';

const measured = (firstTokenMs: number, decodeTokensPerSecond: number): Measured => ({
  promptTokens: 100,
  firstTokenMs,
  decodeTokensPerSecond,
});

describe('a comparison', () => {
  it('leaves out the warm-up, takes turns, and gives medians and ratios in our favour', async () => {
    const turns: string[] = [];
    let run = 0;
    const [start] = casesFor([], 100, 8);
    const rows = await compare(
      start!,
      3,
      async () => (turns.push('ours'), measured([1, 50, 40, 60][run]!, 0)),
      async (promptTokens) => (turns.push(`theirs ${promptTokens}`), measured([1, 100, 90, 110][run++]!, 0)),
      0,
    );
    expect(turns).toEqual(Array.from({ length: 4 }, () => ['ours', 'theirs 100']).flat());
    expect(rows).toMatchObject([
      { name: 'prefill of 100', unit: 'tokens/s', ours: 2000, theirs: 1000, ratio: 2 },
      { name: 'first token after 100', unit: 'ms', ours: 50, theirs: 100, ratio: 2 },
    ]);
    expect(describeRow(rows[0]!)).toMatch(/ours +2000 tokens\/s +theirs +1000 tokens\/s +ratio 2.00/);
  });

  it('stands alone where nobody takes part', async () => {
    const [, decode] = casesFor([0], 100, 8);
    const [row] = await compare(decode!, 1, async () => measured(1, 30), undefined, 0);
    expect(row).toMatchObject({ name: 'decode at 0', ours: 30 });
    expect(row).not.toHaveProperty('ratio');
    const ours = { name: 'localLLM', adapter: 'a', loadMs: 1 };
    const chart = drawChart([{ where: 'Node', comparison: { model: 'a<b', bytes: 1, ours, rows: [row!] } }]);
    expect(chart).toContain('a&lt;b');
    expect(chart.match(/class="theirs"/g)).toHaveLength(1); // of the legend
  });
});

describe('the models', () => {
  it('have the products of their layers', () => {
    expect(matricesOf(shapeOf('llama3.2-1b')).map(({ rows, cols }) => [rows, cols])).toEqual([
      [3072, 2048],
      [2048, 2048],
      [16_384, 2048],
      [2048, 8192],
      [128_256, 2048],
    ]);
  });

  it('mix types as llama-quantize does, and fall back where rows do not fit', () => {
    const mixed = typeRule('llama3.2-1b', 'Q4_K_M');
    expect(['token_embd', 'blk.0.ffn_down', 'blk.2.attn_v', 'blk.3.attn_q'].map(mixed)).toEqual([
      'Q6_K',
      'Q6_K',
      'Q4_K',
      'Q4_K',
    ]);
    const narrow = typeRule('qwen2.5-0.5b', 'Q4_K');
    expect(['blk.0.attn_q', 'blk.0.ffn_down'].map(narrow)).toEqual(['Q5_0', 'Q4_K']);
    expect(() => typeRule('phi3-mini', 'Q4')).toThrow('no type Q4');
  });
});
