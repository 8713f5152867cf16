/**
 * How far a download is, as people read it.
 *
 * @module
 */
import type { ModelInfo } from '../../../engine/client/index.ts';
import { formatBytes } from '../format.ts';

/** 0…1, undefined while the size is not known. */
export function fractionOf({ bytes, storedBytes, state }: ModelInfo): number | undefined {
  return bytes > 0 && (storedBytes < bytes || state === 'stored') ? storedBytes / bytes : undefined;
}

/** '312 MB of 810 MB · 12.3 MB/s · 40 s left' */
export function describeDownload(model: ModelInfo): string {
  const { bytes, storedBytes, download } = model;
  const known = fractionOf(model) !== undefined;
  const amount = known ? `${formatBytes(storedBytes)} of ${formatBytes(bytes)}` : formatBytes(storedBytes);
  const { bytesPerSecond = 0, secondsLeft } = download ?? {};
  const speed = bytesPerSecond > 0 && `${formatBytes(bytesPerSecond)}/s`;
  const left = secondsLeft !== undefined && `${formatTimeLeft(secondsLeft)} left`;
  const parts = [amount, speed, left].filter((part) => part !== false);
  return parts.map((part) => part.replaceAll(' ', '\u00a0')).join(' · '); // lines break between the figures
}

/** 754 → '13 min'. Rough on purpose: a figure that jumps says less. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 10) return 'a few seconds';
  if (seconds < 55) return `${Math.ceil(seconds / 5) * 5} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  if (minutes >= 48 * 60) return `${Math.round(minutes / 1440)} days`;
  const rest = Math.round((minutes % 60) / 10) * 10;
  const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
  return rest % 60 === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}
