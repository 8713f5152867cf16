/**
 * Rows of the embedding table.
 *
 * @module
 */
import { embedGrid, embedKernel } from '../../shaders/embed/embed.kernel.ts';
import { BLOCK } from '../../shaders/matmul/weights.ts';
import type { BufferRange } from '../gpu/gpu.ts';
import type { Scratch, Tap } from '../gpu/dispatch.ts';
import { type Activation, capacityOf, type ForwardContext, type Matrix } from './context.ts';

/** x[t] = scale · table[id of token t], with what adapters add to it. */
export function embed(f: ForwardContext, table: Matrix, x: Activation, tap: string, scale = 1): void {
  const { lora } = table;
  const taps: Tap[] = [{ name: tap, buffer: x.buffer, stride: x.width, columns: [0, x.width], rows: 'tokens' }];
  if (lora?.of !== 'rows') return lookUp(f, table, x.buffer, { scale, taps });
  const rows = f.plan.scratch('rows of adapters', capacityOf(x) * lora.a.cols * 4);
  lookUp(f, lora.a, rows, { scale: 1, taps: [] });
  lookUp(f, table, x.buffer, { scale, taps, lora: { lora_b: lora.factors, lora_x: rows } });
}

interface LookUp {
  scale: number;
  taps: readonly Tap[];
  /** What adapters add, by binding. */
  lora?: { lora_b: BufferRange; lora_x: Scratch };
}

/** For each segment of the table those tokens that lie in it. */
function lookUp(f: ForwardContext, table: Matrix, x: GPUBuffer | Scratch, { scale, taps, lora }: LookUp): void {
  table.segments.forEach((segment, index) => {
    const kernel = embedKernel(segment.type, lora !== undefined);
    f.plan.dispatch({
      label: 'embed',
      variants: [{ kernel, minRows: 1, grid: (dims) => embedGrid(dims.tokens, table.cols) }],
      rows: ({ tokens }) => tokens,
      buffers: { x, quants: segment.quants, scales: segment.scales, ...lora },
      params: {
        blocks: table.cols / BLOCK,
        units_per_row: segment.unitsPerRow,
        scales_per_row: segment.scalesPerRow,
        first_row: segment.firstRow,
        rows: segment.rows,
        scale,
      },
      taps: index === table.segments.length - 1 ? taps : [],
    });
  });
}
