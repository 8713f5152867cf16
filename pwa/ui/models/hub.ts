/**
 * What is found on Hugging Face, as people read it.
 *
 * @module
 */
import type { HubModel, ModelOffer } from '../../../engine/client/index.ts';
import { formatAge } from '../format.ts';
import { type Choice, licenseName } from './filters.ts';

const COUNT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 });
const REPOSITORY = /^(?:(?:https:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/)?([\w.-]+\/[\w.-]+)(?:[:/?#]|$)/;

/** 'owner/name' → its two parts. */
export function nameOf(id: string): { owner: string; name: string } {
  const [owner = '', name = id] = id.split('/');
  return { owner, name };
}

/** '3.2M downloads · 1.4K likes · Apache 2.0 · updated yesterday' */
export function describeHit({ downloads, likes, license, updated }: HubModel, nowMs: number): string {
  const updatedMs = updated === undefined ? Number.NaN : Date.parse(updated);
  const parts = [
    counted(downloads, 'download'),
    counted(likes, 'like'),
    license && licenseName(license),
    Number.isFinite(updatedMs) && `updated ${formatAge(updatedMs, nowMs)}`,
  ];
  // Lines break between the facts.
  return parts.flatMap((part) => (part ? [part.replaceAll(' ', '\u00a0')] : [])).join(' · ');
}

const counted = (count: number, what: string): string => `${COUNT.format(count)} ${what}${count === 1 ? '' : 's'}`;

/** 'owner/name' of what a person wrote; undefined for an address that is none of Hugging Face's. */
export const repositoryOf = (source: string): string | undefined => REPOSITORY.exec(source)?.[1];

/** Where a person accepts a repository's conditions. */
export function pageOf(source: string): string | undefined {
  const repository = repositoryOf(source);
  return repository && `https://huggingface.co/${repository}`;
}

/** What there is to choose from, smallest first; those whose size nobody told last. */
export function sizesOf({ quantizations }: ModelOffer): { quantization: string; bytes: Choice['bytes'] | undefined }[] {
  const all = quantizations.map(({ name, bytes }) => ({ quantization: name, bytes }));
  return all.toSorted((a, b) => (a.bytes ?? Infinity) - (b.bytes ?? Infinity));
}
