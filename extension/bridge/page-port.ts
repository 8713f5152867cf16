/**
 * The page's side of the port to the content script. Runs in the page's own world before its scripts, and keeps the functions
 * it needs: a page that replaces them later does not change what travels here.
 *
 * @module
 */
import type { Connect, ConnectHandlers } from '../../engine/client/channel.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { HELLO } from './page-messages.ts';
import type { PageUp } from './page-messages.ts';

const { apply, getOwnPropertyDescriptor } = Reflect;
const { postMessage } = MessagePort.prototype;
const readData = getOwnPropertyDescriptor(MessageEvent.prototype, 'data')?.get;

/** Hands one port to the content script; every connection goes through it. */
export function connectThroughPage(): Connect {
  const { port1, port2 } = new MessageChannel();
  let current: ConnectHandlers | undefined;
  port1.addEventListener('message', (event) => {
    const message = (readData ? apply(readData, event, []) : event.data) as PageUp;
    if (message.t !== 'closed') return current?.onFrame(message);
    const closed = current;
    current = undefined;
    closed?.onClose(LocalLLMError.fromData(message.error));
  });
  port1.start();
  // To this window only; the content script takes the port before any listener of the page can see the message.
  window.postMessage(HELLO, '*', [port2]);
  return (handlers) => {
    current = handlers;
    return {
      send: (frame) => apply(postMessage, port1, [frame]),
      close: () => {
        if (current === handlers) current = undefined;
      },
    };
  };
}
