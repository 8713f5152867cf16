/**
 * Rows of the embedding table.
 *
 * @module
 */
import { embedGrid, embedKernel } from '../../shaders/embed/embed.kernel.ts';
import { BLOCK } from '../../shaders/matmul/weights.ts';
import { type Activation, countRows, type ForwardContext, type Matrix } from './context.ts';

/** x[t] = scale · table[id of token t], for each segment of the table those tokens that lie in it. */
export function embed(f: ForwardContext, table: Matrix, x: Activation, tap: string, scale = 1): void {
  table.segments.forEach((segment, index) => {
    f.plan.dispatch({
      label: 'embed',
      variants: [{ kernel: embedKernel(segment.type), minRows: 1, grid: (dims) => embedGrid(dims.tokens, table.cols) }],
      rows: countRows('tokens'),
      buffers: { x: x.buffer, quants: segment.quants, scales: segment.scales },
      params: {
        blocks: table.cols / BLOCK,
        units_per_row: segment.unitsPerRow,
        scales_per_row: segment.scalesPerRow,
        first_row: segment.firstRow,
        rows: segment.rows,
        scale,
      },
      taps:
        index === table.segments.length - 1
          ? [{ name: tap, buffer: x.buffer, stride: x.width, columns: [0, x.width], rows: 'tokens' }]
          : [],
    });
  });
}
