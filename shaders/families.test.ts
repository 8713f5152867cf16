import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = import.meta.dirname;
const MEMBERS = ['.kernel.ts', '.ref.ts', '.gpu.test.ts'];

const files = readdirSync(ROOT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const shaders = files.filter((file) => file.endsWith('.wgsl'));

/** A kernel is what has an entry point; all else is a fragment of kernels. */
const isKernel = (file: string): boolean => read(file).includes('@compute');

describe('kernel families', () => {
  it('finds the shaders', () => {
    expect(shaders.filter(isKernel).length).toBeGreaterThan(5);
  });

  it.each(shaders.filter(isKernel))('%s has its kernel, oracle and GPU test', (file) => {
    expect(dirname(file), 'lib/ is for fragments').not.toBe('lib');
    const missing = MEMBERS.map((ending) => file.replace(/\.wgsl$/, ending)).filter(
      (member) => !files.includes(member),
    );
    expect(missing).toEqual([]);
  });

  it.each(shaders)('%s is used', (file) => {
    const name = basename(file);
    const specifiers = [`'./${name}?raw'`, `'../${dirname(file)}/${name}?raw'`];
    const importers = files.filter((f) => f.endsWith('.ts') && specifiers.some((s) => read(f).includes(s)));
    expect(importers).not.toEqual([]);
  });

  it.each(files.filter((file) => file.endsWith('.gpu.test.ts')))('%s compares with an oracle', (file) => {
    expect(read(file)).toMatch(/from '[^']+\.ref\.ts'/);
  });
});
