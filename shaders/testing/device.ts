/**
 * A WebGPU device in Node for the kernel tests: a real GPU where there is one, else the software adapter that comes with Chromium.
 * A machine with neither fails the tests; it never skips them.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { create, globals } from 'webgpu';

/** Vulkan driver descriptions of software adapters, in the order in which they are tried. */
const SOFTWARE_DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
];

let opened: Promise<GPUDevice> | undefined;

/** The one device of this test process. `VK_ICD_FILENAMES` or `VK_DRIVER_FILES`, when set, choose the driver. */
export function testDevice(): Promise<GPUDevice> {
  opened ??= openDevice();
  return opened;
}

async function openDevice(): Promise<GPUDevice> {
  const adapter = await findAdapter();
  const limits = adapter.limits;
  return adapter.requestDevice({
    requiredFeatures: (['shader-f16', 'subgroups'] as GPUFeatureName[]).filter((f) => adapter.features.has(f)),
    requiredLimits: {
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    },
  });
}

/** Keeps Dawn's instance alive: an adapter whose instance was collected crashes the process. */
const instances: GPU[] = [];

export async function findAdapter(): Promise<GPUAdapter> {
  Object.assign(globalThis, globals);
  const request = async () => {
    const gpu = create(process.platform === 'linux' ? ['backend=vulkan'] : []);
    instances.push(gpu);
    return gpu.requestAdapter({ powerPreference: 'high-performance' });
  };
  const found = await request();
  if (found) return found;
  for (const driver of SOFTWARE_DRIVERS.filter((file) => existsSync(file))) {
    process.env['VK_ICD_FILENAMES'] = driver;
    const software = await request();
    if (software) return software;
  }
  throw new Error(
    'No WebGPU adapter: neither a GPU nor a software one. Install Chromium (Debian: apt-get install chromium), ' +
      'which brings SwiftShader, or set VK_ICD_FILENAMES to a Vulkan driver description.',
  );
}
