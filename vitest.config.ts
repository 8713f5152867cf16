import { defineConfig } from 'vitest/config';

// One process per file and few at once: each GPU test file opens a device of its own.
export default defineConfig({
  test: {
    include: ['{engine,shaders,extension,pwa,tests}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**', 'tests/e2e/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
