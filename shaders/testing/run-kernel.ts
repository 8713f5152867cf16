/**
 * Runs one kernel once on given arrays: what the kernel tests compare with their oracles.
 *
 * @module
 */
import { locate, type Grid, type Kernel } from '../kernel.ts';
import { testDevice } from './device.ts';

export type KernelArray = Float32Array | Uint32Array | Int32Array | Uint8Array | Uint16Array;

export interface Run {
  kernel: Kernel;
  grid: Grid;
  /** One number for each field of `struct Params`. */
  params?: Record<string, number>;
  /** One array for each storage binding, by its WGSL name; read-write ones are returned as they are afterwards. */
  buffers: Record<string, KernelArray>;
}

/** Dispatches once and returns the bytes of every read-write buffer. Throws on compilation messages and validation errors. */
export async function runKernel(run: Run): Promise<Record<string, ArrayBuffer>> {
  const device = await testDevice();
  const { kernel } = run;
  device.pushErrorScope('validation');
  const pipeline = await pipelineOf(device, kernel);
  const buffers = kernel.bindings.map((binding) => {
    const data = binding.type === 'uniform' ? packParams(kernel, run.params ?? {}) : run.buffers[binding.name];
    if (!data) throw new Error(`${kernel.name}: no data for binding ${binding.name}`);
    const size = Math.max(16, Math.ceil(data.byteLength / 16) * 16);
    const usage = binding.type === 'uniform' ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE;
    const buffer = device.createBuffer({ size, usage: usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
    const padded = new Uint8Array(size);
    padded.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    device.queue.writeBuffer(buffer, 0, padded);
    return buffer;
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(...run.grid);
  pass.end();
  const results: [string, number, GPUBuffer][] = [];
  kernel.bindings.forEach((binding, at) => {
    if (binding.type !== 'read-write') return;
    const source = buffers[at]!;
    const staging = device.createBuffer({
      size: source.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
    results.push([binding.name, run.buffers[binding.name]!.byteLength, staging]);
  });
  device.queue.submit([encoder.finish()]);
  const output: Record<string, ArrayBuffer> = {};
  for (const [name, bytes, staging] of results) {
    await staging.mapAsync(GPUMapMode.READ);
    output[name] = staging.getMappedRange().slice(0, bytes);
    staging.destroy();
  }
  for (const buffer of buffers) buffer.destroy();
  const error = await device.popErrorScope();
  if (error) throw new Error(`${kernel.name}: ${error.message}`);
  return output;
}

const pipelines = new Map<string, Promise<GPUComputePipeline>>();

/** Each kernel is compiled once in a process: on software adapters compiling takes longer than running. */
function pipelineOf(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  const key = `${JSON.stringify(kernel.constants)} ${kernel.wgsl}`;
  const pipeline = pipelines.get(key) ?? compile(device, kernel);
  pipelines.set(key, pipeline);
  return pipeline;
}

async function compile(device: GPUDevice, kernel: Kernel): Promise<GPUComputePipeline> {
  const module = device.createShaderModule({ code: kernel.wgsl });
  const { messages } = await module.getCompilationInfo();
  const errors = messages
    .filter((m) => m.type === 'error')
    .map((m) => {
      const at = locate(kernel.fragments, m.lineNum);
      return `${at.file}:${at.line}: ${m.message}`;
    });
  if (errors.length > 0) throw new Error(`${kernel.name} does not compile:\n${errors.join('\n')}`);
  const entries = kernel.bindings.map(({ type }, binding): GPUBindGroupLayoutEntry => {
    const buffer: GPUBufferBindingLayout =
      type === 'uniform' ? {} : { type: type === 'read' ? 'read-only-storage' : 'storage' };
    return { binding, visibility: GPUShaderStage.COMPUTE, buffer };
  });
  return device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [device.createBindGroupLayout({ entries })] }),
    compute: { module, constants: { ...kernel.constants } },
  });
}

function packParams(kernel: Kernel, values: Record<string, number>): Uint8Array {
  const view = new DataView(new ArrayBuffer(Math.max(16, Math.ceil(kernel.params.length / 4) * 16)));
  kernel.params.forEach((field, at) => {
    const value = values[field.name];
    if (value === undefined) throw new Error(`${kernel.name}: parameter ${field.name} is missing`);
    if (field.type === 'f32') view.setFloat32(at * 4, value, true);
    else view.setUint32(at * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}
