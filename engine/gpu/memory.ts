/**
 * What a device allows of GPU memory: of one buffer, and of all of them where the system ends a page that takes too much.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

/** Bytes for people: '1.2 GB', '11.6 MB'. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** What a buffer for so many bytes takes. */
export const bufferBytes = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

/** Bytes. */
export interface MemoryLimits {
  /** Of one buffer. */
  maxBufferSize: number;
  /** Of one buffer that a kernel sees. */
  maxStorageBufferBindingSize: number;
  /** Of all buffers together; Infinity where nothing but the GPU itself ends it. */
  budgetBytes: number;
}

/** iOS ends a page of about 1.5 GB without a word; the rest is for the application, its scripts and what they read. */
export const PHONE_BUDGET_BYTES = 1.2e9;
/** An iPhone, where a buffer has a GiB at most. */
export const PHONE: MemoryLimits = {
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
  budgetBytes: PHONE_BUDGET_BYTES,
};

/**
 * GPU bytes that the system leaves to a page.
 * @param agent `navigator.userAgent`; phones and tablets that ask for desktop pages call themselves a Mac, but their buffers stay small
 */
export function budgetOf(agent: string, maxBufferSize: number): number {
  const webkit = /AppleWebKit\//.test(agent) && !/Chrom(e|ium)\//.test(agent);
  const phone = /\b(iPhone|iPad|iPod)\b/.test(agent) || (webkit && maxBufferSize <= PHONE.maxBufferSize);
  return phone ? PHONE_BUDGET_BYTES : Infinity;
}

/**
 * Refuses a buffer before it is asked of the device.
 * @param size of the buffer, bytes
 * @param allocatedBytes of all buffers that are alive
 * @throws LocalLLMError out-of-memory, naming what it was for; its details are what is needed and what is allowed
 */
export function checkRoom(
  limits: MemoryLimits,
  { label, size, usage }: { label: string; size: number; usage: GPUBufferUsageFlags },
  allocatedBytes: number,
): void {
  const { maxBufferSize, maxStorageBufferBindingSize, budgetBytes } = limits;
  const limit = usage & GPUBufferUsage.STORAGE ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
  if (size > limit) {
    throw new LocalLLMError(
      'out-of-memory',
      `The model is too large for this device: ${label} needs ${formatBytes(size)} in one buffer, the device allows ${formatBytes(limit)}. Choose a smaller model or a shorter context.`,
      { details: { requested: size, quota: limit } },
    );
  }
  const requested = allocatedBytes + size;
  if (requested > budgetBytes) {
    throw new LocalLLMError(
      'out-of-memory',
      `The model is too large for this device: with ${label} it needs ${formatBytes(requested)} of GPU memory, and this system ends a page that takes more than ${formatBytes(budgetBytes)}. Choose a smaller model or a shorter context.`,
      { details: { requested, quota: budgetBytes } },
    );
  }
}
