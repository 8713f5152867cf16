import { describe, it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { gatedNormGrid, gatedNormKernel } from './gated-norm.kernel.ts';
import { gatedNormRef } from './gated-norm.ref.ts';

describe('gated-norm', () => {
  it.each([
    [1, 16, 128, 0],
    [3, 4, 64, 8],
    [5, 3, 20, 4],
    [2, 1, 256, 1024],
  ])('%i tokens, %i heads of %i, gate from %i', async (tokens, heads, headDim, offset) => {
    const width = heads * headDim;
    const stride = offset + width + 12;
    const x = noise(1, tokens * width, 3);
    const weight = noise(2, headDim);
    const rows = noise(3, tokens * stride, 100);
    const gate = Float32Array.from(x, (_, i) => rows[Math.floor(i / width) * stride + offset + (i % width)]!);
    const eps = 1e-3;
    const result = await runKernel({
      kernel: gatedNormKernel(),
      grid: gatedNormGrid({ tokens, heads }),
      params: { heads, head_dim: headDim, gate_offset: offset, gate_stride: stride, eps },
      buffers: { x, weight, gate: rows },
    });
    expectClose(new Float32Array(result['x']!), gatedNormRef({ x, weight, gate, eps }), 2e-6);
  });
});
