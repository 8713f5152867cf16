/**
 * A stand-in for a GPU that computes nothing and adds up what is allocated: what a load takes can be told before it.
 *
 * @module
 */
import { PORTABLE } from '../../shaders/kernel.ts';
import { bufferBytes, type Gpu } from './gpu.ts';

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

/** Takes any call and any assignment, and answers with itself. */
const nothing: unknown = new Proxy(() => nothing, {
  get: (_, key) => (key === 'then' ? undefined : nothing),
  set: () => true,
  apply: () => nothing,
});

const buffer = (size: number) => ({ size, destroy: () => {} });

/** Only `allocatedBytes` means anything; buffers of any size fit, and kernels are those of a real GPU. */
export function countingGpu(): Gpu {
  Object.assign(globalThis, { GPUBufferUsage: globalThis.GPUBufferUsage ?? BUFFER_USAGE });
  const device = new Proxy(
    { createBuffer: ({ size }: GPUBufferDescriptor) => buffer(size) },
    {
      get: (own, key) => (key === 'createBuffer' ? own.createBuffer : key === 'then' ? undefined : nothing),
      set: () => true,
    },
  );
  const gpu = {
    device,
    limits: {
      maxBufferSize: Infinity,
      maxStorageBufferBindingSize: Infinity,
      minUniformBufferOffsetAlignment: 256,
    },
    adapterName: 'none',
    submitInPieces: false,
    adapter: PORTABLE,
    maxMatrixBytes: Infinity,
    allocatedBytes: 0,
    allocate: (_label: string, bytes: number) => {
      const made = buffer(bufferBytes(bytes));
      gpu.allocatedBytes += made.size;
      return Promise.resolve(made);
    },
    release: ({ size }: { size: number }) => {
      gpu.allocatedBytes -= size;
    },
    layout: () => nothing,
    pipeline: () => Promise.resolve(nothing),
  };
  return gpu as unknown as Gpu;
}
