import { describe, expect, it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { deltaInputsGrid, deltaInputsKernel } from './delta-inputs.kernel.ts';
import { deltaInputsRef } from './delta-inputs.ref.ts';

const EPS = 1e-6;

/** `alphas` and `betas` in a wider row, in the order that the kernel is told. */
function rawRows(tokens: number, vHeads: number, alpha: Float32Array, beta: Float32Array): Float32Array {
  const stride = 2 * vHeads + 3;
  const raw = noise(99, tokens * stride);
  for (let t = 0; t < tokens; t++) {
    raw.set(beta.subarray(t * vHeads, (t + 1) * vHeads), t * stride + 1);
    raw.set(alpha.subarray(t * vHeads, (t + 1) * vHeads), t * stride + 1 + vHeads);
  }
  return raw;
}

describe('delta-inputs', () => {
  it.each([
    [1, 16, 16, 128],
    [3, 2, 6, 128],
    [5, 2, 2, 32],
    [2, 1, 5, 20],
    [1, 1, 40, 256],
  ])('%i tokens, %i key heads, %i value heads of %i', async (tokens, kHeads, vHeads, headDim) => {
    const stride = (2 * kHeads + vHeads) * headDim;
    const qkv = noise(1, tokens * stride, 3);
    qkv.fill(0, 0, headDim); // a query of zeros stays finite
    const alpha = noise(2, tokens * vHeads, 30); // far into both ends of softplus
    const beta = noise(3, tokens * vHeads, 100);
    const a = noise(4, vHeads).map((v) => -8 * Math.abs(v));
    const dtBias = noise(5, vHeads, 4);
    const result = await runKernel({
      kernel: deltaInputsKernel(),
      grid: deltaInputsGrid({ tokens, kHeads }),
      params: {
        k_heads: kHeads,
        v_heads: vHeads,
        head_dim: headDim,
        stride,
        raw_stride: 2 * vHeads + 3,
        alpha_offset: 1 + vHeads,
        beta_offset: 1,
        eps: EPS,
      },
      buffers: {
        qkv,
        raw: rawRows(tokens, vHeads, alpha, beta),
        a,
        dt_bias: dtBias,
        gates: new Float32Array(tokens * vHeads * 4),
      },
    });
    const gates = deltaInputsRef({ qkv, alpha, beta, a, dtBias, kHeads, vHeads, headDim, eps: EPS });
    expectClose(new Float32Array(result['qkv']!), qkv, 1e-6);
    expectClose(new Float32Array(result['gates']!), gates, 1e-5);
  });

  it('bounds small vectors by eps, and slow decays stay exact', async () => {
    const [kHeads, vHeads, headDim] = [1, 3, 16];
    const qkv = noise(1, (2 * kHeads + vHeads) * headDim, 1e-4);
    const alpha = Float32Array.of(-9, -5, -12);
    const beta = new Float32Array(vHeads);
    const a = Float32Array.of(-16, -1, -50);
    const dtBias = new Float32Array(vHeads);
    const result = await runKernel({
      kernel: deltaInputsKernel(),
      grid: deltaInputsGrid({ tokens: 1, kHeads }),
      params: {
        k_heads: kHeads,
        v_heads: vHeads,
        head_dim: headDim,
        stride: qkv.length,
        raw_stride: 2 * vHeads + 3,
        alpha_offset: 1 + vHeads,
        beta_offset: 1,
        eps: 1e-2,
      },
      buffers: { qkv, raw: rawRows(1, vHeads, alpha, beta), a, dt_bias: dtBias, gates: new Float32Array(vHeads * 4) },
    });
    const gates = deltaInputsRef({ qkv, alpha, beta, a, dtBias, kHeads, vHeads, headDim, eps: 1e-2 });
    expectClose(new Float32Array(result['qkv']!), qkv, 1e-9);
    expectClose(new Float32Array(result['gates']!), gates, 2e-7);
    expect(new Float32Array(result['gates']!)[0]).toBeLessThan(1);
  });
});
