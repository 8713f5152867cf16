/**
 * The background: wires ports to the broker, grants to windows, and the broker to the offscreen document.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { UpFrame } from '../../engine/protocol/messages.ts';
import { Accounts } from '../permissions/accounts.ts';
import { Activity } from '../permissions/activity.ts';
import { SettingsOfSites, watchSettings } from '../permissions/budget.ts';
import { PermissionGate } from '../permissions/gate.ts';
import { Grants, watchGrants } from '../permissions/grants.ts';
import type { OnceGrant } from '../permissions/grants.ts';
import { Offers } from '../permissions/offers.ts';
import { Questions } from '../permissions/questions.ts';
import type { QuestionWindows } from '../permissions/questions.ts';
import { ReadingGrants } from '../permissions/reading.ts';
import { answerPermissionMessage, isPermissionMessage } from '../permissions/server.ts';
import { Usage } from '../permissions/usage.ts';
import { Broker } from './broker.ts';
import type { ServedAsker } from './broker.ts';
import { Delegations } from './delegation.ts';
import { OFFSCREEN_PATH, OffscreenPipe } from './offscreen-pipe.ts';
import { PING } from './page-messages.ts';
import { CLIENT_PORT, OFFSCREEN_PORT } from './port.ts';
import { identifySender } from './sender.ts';
import { VisibleTab } from './visible-tab.ts';

type Port = ReturnType<typeof browser.runtime.connect>;

const WINDOW_SIZE = { width: 440, height: 640 };

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
  const settings = new SettingsOfSites();
  const usage = new Usage();
  const activity = new Activity();
  const questions = new Questions(windows);
  const gate = new PermissionGate(grants, questions);
  const accounts = new Accounts({ settings, usage, activity });
  const pipe: OffscreenPipe = new OffscreenPipe({
    onEnvelope: (envelope) => {
      if (envelope.e === 'frame') broker.deliver(envelope.channel, envelope.frame);
      else broker.engineLost(new LocalLLMError('disconnected', envelope.message));
    },
    onLost: (error) => broker.engineLost(error),
  });
  const broker = new Broker({
    gate,
    accounts,
    toEngine: (envelope) => pipe.send(envelope),
    ownOrigin: location.origin,
  });
  const ports = new ClientPorts(broker, grants, gate);
  const reading = new ReadingGrants();
  const offers = new Offers(grants, settings, reading);
  const messages = { grants, questions, settings, usage, activity, reading, offers, isThere };

  browser.runtime.onConnect.addListener((port) => {
    const asker = identifySender(port.sender, self());
    if (port.name === CLIENT_PORT) return ports.take(port);
    if (port.name === OFFSCREEN_PORT && asker.kind === 'own' && asker.url.pathname === OFFSCREEN_PATH) {
      return pipe.accept(port);
    }
    port.disconnect();
  });
  browser.runtime.onMessage.addListener((message: unknown, sender, reply: (value: unknown) => void) => {
    const asker = identifySender(sender, self());
    if (ports.delegations.take(message, asker)) return false;
    if (!isPermissionMessage(message) || asker.kind !== 'own') return false;
    void answerPermissionMessage(message, messages).then(reply);
    return true; // the reply comes later
  });
  const forgetPrivate = async (): Promise<void> => {
    const open = await browser.windows.getAll();
    if (open.some(({ incognito }) => incognito)) return;
    broker.endPrivateSession();
    await Promise.all([grants.endPrivate(), usage.endPrivate()]);
  };
  browser.windows.onRemoved.addListener((windowId) => {
    questions.windowClosed(windowId);
    void forgetPrivate();
  });
  browser.tabs.onRemoved.addListener((tabId) => void grants.leave(tabId));
  const recheck = (): void => void broker.recheck();
  watchGrants(recheck);
  watchSettings(recheck);
  reading.follow();
  offers.follow();
  void forgetPrivate();
  // Content scripts live in the processes of sites: what they cannot read, they cannot forge either.
  void browser.storage.local.setAccessLevel?.({ accessLevel: 'TRUSTED_CONTEXTS' });
}

/** The ports of pages, frames and our own pages. */
class ClientPorts {
  readonly delegations = new Delegations();
  readonly #broker: Broker;
  readonly #grants: Grants;
  readonly #gate: PermissionGate;
  readonly #visibleTab: VisibleTab;
  #pages = 0;

  constructor(broker: Broker, grants: Grants, gate: PermissionGate) {
    this.#broker = broker;
    this.#grants = grants;
    this.#gate = gate;
    this.#visibleTab = new VisibleTab((tabId) => broker.see(tabId));
  }

  take(port: Port): void {
    const asker = identifySender(port.sender, self());
    if (asker.kind === 'refused') return refuse(port, asker.reason);
    if (asker.kind !== 'frame') return this.#serve(port, asker, []);
    // What it asks meanwhile waits for the answer of the page around it.
    const early: unknown[] = [];
    const keep = (frame: unknown): void => void early.push(frame);
    let gone = false;
    port.onMessage.addListener(keep);
    port.onDisconnect.addListener(() => (gone = true));
    void this.delegations.resolve(asker).then((resolved) => {
      if (gone) return;
      port.onMessage.removeListener(keep);
      if (resolved.kind === 'page') return this.#serve(port, resolved, early);
      refuse(port, resolved.reason, early);
      // The next time it asks anew: the page may have changed its mind.
      port.disconnect();
    });
  }

  #serve(port: Port, asker: ServedAsker, early: unknown[]): void {
    const channel = this.#broker.connect(asker, (frame) => post(port, frame));
    port.onMessage.addListener((frame: unknown) => this.#broker.take(channel, frame));
    port.onDisconnect.addListener(() => {
      this.#broker.disconnect(channel);
      if (asker.kind === 'page') this.#left(asker.documentId);
    });
    for (const frame of early) this.#broker.take(channel, frame);
    if (asker.kind !== 'page') return;
    this.#visibleTab.watch(++this.#pages > 0);
    void this.#visibleTab.look();
    void this.#grants.leave(asker.tabId, asker.topDocumentId ?? asker.documentId);
  }

  #left(documentId: string): void {
    this.#visibleTab.watch(--this.#pages > 0);
    this.#gate.forget(documentId);
    void this.#grants.leaveDocument(documentId);
  }
}

/** Answers whatever comes with the reason, so that a page learns it where it asked. */
function refuse(port: Port, reason: string, early: unknown[] = []): void {
  const error = new LocalLLMError('not-allowed', reason).toData();
  const answer = (frame: unknown): void => {
    const { t, id } = (frame ?? {}) as { t?: unknown; id?: unknown };
    if (t === 'request' && typeof id === 'number') post(port, { t: 'error', id, error });
  };
  port.onMessage.addListener(answer);
  early.forEach(answer);
}

function post(port: Port, frame: UpFrame): void {
  try {
    port.postMessage(frame);
  } catch {
    // The asker is gone; its onDisconnect cleans up.
  }
}

/** Whether a document that was granted something once is still shown. */
async function isThere({ tabId, documentId }: OnceGrant): Promise<boolean> {
  const options = { documentId };
  return (await browser.tabs.sendMessage<string, unknown>(tabId, PING, options).catch(() => false)) === true;
}

function self(): { id: string; origin: string } {
  return { id: browser.runtime.id, origin: location.origin };
}
