/**
 * Dawn whose devices a test can take away, and whose memory it can make short.
 *
 * @module
 */
import { openDawn } from '../../engine/gpu/dawn.ts';

export class FrailGpu {
  /** Bytes that the lasting buffers of one device may have. */
  maxBytes = Infinity;
  /** Adapters that are still refused. */
  refusals = 0;
  /** Devices that were opened. */
  opened = 0;
  /** Bytes of the lasting buffers that the newest device has. */
  bytes = 0;
  readonly gpu: GPU;
  #device: GPUDevice | undefined;

  private constructor(dawn: GPU) {
    const { wgslLanguageFeatures } = dawn;
    const requestAdapter = async (options?: GPURequestAdapterOptions) => {
      if (this.refusals-- > 0) return null;
      const adapter = (await dawn.requestAdapter(options))!;
      const { limits, features, info } = adapter;
      const requestDevice = async (wanted: GPUDeviceDescriptor) => this.#watch(await adapter.requestDevice(wanted));
      return { limits, features, info, requestDevice };
    };
    this.gpu = { wgslLanguageFeatures, requestAdapter } as unknown as GPU;
  }

  static async open(): Promise<FrailGpu> {
    return new FrailGpu(await openDawn());
  }

  /** As when a driver starts again: everything under way fails. */
  lose(): void {
    this.#device!.destroy();
  }

  /** As when work that was submitted finds no memory. */
  exhaust(): void {
    const error = new GPUOutOfMemoryError('no more pages');
    this.#device!.onuncapturederror?.({ error } as unknown as GPUUncapturedErrorEvent);
  }

  #watch(device: GPUDevice): GPUDevice {
    this.opened++;
    this.bytes = 0;
    this.#device = device;
    const lost = device.lost.then(() => ({ reason: 'unknown', message: 'the test took it' }));
    const createBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
      // Comes and goes while the rest is allocated: what fits would depend on the moment.
      if (descriptor.label === 'the upload of weights')
        return GPUDevice.prototype.createBuffer.call(device, descriptor);
      const fits = this.bytes + descriptor.size <= this.maxBytes;
      // What is larger than any buffer may be fails where memory that runs out fails: in the error scope.
      const size = fits ? descriptor.size : device.limits.maxBufferSize + 16;
      const buffer = GPUDevice.prototype.createBuffer.call(device, { ...descriptor, size });
      if (!fits) return buffer;
      this.bytes += size;
      const destroy = (): void => {
        this.bytes -= size;
        GPUBuffer.prototype.destroy.call(buffer);
      };
      return Object.defineProperty(buffer, 'destroy', { value: destroy });
    };
    return Object.defineProperties(device, { lost: { value: lost }, createBuffer: { value: createBuffer } });
  }
}
