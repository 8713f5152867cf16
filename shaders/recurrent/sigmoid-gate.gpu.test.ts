import { describe, it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { sigmoidGateGrid, sigmoidGateKernel } from './sigmoid-gate.kernel.ts';
import { sigmoidGateRef } from './sigmoid-gate.ref.ts';

describe('sigmoid-gate', () => {
  it.each([
    [1, 4, 0],
    [3, 256, 512],
    [2, 2048, 4],
    [5, 260, 20],
  ])('%i tokens of width %i, gate from %i', async (tokens, width, offset) => {
    const stride = offset + width + 8;
    const x = noise(1, tokens * width, 3);
    const rows = noise(2, tokens * stride, 100);
    const gate = Float32Array.from(x, (_, i) => rows[Math.floor(i / width) * stride + offset + (i % width)]!);
    const result = await runKernel({
      kernel: sigmoidGateKernel(),
      grid: sigmoidGateGrid({ tokens, width }),
      params: { width, gate_offset: offset, gate_stride: stride },
      buffers: { x, gate: rows },
    });
    expectClose(new Float32Array(result['x']!), sigmoidGateRef(x, gate), 1e-6);
  });
});
