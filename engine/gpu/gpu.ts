/**
 * The device: opening it, its memory, its pipelines. Only this room touches `GPU*` objects' creation.
 *
 * @module
 */
import { type Adapter, locate, type Kernel, MATRIX_WORKGROUP_BYTES } from '../../shaders/kernel.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { budgetOf, bufferBytes, checkRoom, formatBytes, type MemoryLimits } from './memory.ts';

/** A stretch of a buffer, as a binding sees it. */
export interface BufferRange {
  buffer: GPUBuffer;
  /** Bytes; a multiple of the device's storage-buffer alignment (256). */
  offset: number;
  /** Bytes. */
  size: number;
}

export const WHOLE = (buffer: GPUBuffer): BufferRange => ({ buffer, offset: 0, size: buffer.size });

/** Used where the adapter has them. */
const FEATURES = ['subgroups', 'shader-f16', 'chromium-experimental-subgroup-matrix'];

/** Vendors and architectures with an instruction for four products of bytes. */
const INTEGER_DOT = /^(nvidia\b(?! (fermi|kepler|maxwell))|amd rdna-[2-9]|intel (gen-12|xe))/;

/** Names of Vulkan drivers that run on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe/i;

/** Whether an adapter computes on the CPU. */
export const isSoftware = (info: GPUAdapterInfo): boolean =>
  info.isFallbackAdapter || SOFTWARE.test(`${nameOf(info)} ${info.description}`);

