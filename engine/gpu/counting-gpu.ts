/**
 * A stand-in for a GPU that computes nothing and adds up what is allocated: what a load takes can be told before it.
 *
 * @module
 */
import { type Adapter, PORTABLE } from '../../shaders/kernel.ts';
import type { Gpu } from './gpu.ts';
import { bufferBytes, checkRoom, type MemoryLimits } from './memory.ts';

/** By the specification; where there is no WebGPU they are missing, and here nobody looks at them. */
const BUFFER_USAGE = {
  MAP_READ: 0x1,
  MAP_WRITE: 0x2,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  INDEX: 0x10,
  VERTEX: 0x20,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  INDIRECT: 0x100,
  QUERY_RESOLVE: 0x200,
};

const MAP_MODE = { READ: 0x1, WRITE: 0x2 };

/** Takes any call and any assignment, and answers with itself. */
const nothing: unknown = new Proxy(() => nothing, {
  get: (_, key) => (key === 'then' ? undefined : nothing),
  set: () => true,
  apply: () => nothing,
});

/** What all mapped buffers show, as long as the longest. */
let shown = new ArrayBuffer(0);
function mapped(_offset: number, size: number): ArrayBuffer {
  if (shown.byteLength < size) shown = new ArrayBuffer(size);
  return shown;
}

const buffer = (size: number) => ({
  size,
  destroy: () => {},
  mapAsync: () => Promise.resolve(),
  getMappedRange: mapped,
  unmap: () => {},
});

/** Where everything fits. */
export const BOUNDLESS: MemoryLimits = {
  maxBufferSize: Infinity,
  maxStorageBufferBindingSize: Infinity,
  budgetBytes: Infinity,
};

/** Only `allocatedBytes` means anything, and what is refused for `memory`; kernels are those of a real GPU. */
export function countingGpu(memory: MemoryLimits = BOUNDLESS, adapter: Adapter = PORTABLE): Gpu {
  Object.assign(globalThis, {
    GPUBufferUsage: globalThis.GPUBufferUsage ?? BUFFER_USAGE,
    GPUMapMode: globalThis.GPUMapMode ?? MAP_MODE,
  });
  const device = new Proxy(
    { createBuffer: ({ size }: GPUBufferDescriptor) => buffer(size) },
    {
      get: (own, key) => (key === 'createBuffer' ? own.createBuffer : key === 'then' ? undefined : nothing),
      set: () => true,
    },
  );
  const gpu = {
    device,
    limits: { minUniformBufferOffsetAlignment: 256 },
    memory,
    adapterName: 'none',
    submitInPieces: false,
    adapter,
    maxMatrixBytes: Math.min(memory.maxBufferSize, memory.maxStorageBufferBindingSize),
    shapes: new Map(),
    allocatedBytes: 0,
    allocate: async (label: string, bytes: number, usage: GPUBufferUsageFlags) => {
      const made = buffer(bufferBytes(bytes));
      checkRoom(memory, { label, size: made.size, usage }, gpu.allocatedBytes);
      gpu.allocatedBytes += made.size;
      return made;
    },
    release: ({ size }: { size: number }) => {
      gpu.allocatedBytes -= size;
    },
    layout: () => nothing,
    pipeline: () => Promise.resolve(nothing),
  };
  return gpu as unknown as Gpu;
}
