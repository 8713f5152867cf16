/**
 * What every script and test does with the pages around an answer: the asking page of `tests/site`, the permission window, the
 * engine's status.
 *
 * @module
 */
import type { BrowserContext } from '@playwright/test';
import type { EngineStatus, GenerateResult } from '../engine/protocol/messages.ts';
import type { ExtensionBrowser } from './chromium.ts';

/** What `tests/site/ask.js` leaves behind. */
export type Outcome =
  | { result: GenerateResult; ttftMs: number; decodeMs: number }
  | { error: { name: string; message: string } };

declare global {
  interface Window {
    outcome?: Outcome;
  }
}

/** Waits for the extension's permission window and chooses there. */
export async function answerPermission(context: BrowserContext, choice: string): Promise<void> {
  const isQuestion = (url: string) => url.includes('/permission.html');
  const open = context.pages().find((page) => isQuestion(page.url()));
  const question =
    open ?? (await context.waitForEvent('page', { predicate: (page) => isQuestion(page.url()), timeout: 30_000 }));
  // Enabled only after a moment, against clicks that were meant for something else.
  await question.getByRole('button', { name: choice }).click();
}

/** What the engine says of itself to the extension's own pages. */
export async function engineStatus({ context, extensionOrigin }: ExtensionBrowser): Promise<EngineStatus> {
  const page = await context.newPage();
  try {
    await page.goto(`${extensionOrigin}/options.html`);
    return await page.evaluate(
      () =>
        new Promise<EngineStatus>((resolve, reject) => {
          const port = chrome.runtime.connect({ name: 'localllm-client' });
          port.onMessage.addListener((frame) => {
            if (frame.t === 'done') resolve(frame.result);
            if (frame.t === 'error') reject(new Error(frame.error.message));
          });
          port.postMessage({ t: 'request', id: 1, method: 'engine.status', params: { watch: false } });
        }),
    );
  } finally {
    await page.close();
  }
}
