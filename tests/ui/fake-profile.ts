/**
 * A profile as a model of one billion parameters gives it on a large GPU.
 *
 * @module
 */
import type { EngineProfile, ForwardProfile, KernelTime } from '../../engine/protocol/profile.ts';

const LAYERS = 16;

type Row = [label: string, kernel: string, microseconds: number, bytes: number, flops: number];

const HEAD: Row = ['matmul', 'mul-mat-vec-q4-0', 114.5, 147.8e6, 525e6];
const DECODE_LAYER: Row[] = [
  ['add-rms-norm', 'add-rms-norm-f32-tokens', 3.1, 32e3, 0],
  ['matmul', 'mul-mat-vec-q4-0', 6.8, 3.5e6, 12.6e6],
  ['rope-append', 'rope-append-f16-interleaved-64', 3.4, 0, 0],
  ['attention', 'paged-attention-f16-64', 6.6, 0, 0],
  ['matmul', 'mul-mat-vec-q4-0', 6.5, 2.4e6, 8.4e6],
  ['add-rms-norm', 'add-rms-norm-f32-tokens', 3.1, 32e3, 0],
  ['matmul-glu', 'mul-mat-vec-q4-0-silu-glu', 19.8, 18.9e6, 67e6],
  ['matmul', 'mul-mat-vec-q4-0', 14.7, 9.5e6, 33.6e6],
];

function forward(tokens: number, factor: number): ForwardProfile {
  const rows: Row[] = [
    ['embed', 'embed-q4-0', 3.2, 0, 0],
    ...Array.from({ length: LAYERS }, () => DECODE_LAYER).flat(),
    HEAD,
    ['argmax', 'argmax-f32-first', 4.1, 0, 0],
    ['argmax', 'argmax-f32-later', 3, 0, 0],
  ];
  const dispatches = rows.map(([label, kernel, microseconds, bytes, flops]): KernelTime => ({
    label,
    kernel,
    microseconds: microseconds * factor,
    bytes,
    flops: flops * tokens,
  }));
  const kernels = new Map<string, ForwardProfile['kernels'][number]>();
  for (const dispatch of dispatches) {
    const key = `${dispatch.kernel} ${dispatch.bytes}`;
    const sum = kernels.get(key) ?? { ...dispatch, dispatches: 0, microseconds: 0, bytes: 0, flops: 0 };
    sum.dispatches++;
    sum.microseconds += dispatch.microseconds;
    sum.bytes += dispatch.bytes;
    sum.flops += dispatch.flops;
    kernels.set(key, sum);
  }
  return {
    past: 0,
    tokens,
    runs: 200,
    microseconds: dispatches.reduce((sum, { microseconds }) => sum + microseconds, 0) * 0.8,
    dispatches,
    kernels: [...kernels.values()].sort((a, b) => b.microseconds - a.microseconds),
  };
}

export function fakeProfile(): EngineProfile {
  return {
    model: { id: 'pocket', name: 'Pocket' },
    adapter: 'nvidia hopper',
    roofline: { bytesPerSecond: 4.38e12, flopsPerSecond: 35.6e12 },
    coarse: true,
    decode: forward(1, 1),
    prefill: forward(256, 40),
  };
}
