import { defineConfig } from '@playwright/test';
import { browserArgs, findChromium } from './tests/chromium.ts';

export default defineConfig({
  testDir: 'tests',
  testMatch: '{crash,e2e,security,ui,webkit}/**/*.spec.ts',
  // WebKitGTK is Linux's.
  testIgnore: process.platform === 'linux' ? [] : ['webkit/**'],
  outputDir: 'test-results/playwright',
  // Two browsers at a time: a page is waited for more than a software adapter.
  workers: 2,
  forbidOnly: true,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 90_000 },
  use: { launchOptions: { executablePath: findChromium(), args: browserArgs() } },
  reporter: [['list'], ['json', { outputFile: 'test-results/playwright.json' }]],
});
