/**
 * What a kernel is: assembled WGSL text, its bindings and static parameters (both read from that text), and its grid.
 * Pure text and layout; nothing here touches a GPU.
 *
 * @module
 */

/** A piece of WGSL and the file it came from, so that compiler messages can name file and line. */
export interface Fragment {
  file: string;
  text: string;
}

export type BindingType = 'uniform' | 'read' | 'read-write';
export interface Binding {
  name: string;
  type: BindingType;
}
export interface ParamField {
  name: string;
  type: 'u32' | 'f32';
}

/** Workgroup counts. Dimensions beyond 65,535 must be folded: see {@link foldGrid}. */
export type Grid = readonly [x: number, y: number, z: number];

/** What the kernels' variants depend on: what an adapter offers beyond WebGPU's minimum, and what it is made of. */
export interface Adapter {
  /** A CPU in disguise: barriers and many threads are expensive. */
  software: boolean;
  /** Threads of the smallest subgroup; 0 where WGSL has no subgroups here. */
  subgroupSize: number;
  /** WGSL has `dot4I8Packed` here, with an instruction of the GPU or without. */
  packedDot: boolean;
  /** It is one instruction, as far as the vendor tells: what is in integers is expected to be faster. */
  integerDot: boolean;
  /** Threads that a workgroup may have: 256 or more. */
  workgroupThreads: number;
  /** Bytes of memory that a workgroup may have: 16 KiB or more. */
  workgroupBytes: number;
  /** Matrices of 16 × 16, f16 into f32, in subgroups of exactly 32, and workgroup memory enough for what is made of them. */
  subgroupMatrix: boolean;
}

/** What every adapter has. */
export const PORTABLE: Adapter = {
  software: false,
  subgroupSize: 0,
  packedDot: false,
  integerDot: false,
  workgroupThreads: 256,
  workgroupBytes: 16_384,
  subgroupMatrix: false,
};

/** Workgroup memory that kernels for `Adapter.subgroupMatrix` may take. */
export const MATRIX_WORKGROUP_BYTES = 40 * 1024;

/** WGSL extensions that a kernel enables. */
export type Extension = 'subgroups' | 'f16' | 'chromium_experimental_subgroup_matrix';

export interface Kernel {
  /** `op-dtype-shape`. */
  readonly name: string;
  readonly fragments: readonly Fragment[];
  /** All fragments joined. */
  readonly wgsl: string;
  /** Index in the array = `@binding` number, all in group 0. */
  readonly bindings: readonly Binding[];
  /** Fields of `struct Params`, 4 bytes each, in order; empty where the kernel has none. */
  readonly params: readonly ParamField[];
  /** Values for WGSL `override` constants. */
  readonly constants: Readonly<Record<string, number>>;
}

const BINDING = /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(uniform|storage)\s*(?:,\s*(read_write|read)\s*)?>\s*(\w+)/g;

/** Joins fragments and reads bindings and parameters from their text. Throws on a gap or a clash in the binding numbers. */
export function defineKernel(
  name: string,
  parts: readonly Fragment[],
  constants: Record<string, number> = {},
  extensions: readonly Extension[] = [],
): Kernel {
  const enable = { file: 'extensions', text: extensions.map((extension) => `enable ${extension};`).join('\n') };
  const fragments = extensions.length > 0 ? [enable, ...parts] : parts;
  const wgsl = assemble(fragments);
  const bindings: Binding[] = [];
  for (const [, index, space, access, variable] of wgsl.matchAll(BINDING)) {
    const at = Number(index);
    if (bindings[at]) throw new Error(`kernel ${name}: binding ${at} is both ${bindings[at].name} and ${variable}`);
    const type = space === 'uniform' ? 'uniform' : access === 'read_write' ? 'read-write' : 'read';
    bindings[at] = { name: variable!, type };
  }
  for (let at = 0; at < bindings.length; at++) {
    if (!bindings[at]) throw new Error(`kernel ${name}: binding ${at} is missing`);
  }
  return { name, fragments, wgsl, bindings, params: readParams(name, wgsl), constants };
}

/** The text a GPU compiles: fragments in order, each introduced by its file name. */
export function assemble(fragments: readonly Fragment[]): string {
  return fragments.map((f) => `// ---- ${f.file}\n${f.text.trimEnd()}\n`).join('\n');
}

/** The fragment, and the line in it (from 1), that a line (from 1) of the assembled text came from. */
export function locate(fragments: readonly Fragment[], line: number): { file: string; line: number } {
  let first = 1;
  for (const f of fragments) {
    const lines = f.text.trimEnd().split('\n').length + 1; // with the introducing comment
    if (line < first + lines) return { file: f.file, line: Math.max(1, line - first) };
    first += lines + 1; // and the blank line between fragments
  }
  return { file: fragments.at(-1)?.file ?? '?', line };
}

/** Folds a one-dimensional count of workgroups into x and y; kernels read `id.x + id.y * num_workgroups.x`. */
export function foldGrid(workgroups: number, z = 1): Grid {
  const limit = 65_535;
  if (workgroups <= limit) return [workgroups, 1, z];
  const y = Math.ceil(workgroups / limit);
  return [Math.ceil(workgroups / y), y, z];
}

function readParams(name: string, wgsl: string): ParamField[] {
  const body = /struct Params\s*\{([^}]*)\}/.exec(wgsl)?.[1];
  if (body === undefined) return [];
  const plain = body.replace(/\/\/[^\n]*/g, '');
  return plain
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map((field) => {
      const match = /^(\w+)\s*:\s*(u32|f32)$/.exec(field);
      if (!match) throw new Error(`kernel ${name}: a parameter must be u32 or f32, not "${field}"`);
      return { name: match[1]!, type: match[2] as 'u32' | 'f32' };
    });
}