export class Gpu {
  readonly device: GPUDevice;
  readonly limits: GPUSupportedLimits;
  /** What may be allocated. Tests of small devices set it lower. */
  memory: MemoryLimits;
  /** Vendor and architecture, as the adapter tells: 'google swiftshader', 'nvidia ada'. */
  readonly adapterName: string;
  /** WebKit wants work in small submits; elsewhere one submit a forward is best. */
  readonly submitInPieces: boolean;
  /** What kernels are chosen by. Tests of other adapters' variants pretend. */
  adapter: Adapter;
  /** Larger matrices are split: what one binding can show a kernel. Tests of the splitting set it lower. */
  maxMatrixBytes: number;
  /** Of choices that plans leave open, by their keys: the best shapes, as measured on this GPU. */
  readonly shapes = new Map<string, string>();
  /** Bytes of all buffers that are alive. */
  allocatedBytes = 0;

  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  /** The same, of kernels that were asked for before: to compare their text takes longer than to find them. */
  readonly #known = new WeakMap<Kernel, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  private constructor(device: GPUDevice, adapterName: string, adapter: Adapter) {
    this.device = device;
    this.limits = device.limits;
    this.adapterName = adapterName;
    this.adapter = adapter;
    this.memory = memoryLimits(device.limits);
    this.maxMatrixBytes = Math.min(this.memory.maxBufferSize, this.memory.maxStorageBufferBindingSize);
    const agent = userAgent();
    this.submitInPieces = /AppleWebKit\//.test(agent) && !/Chrom(e|ium)\//.test(agent);
  }

  /** @throws LocalLLMError no-webgpu, no-adapter, device-lost */
  static async open(
    webgpu: GPU | undefined = (globalThis.navigator as Navigator | undefined)?.gpu,
    options: { timestamps?: boolean } = {},
  ): Promise<Gpu> {
    if (!webgpu) {
      throw new LocalLLMError(
        'no-webgpu',
        'This browser has no WebGPU. Use Chrome or Edge 113 or newer, Safari 26 or newer, or Firefox 141 or newer on Windows or a Mac.',
      );
    }
    const adapter = await webgpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) {
      throw new LocalLLMError(
        'no-adapter',
        'WebGPU is here but gives no GPU. Turn on hardware acceleration in the browser settings, update the graphics driver, and restart the browser.',
      );
    }
    const { limits } = adapter;
    try {
      const wanted = [...FEATURES, ...(options.timestamps ? ['timestamp-query'] : [])] as GPUFeatureName[];
      const device = await adapter.requestDevice({
        requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
        requiredLimits: {
          maxBufferSize: limits.maxBufferSize,
          maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
          maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
          maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
          maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
        },
      });
      const name = nameOf(adapter.info);
      return new Gpu(device, name, describeAdapter(device, adapter.info, name, webgpu.wgslLanguageFeatures));
    } catch (cause) {
      throw new LocalLLMError('no-adapter', `The GPU could not be opened: ${String(cause)}. Restart the browser.`, {
        cause,
      });
    }
  }

  /**
   * A buffer, allocated inside an error scope.
   * @throws LocalLLMError out-of-memory, naming what it was for
   */
  async allocate(label: string, bytes: number, usage: GPUBufferUsageFlags): Promise<GPUBuffer> {
    const size = bufferBytes(bytes);
    const inUse = this.allocatedBytes;
    checkRoom(this.memory, { label, size, usage }, inUse);
    // Counted at once: several may be under way.
    this.allocatedBytes += size;
    this.device.pushErrorScope('out-of-memory');
    this.device.pushErrorScope('validation');
    const buffer = this.device.createBuffer({ label, size, usage });
    const [invalid, exhausted] = await Promise.all([this.device.popErrorScope(), this.device.popErrorScope()]);
    const error = exhausted ?? invalid;
    if (error) {
      this.release(buffer);
      throw new LocalLLMError(
        'out-of-memory',
        `The model is too large for this device: ${label} needs ${formatBytes(size)} more, ${formatBytes(inUse)} are in use (${error.message}). Choose a smaller model or a shorter context, or close other tabs that use the GPU.`,
        { details: { requested: inUse + size, quota: inUse } },
      );
    }
    return buffer;
  }

  release(buffer: GPUBuffer): void {
    this.allocatedBytes -= buffer.size;
    buffer.destroy();
  }

  /** The layout of a kernel's bindings; kernels with the same binding types share it, and so may share bind groups. */
  layout(kernel: Kernel): GPUBindGroupLayout {
    const key = kernel.bindings.map((b) => b.type).join();
    let layout = this.#layouts.get(key);
    if (!layout) {
      const entries = kernel.bindings.map(({ type }, binding): GPUBindGroupLayoutEntry => {
        const buffer: GPUBufferBindingLayout =
          type === 'uniform' ? { type } : { type: type === 'read' ? 'read-only-storage' : 'storage' };
        return { binding, visibility: GPUShaderStage.COMPUTE, buffer };
      });
      layout = this.device.createBindGroupLayout({ entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** @throws LocalLLMError shader, with file and line of each message */
  pipeline(kernel: Kernel): Promise<GPUComputePipeline> {
    const known = this.#known.get(kernel);
    if (known) return known;
    const key = `${kernel.name} ${JSON.stringify(kernel.constants)} ${kernel.wgsl}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      pipeline = this.compile(kernel);
      this.#pipelines.set(key, pipeline);
      pipeline.catch(() => this.#pipelines.delete(key));
    }
    this.#known.set(kernel, pipeline);
    pipeline.catch(() => this.#known.delete(kernel));
    return pipeline;
  }

  /** As {@link pipeline}, of a kernel that may not be wanted again. @throws LocalLLMError shader */
  async compile(kernel: Kernel): Promise<GPUComputePipeline> {
    const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.layout(kernel)] });
    const module = this.device.createShaderModule({ label: kernel.name, code: kernel.wgsl });
    try {
      return await this.device.createComputePipelineAsync({
        label: kernel.name,
        layout,
        compute: { module, constants: { ...kernel.constants } },
      });
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const places = messages
        .filter((m) => m.type === 'error')
        .map((m) => {
          const at = locate(kernel.fragments, m.lineNum);
          return `${at.file}:${at.line}: ${m.message}`;
        });
      const reason = places.length > 0 ? places.join('; ') : String(cause);
      throw new LocalLLMError('shader', `The kernel ${kernel.name} does not compile on this GPU: ${reason}`, { cause });
    }
  }
}

/** What is known of the GPU that {@link Gpu.open} would open; undefined where there is none. */
export async function readAdapter(
  webgpu: GPU | undefined = (globalThis.navigator as Navigator | undefined)?.gpu,
): Promise<(MemoryLimits & { adapter: Adapter }) | undefined> {
  const found = await webgpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!webgpu || !found) return undefined;
  const adapter = describeAdapter(found, found.info, nameOf(found.info), webgpu.wgslLanguageFeatures);
  return { ...memoryLimits(found.limits), adapter };
}

/** Vendor and architecture, or what else there is. */
const nameOf = ({ vendor, architecture, description }: GPUAdapterInfo): string =>
  [vendor, architecture].filter(Boolean).join(' ') || description || 'unknown adapter';

function memoryLimits({ maxBufferSize, maxStorageBufferBindingSize }: GPUSupportedLimits): MemoryLimits {
  return { maxBufferSize, maxStorageBufferBindingSize, budgetBytes: budgetOf(userAgent(), maxBufferSize) };
}

const userAgent = (): string => (globalThis.navigator as Navigator | undefined)?.userAgent ?? '';

function describeAdapter(
  { features, limits }: Pick<GPUDevice, 'features' | 'limits'>,
  info: GPUAdapterInfo,
  name: string,
  language: WGSLLanguageFeatures,
): Adapter {
  const packedDot = language.has('packed_4x8_integer_dot_product');
  return {
    software: isSoftware(info),
    subgroupSize: features.has('subgroups') ? info.subgroupMinSize : 0,
    subgroupMatrix:
      FEATURES.every((feature) => features.has(feature)) &&
      hasMatrices(info) &&
      limits.maxComputeWorkgroupStorageSize >= MATRIX_WORKGROUP_BYTES,
    workgroupThreads: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    packedDot,
    integerDot: packedDot && INTEGER_DOT.test(name),
  };
}

/** `chromium-experimental-subgroup-matrix`: what an adapter's subgroups can multiply. */
interface ExperimentalInfo extends GPUAdapterInfo {
  subgroupMatrixConfigs?: Iterable<{
    M: number;
    N: number;
    K: number;
    componentType: string;
    resultComponentType: string;
  }>;
}

/** The matrices that the kernels are written for, whose 256 elements are spread over 32 threads. */
function hasMatrices({ subgroupMinSize, subgroupMaxSize, subgroupMatrixConfigs = [] }: ExperimentalInfo): boolean {
  const found = [...subgroupMatrixConfigs].some(
    ({ M, N, K, componentType, resultComponentType }) =>
      M === 16 && N === 16 && K === 16 && componentType === 'f16' && resultComponentType === 'f32',
  );
  return found && subgroupMinSize === 32 && subgroupMaxSize === 32;
}
