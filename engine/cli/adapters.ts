/**
 * LoRA adapters as the command line names them.
 *
 * @module
 */
import { basename } from 'node:path';
import type { AdapterSource } from '../runtime/engine.ts';
import { openFileSource } from './file-source.ts';

/** `adapter.gguf`, or `adapter.gguf:0.5` with the scale that it is attached at. */
export function adapterFrom(text: string): AdapterSource {
  const [, path = text, scale = '1'] = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.exec(text) ?? [];
  return adapterSource(path, Number(scale));
}

/** A file, opened when the engine reads it. */
export function adapterSource(path: string, scale: number): AdapterSource {
  return {
    name: basename(path),
    scale,
    async open() {
      const source = await openFileSource(path);
      return { source, close: () => void source.close() };
    },
  };
}
