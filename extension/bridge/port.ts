/**
 * Runtime ports: how our own pages and the content script reach the background.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import type { Connect, Link } from '../../engine/client/channel.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { DownFrame, UpFrame } from '../../engine/protocol/messages.ts';

/** Names of ports; the background never takes a name as proof of who connects. */
export const CLIENT_PORT = 'localllm-client';
export const OFFSCREEN_PORT = 'localllm-offscreen';
/** Asks an offscreen document that is there already to connect: sent by a background that has just started. */
export const OFFSCREEN_CALL = 'localllm-offscreen-connect';

const RELOADED = 'localLLM was updated or reloaded. Reload this page to use it again.';
const LOST = 'The connection to localLLM was lost. Try again.';

/** For the popup, the options page and whatever else is a page of this extension. */
export function connectToBackground(): Connect {
  return ({ onFrame, onClose }): Link => {
    const port = openPort();
    port.onMessage.addListener((frame: UpFrame) => onFrame(frame));
    port.onDisconnect.addListener(() => onClose(disconnection()));
    return { send: (frame: DownFrame) => port.postMessage(frame), close: () => port.disconnect() };
  };
}

/** @throws LocalLLMError disconnected, when the extension this page belongs to is gone */
export function openPort(): ReturnType<typeof browser.runtime.connect> {
  if (!isAlive()) throw new LocalLLMError('disconnected', RELOADED);
  try {
    return browser.runtime.connect({ name: CLIENT_PORT });
  } catch (cause) {
    throw new LocalLLMError('disconnected', RELOADED, { cause });
  }
}

/** Why a port closed: the background restarts by itself, a reloaded extension never comes back to this page. */
export function disconnection(): LocalLLMError {
  return new LocalLLMError('disconnected', isAlive() ? LOST : RELOADED);
}

/** A page keeps the scripts of an extension that was reloaded, but they lose `runtime.id`. */
function isAlive(): boolean {
  try {
    return browser.runtime.id !== undefined;
  } catch {
    return false;
  }
}
