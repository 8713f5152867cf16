import { defineKernel, type Kernel } from '../kernel.ts';
import fmaChain from './fma-chain.wgsl?raw';

export const FMA_THREADS = 256; // of one workgroup
/** Multiplications and additions of one thread in one round. */
export const FMA_FLOPS = 128;

/**
 * Chains of multiplications and additions.
 *
 * Bindings: 0 params `{rounds, factor, addend}`, 1 chains `[threads]` f32 (written).
 */
export function fmaChainKernel(): Kernel {
  return defineKernel('fma-chain-f32', [{ file: 'shaders/lab/fma-chain.wgsl', text: fmaChain }]);
}
