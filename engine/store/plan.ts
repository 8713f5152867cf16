/**
 * What a model is made of, and where that comes from.
 *
 * @module
 */
import type { ModelPart, ModelRecord } from './journal.ts';

/** One file of a model that is to be fetched. */
export interface PlannedPart {
  /** The file's own name. */
  name: string;
  /** Absolute. */
  url: string;
  bytes?: number;
  /** The pin. Without one the first download decides, and stays. */
  sha256?: string;
}

/** A model that is to be fetched: one file, or all parts of a split one in order. */
export interface ModelPlan extends Pick<ModelRecord, 'id' | 'name' | 'license' | 'quantization' | 'from'> {
  parts: readonly PlannedPart[];
}

type Pinned = Pick<ModelPart, 'url' | 'sha256'>;

/** Whether both name the same files: by hash where both know it, else by address. */
export function samePins(a: { parts: readonly Pinned[] }, b: { parts: readonly Pinned[] }): boolean {
  return (
    a.parts.length === b.parts.length &&
    a.parts.every((part, index) => {
      const other = b.parts[index]!;
      if (part.sha256 !== undefined && other.sha256 !== undefined) return part.sha256 === other.sha256;
      return part.url === other.url;
    })
  );
}

/** A name for a blob: its hash, or, where that is not known yet, one that no other has. */
export const keyOf = ({ sha256 }: Pick<ModelPart, 'sha256'>): string => sha256 ?? `new-${crypto.randomUUID()}`;

/** How a fetched model can be fetched again; undefined where a file of it came from this device. */
export function planOfRecord({ format: _, ...record }: ModelRecord): ModelPlan | undefined {
  const parts = record.parts.flatMap(({ key: _key, url, ...part }) => (url === undefined ? [] : [{ ...part, url }]));
  return parts.length === record.parts.length ? { ...record, parts } : undefined;
}
