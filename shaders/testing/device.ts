/**
 * The WebGPU device of the kernel tests. A machine without any adapter fails them; it never skips them.
 *
 * @module
 */
import { openDawn } from '../../engine/gpu/dawn.ts';

/** What the kernels' variants use, where the adapter has it. */
const FEATURES: readonly GPUFeatureName[] = ['subgroups', 'shader-f16'];

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

async function openDevice(): Promise<GPUDevice> {
  const gpu = await openDawn();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('The adapter is gone.');
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
  });
}
