/**
 * The background: wires ports to the broker, grants to windows, and the broker to the offscreen document.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { UpFrame } from '../../engine/protocol/messages.ts';
import { PermissionGate } from '../permissions/gate.ts';
import { Grants, watchGrants } from '../permissions/grants.ts';
import { Questions } from '../permissions/questions.ts';
import type { QuestionWindows } from '../permissions/questions.ts';
import { answerPermissionMessage, isPermissionMessage } from '../permissions/server.ts';
import { Broker } from './broker.ts';
import { OFFSCREEN_PATH, OffscreenPipe } from './offscreen-pipe.ts';
import { CLIENT_PORT, OFFSCREEN_PORT } from './port.ts';
import { identifySender } from './sender.ts';
import type { Asker } from './sender.ts';

type Port = ReturnType<typeof browser.runtime.connect>;

const WINDOW_SIZE = { width: 440, height: 560 };

const windows: QuestionWindows = {
  async open(questionId) {
    const url = `${location.origin}/permission.html?id=${encodeURIComponent(questionId)}`;
    const opened = await browser.windows.create({ url, type: 'popup', focused: true, ...WINDOW_SIZE });
    if (opened?.id === undefined) throw new LocalLLMError('not-allowed', 'the browser opened no window');
    return opened.id;
  },
  async close(windowId) {
    await browser.windows.remove(windowId).catch(() => {}); // the person was faster
  },
};

/** Registers every listener; must run before the service worker's first turn ends. */
export function startBackground(): void {
  const grants = new Grants();
  const questions = new Questions(windows);
  const gate = new PermissionGate(grants, questions);
  const pipe: OffscreenPipe = new OffscreenPipe({
    onEnvelope: (envelope) => {
      if (envelope.e === 'frame') broker.deliver(envelope.channel, envelope.frame);
      else broker.engineLost(new LocalLLMError('disconnected', envelope.message));
    },
    onLost: (error) => broker.engineLost(error),
  });
  const broker = new Broker({ gate, toEngine: (envelope) => pipe.send(envelope), ownOrigin: location.origin });

  browser.runtime.onConnect.addListener((port) => {
    const asker = identifySender(port.sender, self());
    if (port.name === CLIENT_PORT) return serve(port, asker, broker, grants, gate);
    if (port.name === OFFSCREEN_PORT && asker.kind === 'own' && asker.url.pathname === OFFSCREEN_PATH) {
      return pipe.accept(port);
    }
    port.disconnect();
  });
  browser.runtime.onMessage.addListener((message: unknown, sender, reply: (value: unknown) => void) => {
    if (!isPermissionMessage(message) || identifySender(sender, self()).kind !== 'own') return false;
    void answerPermissionMessage(message, grants, questions).then(reply);
    return true; // the reply comes later
  });
  browser.windows.onRemoved.addListener((windowId) => questions.windowClosed(windowId));
  browser.tabs.onRemoved.addListener((tabId) => void grants.leave(tabId));
  watchGrants(() => void broker.recheck());
  // Content scripts live in the processes of sites: what they cannot read, they cannot forge either.
  void browser.storage.local.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' });
}

function serve(port: Port, asker: Asker, broker: Broker, grants: Grants, gate: PermissionGate): void {
  if (asker.kind === 'refused') return refuse(port, asker.reason);
  const channel = broker.connect(asker, (frame) => post(port, frame));
  port.onMessage.addListener((frame: unknown) => broker.take(channel, frame));
  port.onDisconnect.addListener(() => {
    broker.disconnect(channel);
    if (asker.kind !== 'page') return;
    gate.forget(asker.documentId);
    void grants.leaveDocument(asker.documentId);
  });
  if (asker.kind === 'page') void grants.leave(asker.tabId, asker.documentId);
}

/** Answers whatever comes with the reason, so that a page learns it where it asked. */
function refuse(port: Port, reason: string): void {
  const error = new LocalLLMError('not-allowed', reason).toData();
  port.onMessage.addListener((frame: { t?: unknown; id?: unknown } | null) => {
    if (frame?.t === 'request' && typeof frame.id === 'number') post(port, { t: 'error', id: frame.id, error });
  });
}

function post(port: Port, frame: UpFrame): void {
  try {
    port.postMessage(frame);
  } catch {
    // The asker is gone; its onDisconnect cleans up.
  }
}

function self(): { id: string; origin: string } {
  return { id: browser.runtime.id, origin: location.origin };
}
