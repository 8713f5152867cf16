import { type DeltaRule, deltaNetKernel } from './delta-net.kernel.ts';
import { deltaNetSerialKernel } from './delta-net-serial.kernel.ts';

/**
 * The gated delta rule over the batch's parts, prefill and decode alike, in the shape for the adapter.
 *
 * Bindings: 0 params `{k_heads, v_heads (a multiple of k_heads), head_dim, stride (floats of a token in qkv, a multiple of 4)}`,
 * 1 batch (its parts), 2 qkv `[T, stride]` and 3 gates `[T, v_heads, 4]` as `delta-inputs` leaves them,
 * 4 state `[slots, v_heads, head_dim (value), head_dim (key)]` (updated), 5 out `[T, v_heads, head_dim]` (written); all f32.
 * @param options.headDim of keys and values alike: a multiple of 16 up to 256
 */
export function deltaRule(options: { headDim: number; software: boolean }): DeltaRule {
  return options.software ? deltaNetSerialKernel(options) : deltaNetKernel(options);
}
