import { expect, test } from 'vitest';
import type { ChatState } from '../ui/chat/session.ts';
import { Observable } from '../ui/observable.ts';
import { askToKeep } from './persistence.ts';

type Shown = Pick<ChatState, 'messages' | 'streaming'>;
type ChatMessage = Shown['messages'][number];

class FakeSession extends Observable<Shown> {
  show(value: Shown): void {
    this.set(value);
  }
}

const answer = (status: ChatMessage['status']) => ({ role: 'assistant', text: 'Paris', status }) as ChatMessage;

function app({ installed = false, persisted = false } = {}) {
  const session = new FakeSession({ messages: [] });
  const window = new EventTarget();
  const asked: true[] = [];
  const storage = { persisted: async () => persisted, persist: async () => asked.push(true) > 0 };
  askToKeep({ storage, session, window, installed });
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return { session, window, asked, settle };
}

test('storage is asked for at the first answer that was completed here, and only then', async () => {
  const { session, asked, settle } = app();
  session.show({ messages: [answer('complete'), answer('complete')] });
  session.show({ messages: [], streaming: answer('streaming') });
  session.show({ messages: [answer('stopped')] });
  await settle();
  expect(asked).toHaveLength(0);
  for (let time = 0; time < 2; time++) {
    session.show({ messages: [], streaming: answer('streaming') });
    session.show({ messages: [answer('complete')] });
    await settle();
    expect(asked).toHaveLength(1);
  }
});

test('an installed app asks at once, and not where it was promised', async () => {
  const { asked, settle } = app({ installed: true });
  await settle();
  expect(asked).toHaveLength(1);
  const promised = app({ installed: true, persisted: true });
  await promised.settle();
  expect(promised.asked).toHaveLength(0);
});

test('it is asked for when the app gets installed', async () => {
  const { window, asked, settle } = app();
  window.dispatchEvent(new Event('appinstalled'));
  window.dispatchEvent(new Event('appinstalled'));
  await settle();
  expect(asked).toHaveLength(1);
});
