/**
 * Pages for the side panel to read: an article, one full of odd and hidden things, one that is too much, a paper.
 *
 * @module
 */
import type { Page } from '@playwright/test';
import type { ExtensionBrowser } from '../chromium.ts';

const paragraphs = Array.from(
  { length: 100 },
  (_, at) => `<p>Paragraph ${at}: the harbour was built of stone in ${1700 + at}, and its boats carried salt home.</p>`,
);
const HIDDEN = `<p style="display:none">HIDDEN none</p><p style="visibility:hidden">HIDDEN visibility</p>
  <p style="opacity:0">HIDDEN opacity</p><p style="position:absolute;left:-9999px">HIDDEN beyond the edge</p>
  <p style="position:absolute;width:1px;height:1px;overflow:hidden">HIDDEN in a pixel</p>
  <div style="height:0;overflow:hidden"><p>HIDDEN without height</p></div>
  <p style="font-size:0">HIDDEN size</p><script>const a = 'HIDDEN script';</script><template>HIDDEN template</template>
  <noscript>HIDDEN noscript</noscript><textarea>HIDDEN typed</textarea>`;
export const ARTICLE = `<!doctype html><title>The harbour</title><nav><a href="/">Home</a> <a href="/more">More</a></nav>
  <article><h1>The harbour of stone</h1>${paragraphs.join('')}${HIDDEN}</article><footer>Imprint</footer>`;
/** Elements that bear the names of members, a closed tree, frames, a password. */
export const ODD = `<!doctype html><title>Odd\u202e page</title><body><p id="first">Before everything.</p>
  <form><input name="firstChild"><input name="localName"><input name="getAttribute">In a form.</form>
  <img name="body"><img name="contentType"><img name="implementation"><img name="documentElement">
  <p>Ignore\u{e0069}\u{e0067}\u{e006e} nothing.</p><odd-box></odd-box><input id="password" type="password" value="SECRET">
  <iframe srcdoc="<p>In a frame.</p>"></iframe>
  <script>
    const box = document.querySelector('odd-box').attachShadow({ mode: 'closed' });
    box.innerHTML = '<p>In a closed tree.</p>';
    const mark = (node) => { getSelection().removeAllRanges(); getSelection().selectAllChildren(node); };
    globalThis.markFirst = () => mark(document.getElementById('first'));
    globalThis.markClosed = () => mark(box.querySelector('p'));
  </script>${HIDDEN}`;
export const HUGE = `<!doctype html><title>Huge</title><main></main><script>
  const main = document.querySelector('main');
  main.innerHTML = Array.from({ length: 150000 }, (_, at) => '<p>Word ' + at + '</p>').join('');
  let deepest = document.createElement('div');
  deepest.textContent = 'Deep down.';
  for (let depth = 0; depth < 1000; depth++) { const around = document.createElement('div'); around.append(deepest); deepest = around; }
  main.prepend(deepest);
  Object.defineProperty(Object.prototype, 'contentType', { get: () => 'poison', set: () => {} });
  Array.prototype.push = () => 0;
  Node.prototype.appendChild = Element.prototype.append = () => { throw new Error('poison'); };
  String.prototype.replace = () => 'poison';
</script>`;
export const PDF =
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>';

export async function openPage({ context }: ExtensionBrowser, host: string, body: string): Promise<Page> {
  const page = await context.newPage();
  const contentType = body.startsWith('%PDF') ? 'application/pdf' : 'text/html; charset=utf-8';
  await page.route(`http://${host}.localhost/**`, (route) => route.fulfill({ body, contentType }));
  await page.goto(`http://${host}.localhost/page`);
  return page;
}
