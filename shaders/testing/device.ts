/**
 * The WebGPU device of the kernel tests. A machine without any adapter fails them; it never skips them.
 *
 * @module
 */
import { openDawn } from '../../engine/gpu/dawn.ts';
import { type Kernel, locate } from '../kernel.ts';

/** What the kernels' variants use, where the adapter has it. */
const MATRICES = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;
const FEATURES: readonly GPUFeatureName[] = ['subgroups', 'shader-f16', MATRICES];

let opened: Promise<GPUDevice> | undefined;

/** The one device of this test process. */
export function testDevice(): Promise<GPUDevice> {
  opened ??= openDevice();
  return opened;
}

/** Threads of the test adapter's smallest subgroup. Throws where it has none: variants would go untested. */
export async function testSubgroupSize(): Promise<number> {
  const { features, adapterInfo } = await testDevice();
  if (!features.has('subgroups')) throw new Error('The adapter has no subgroups; SwiftShader and lavapipe do.');
  return adapterInfo.subgroupMinSize;
}

/** Threads that a workgroup may have on the test adapter: where they are few, so are the shapes that are tested. */
export async function testWorkgroupThreads(): Promise<number> {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = (await testDevice()).limits;
  return Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX);
}

/** Bytes of memory that a workgroup may have on the test adapter. */
export async function testWorkgroupBytes(): Promise<number> {
  return (await testDevice()).limits.maxComputeWorkgroupStorageSize;
}

/** Whether the test adapter has subgroup matrices: no software adapter does, so that a stand-in is tested there. */
export async function testSubgroupMatrices(): Promise<boolean> {
  const { features } = await testDevice();
  return FEATURES.every((feature) => features.has(feature));
}

/** What the compiler says of a kernel that the test adapter lacks features for. */
export async function compileErrors(kernel: Kernel): Promise<string[]> {
  const nothing = await openDawn(['backend=null']); // has every feature
  const adapter = await nothing.requestAdapter();
  const device = await adapter!.requestDevice({ requiredFeatures: [...FEATURES] });
  device.pushErrorScope('validation');
  const { messages } = await device.createShaderModule({ code: kernel.wgsl }).getCompilationInfo();
  await device.popErrorScope();
  device.destroy();
  return messages.map(({ lineNum, message }) => {
    const at = locate(kernel.fragments, lineNum);
    return `${at.file}:${at.line}: ${message}`;
  });
}

async function openDevice(): Promise<GPUDevice> {
  const gpu = await openDawn();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('The adapter is gone.');
  const limits = [
    'maxStorageBufferBindingSize',
    'maxBufferSize',
    'maxComputeWorkgroupStorageSize',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupSizeX',
  ] as const;
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(limits.map((limit) => [limit, adapter.limits[limit]])),
  });
}
