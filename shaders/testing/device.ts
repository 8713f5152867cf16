/**
 * The WebGPU device of the kernel tests. A machine without any adapter fails them; it never skips them.
 *
 * @module
 */
import { openDawn } from '../../engine/gpu/dawn.ts';

let opened: Promise<GPUDevice> | undefined;

/** The one device of this test process. */
export function testDevice(): Promise<GPUDevice> {
  opened ??= openDevice();
  return opened;
}

async function openDevice(): Promise<GPUDevice> {
  const gpu = await openDawn();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('The adapter is gone.');
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  return adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
}
