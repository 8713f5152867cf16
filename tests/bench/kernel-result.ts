/**
 * What measuring a kernel gives, and what a decode step takes of it.
 *
 * @module
 */
import type { Roofline } from '../../engine/protocol/profile.ts';
import { type ModelName, shapeOf } from './models.ts';

export interface KernelResult {
  model: ModelName;
  kernel: string;
  /** Of the weights; of the cache in attention. */
  type: string;
  shape: string;
  tokens: number;
  microseconds: number;
  bytes: number;
  gigabytesPerSecond: number;
  /** Of the time that the roofline allows; 1 is perfect. */
  ofRoofline: number;
  /** Of products of one token: of the time in which a kernel that does nothing else reads as many bytes, dispatched as often. */
  ofStream?: number;
}

/** In place of a product's name: all of a decode step, one after another. */
export const WHOLE_STEP = 'whole step';

/** What a decode step spends in its products: each of them in every layer, the head once. */
export function wholeStep(
  model: ModelName,
  type: string,
  products: readonly KernelResult[],
  { bytesPerSecond }: Roofline,
): KernelResult {
  const { layers } = shapeOf(model);
  const sum = (of: (product: KernelResult) => number) =>
    products.reduce((total, product) => total + of(product) * (product.kernel === 'head' ? 1 : layers), 0);
  const microseconds = sum((product) => product.microseconds);
  const bytes = sum((product) => product.bytes);
  return {
    model,
    kernel: WHOLE_STEP,
    type,
    shape: `${layers} layers, head`,
    tokens: 1,
    microseconds,
    bytes,
    gigabytesPerSecond: bytes / microseconds / 1000,
    ofRoofline: (bytes / bytesPerSecond / microseconds) * 1e6,
    ofStream: sum((product) => product.microseconds * (product.ofStream ?? 0)) / microseconds,
  };
}
