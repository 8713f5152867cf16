import { expect, test } from 'vitest';
import { keepingOf } from './keeping.ts';

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Safari/604.1';
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15';
const CHROME = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36';
const words = (userAgent: string, installed: boolean, persisted: boolean) =>
  keepingOf({ userAgent, touchPoints: 0, installed, persisted });

test('a website in Safari is told of the seven days, and that asking does not help', () => {
  for (const userAgent of [IPHONE, MAC]) {
    const { text, askable } = words(userAgent, false, false);
    expect(text).toMatch(/^Install localLLM .* seven days/);
    expect(askable).toBe(false);
  }
});

test('elsewhere, and in an installed app, the browser can be asked until it has promised', () => {
  for (const [userAgent, installed] of [
    [IPHONE, true],
    [MAC, true],
    [CHROME, false],
  ] as const) {
    expect(words(userAgent, installed, false)).toMatchObject({ askable: true });
    expect(words(userAgent, installed, true)).toEqual({
      text: 'The browser keeps models and chats until you delete them.',
      askable: false,
    });
  }
});
