import { expect, test } from 'vitest';
import { adviceFor, adviceForAnswer } from './advice.ts';

test.each([
  ['no-adapter', 'restart'],
  ['out-of-memory', 'restart'],
  ['device-lost', 'restart'],
  ['bad-file', 'fetch-again'],
  ['hash-mismatch', 'fetch-again'],
  ['storage-full', 'models'],
  ['disconnected', 'reload'],
  ['quota', 'new-chat'],
  ['internal', 'restart'],
] as const)('%s offers %s', (code, kind) => {
  expect(adviceFor({ code, message: '' }).remedy?.kind).toBe(kind);
});

test('without WebGPU nothing can be asked, and the browsers that have it are named', () => {
  expect(adviceFor({ code: 'no-webgpu', message: '' })).toMatchObject({ blocking: true, showBrowsers: true });
});

test('an answer that failed is asked for again, except where that cannot help', () => {
  expect(adviceForAnswer({ code: 'network', message: '' }).remedy?.kind).toBe('retry');
  expect(adviceForAnswer({ code: 'disconnected', message: '' }).remedy?.kind).toBe('retry');
  expect(adviceForAnswer({ code: 'device-lost', message: '' }).remedy?.kind).toBe('restart');
  expect(adviceForAnswer({ code: 'quota', message: '' }).remedy?.kind).toBe('new-chat');
});
