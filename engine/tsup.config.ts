import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { defineConfig } from 'tsup';

// Declarations are made by `tsc -p tsconfig.build.json`; see the package's "build" script.
export default defineConfig({
  entry: {
    index: 'index.ts',
    client: 'client/index.ts',
    worker: 'host/worker.ts',
    'cli/main': 'cli/main.ts',
    'grammar-worker': 'grammar/grammar-worker.ts',
    'verifier-worker': 'store/verifier-worker.ts',
  },
  format: 'esm',
  platform: 'neutral',
  target: 'es2024',
  splitting: true,
  sourcemap: true,
  clean: true,
  dts: false,
  removeNodeProtocol: false,
  external: [/^node:/, 'webgpu'],
  esbuildPlugins: [
    {
      // Where the package has the threads that it opens; bundlers of pages find them there.
      name: 'workers-of-workers',
      setup(build) {
        build.onLoad({ filter: /(grammar\/thread|store\/verifier-thread)\.ts$/ }, async ({ path }) => ({
          contents: (await readFile(path, 'utf8')).replace(/'(\.\/\w+-worker)\.ts'/, "'$1.js'"),
          loader: 'ts',
        }));
      },
    },
    {
      name: 'raw-text',
      setup(build) {
        build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
          path: relative('.', resolve(resolveDir, path.replace(/\?raw$/, ''))),
          namespace: 'raw-text',
        }));
        build.onLoad({ filter: /.*/, namespace: 'raw-text' }, async ({ path }) => ({
          contents: await readFile(path, 'utf8'),
          loader: 'text',
        }));
      },
    },
  ],
});
