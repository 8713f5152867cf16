/**
 * What the profiler reports of a model on a GPU: `localllm profile`, the PWA's /lab.
 *
 * @module
 */

/** GPU time of one dispatch, or of several of one kernel together. */
export interface KernelTime {
  /** What it is for: 'matmul', 'attention', … */
  label: string;
  kernel: string;
  microseconds: number;
  /** That it must move at least; 0 where nobody counted them. */
  bytes: number;
  /** Multiplications and additions; 0 where nobody counted them. */
  flops: number;
}

export interface ForwardProfile {
  /** Tokens in the cache before it. */
  past: number;
  /** Tokens that it computes: 1 in a decode step, a chunk of the prompt in a prefill. */
  tokens: number;
  /** How often it was measured. */
  runs: number;
  /** As a normal run has it, in one pass. The dispatches alone take longer: each is a pass of its own. */
  microseconds: number;
  /** In order. */
  dispatches: KernelTime[];
  /** Dispatches of one kernel at one size together, the longest first. */
  kernels: (KernelTime & { dispatches: number })[];
}

/** What kernels reach on this GPU that do nothing but read, or nothing but calculate. */
export interface Roofline {
  bytesPerSecond: number;
  /** Multiplications and additions of 32-bit floats. Matrix units and 16-bit floats can do more. */
  flopsPerSecond: number;
}

export interface EngineProfile {
  model: { id: string; name: string };
  /** 'google swiftshader', 'nvidia ada', … */
  adapter: string;
  roofline: Roofline;
  /** The browser rounds timestamps to 100 µs: times are means over the runs. */
  coarse: boolean;
  decode: ForwardProfile;
  prefill: ForwardProfile;
}

/** The least time that the work can take under the roofline, microseconds; 0 where nobody counted it. */
export function leastMicroseconds({ bytes, flops }: KernelTime, roofline: Roofline): number {
  return Math.max(bytes / roofline.bytesPerSecond, flops / roofline.flopsPerSecond) * 1e6;
}
