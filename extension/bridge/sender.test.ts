import { describe, expect, test } from 'vitest';
import { identifySender } from './sender.ts';
import type { Sender } from './sender.ts';

const SELF = { id: 'abcdef', origin: 'chrome-extension://abcdef' };
const tab = { id: 7 } as NonNullable<Sender['tab']>;
const PAGE: Sender = {
  id: SELF.id,
  url: 'https://example.org/path?x=1',
  origin: 'https://example.org',
  tab,
  frameId: 0,
  documentId: 'doc',
  documentLifecycle: 'active',
};
const OWN: Sender = { id: SELF.id, url: `${SELF.origin}/popup.html`, origin: SELF.origin };

test('a page is its origin, tab and document', () => {
  const page = { kind: 'page', origin: 'https://example.org', tabId: 7, documentId: 'doc' };
  expect(identifySender(PAGE, SELF)).toEqual(page);
});

test.each(['http://localhost:8080', 'http://a.localhost', 'http://127.0.0.1:3000', 'http://[::1]:9'])(
  'a page of this machine needs no https: %s',
  (origin) =>
    expect(identifySender({ ...PAGE, origin, url: `${origin}/x` }, SELF)).toMatchObject({ kind: 'page', origin }),
);

test('a frame is one until the page that shows it speaks for it; a private window is told apart', () => {
  const frame = { kind: 'frame', origin: 'https://example.org', tabId: 7, documentId: 'doc' };
  expect(identifySender({ ...PAGE, frameId: 3 }, SELF)).toEqual(frame);
  expect(identifySender({ ...PAGE, frameId: 3, origin: 'null' }, SELF).kind).toBe('refused');
  const incognito = { ...tab, incognito: true };
  expect(identifySender({ ...PAGE, tab: incognito }, SELF)).toMatchObject({ kind: 'page', private: true });
  expect(identifySender({ ...PAGE, tab: incognito, frameId: 3 }, SELF)).toMatchObject({ kind: 'frame', private: true });
});

test('our own pages are our own, in a popup and in a tab', () => {
  expect(identifySender(OWN, SELF)).toMatchObject({ kind: 'own' });
  expect(identifySender({ ...OWN, tab, frameId: 0, documentId: 'd' }, SELF)).toMatchObject({ kind: 'own' });
});

describe('refused', () => {
  test.each<[string, Sender | undefined]>([
    ['nobody', undefined],
    ['another extension', { ...PAGE, id: 'other' }],
    ['another extension with our address', { ...OWN, id: 'other' }],
    ['a sender without a frame', (({ frameId: _, ...rest }) => rest)(PAGE)],
    ['a prerendered page', { ...PAGE, documentLifecycle: 'prerender' }],
    ['a cached page', { ...PAGE, documentLifecycle: 'cached' }],
    ['an opaque origin', { ...PAGE, origin: 'null' }],
    ['no origin', (({ origin: _, ...rest }) => rest)(PAGE)],
    ['an origin that is no origin', { ...PAGE, origin: 'https://example.org/' }],
    ['a page over plain http', { ...PAGE, origin: 'http://example.org', url: 'http://example.org/' }],
    ['a host that only looks local', { ...PAGE, origin: 'http://127.0.0.1.example', url: 'http://127.0.0.1.example/' }],
    ['a file', { ...PAGE, url: 'file:///tmp/page.html', origin: 'null' }],
    ['a file that claims an origin', { ...PAGE, url: 'file:///tmp/page.html', origin: 'file://' }],
    ['a data: page', { ...PAGE, url: 'data:text/html,hi', origin: 'null' }],
    ['another extension page', { ...PAGE, url: 'chrome-extension://other/x.html', origin: 'chrome-extension://other' }],
    ['an origin that is not that of the address', { ...PAGE, origin: 'https://bank.example' }],
    ['a page without a tab', (({ tab: _, ...rest }) => rest)(PAGE)],
    ['a page without a document', (({ documentId: _, ...rest }) => rest)(PAGE)],
    ['no address', (({ url: _, ...rest }) => rest)(PAGE)],
    ['our page in a frame of a site', { ...OWN, tab, frameId: 2 }],
    ['our address with the origin of a site', { ...OWN, origin: 'https://example.org' }],
  ])('%s', (_, sender) => {
    const asker = identifySender(sender, SELF);
    expect(asker.kind).toBe('refused');
    expect((asker as { reason: string }).reason).toMatch(/^\w.*\.$/);
  });
});
