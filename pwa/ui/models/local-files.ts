/**
 * Files that a person chooses or drops, and files that are saved.
 *
 * @module
 */

/** A model that files are for. */
export interface LocalModel<F> {
  name: string;
  files: F[];
}

const PART = /-\d{5}-of-\d{5}(?=\.gguf$)/i;
const EXTENSION = /\.gguf$/i;
/** After this long the browser has begun to save. */
const SAVING_MS = 60_000;

/** The parts of a split model together, each other file by itself. What is no GGUF file by its name is `foreign`. */
export function modelsOf<F extends { name: string }>(files: Iterable<F>): { models: LocalModel<F>[]; foreign: F[] } {
  const groups = new Map<string, F[]>();
  const foreign: F[] = [];
  for (const file of files) {
    const whole = file.name.replace(PART, '');
    if (EXTENSION.test(whole)) groups.set(whole, [...(groups.get(whole) ?? []), file]);
    else foreign.push(file);
  }
  const models = [...groups].map(([name, group]) => ({
    name: name.replace(EXTENSION, '').slice(0, 128) || 'Model',
    files: group.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }));
  return { models, foreign };
}

/** Lets the browser save files; it copies them from disk. */
export function saveFiles(files: readonly File[]): void {
  for (const file of files) {
    const url = URL.createObjectURL(file);
    const link = document.createElement('a');
    link.href = url;
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), SAVING_MS);
  }
}
