/**
 * The content script: relays between the port of the page's own world and the background.
 *
 * @module
 */
import { readDownFrame } from '../../engine/protocol/checks.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { DownFrame, UpFrame } from '../../engine/protocol/messages.ts';
import { HELLO } from './page-messages.ts';
import type { PageUp } from './page-messages.ts';
import { disconnection, openPort } from './port.ts';

/** Calls with the first port that the page's world hands over: the provider's, which runs before the page's own scripts. */
export function acceptPagePort(onPort: (port: MessagePort) => void): void {
  const onMessage = (event: MessageEvent): void => {
    const [port] = event.ports;
    if (event.source !== window || event.data !== HELLO || !port) return;
    event.stopImmediatePropagation(); // the page never sees it
    removeEventListener('message', onMessage, { capture: true });
    onPort(port);
  };
  addEventListener('message', onMessage, { capture: true });
}

/** An extension that is reloaded closes its ports a little before it is gone: so long until the page is told why. */
const REASON_MS = 200;

/**
 * Relays a page's frames to the background and back. What it adds (whether the person has just acted) only decides whether a
 * question may be asked; who asks is the background's own finding.
 */
export function relayPage(page: MessagePort): void {
  let port: ReturnType<typeof openPort> | undefined;
  let closing = false;
  const toPage = (message: PageUp): void => page.postMessage(message);
  const close = (error: LocalLLMError): void => {
    port = undefined;
    toPage({ t: 'closed', error: error.toData() });
  };
  const open = (): NonNullable<typeof port> => {
    if (port) return port;
    const opened = openPort();
    opened.onMessage.addListener((frame: UpFrame) => toPage(frame));
    opened.onDisconnect.addListener(() => {
      if (port !== opened || closing) return;
      closing = true;
      setTimeout(() => {
        closing = false;
        close(disconnection());
      }, REASON_MS);
    });
    return (port = opened);
  };
  page.addEventListener('message', ({ data }) => {
    const read = readDownFrame(data);
    if ('error' in read) return toPage({ t: 'error', id: read.id, error: read.error.toData() });
    // What it is about is gone, or belongs to the connection that is being closed.
    if (closing || (!port && read.frame.t !== 'request')) return;
    try {
      open().postMessage(withActivation(read.frame));
    } catch (error) {
      close(LocalLLMError.from(error, 'disconnected'));
    }
  });
  addEventListener('pagehide', () => {
    const left = port;
    if (!left || closing) return;
    close(new LocalLLMError('disconnected', 'The page was left before the answer was complete.'));
    left.disconnect();
  });
  // A page that is loaded ahead of time waits: until it is shown, the person has not come to it.
  const { prerendering } = document as { prerendering?: boolean }; // Chromium's
  if (prerendering) document.addEventListener('prerenderingchange', () => page.start(), { once: true });
  else page.start();
}

function withActivation(frame: DownFrame): DownFrame {
  return frame.t === 'request' ? { ...frame, activation: navigator.userActivation.isActive } : frame;
}
