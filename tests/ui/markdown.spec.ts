import { expect, test } from './fixtures.ts';

/** Answers that try to run code, to load something, or to lead astray. */
const HOSTILE = [
  '<script>globalThis.pwned = 1</script>',
  '<img src=x onerror="globalThis.pwned = 1">',
  '<svg onload="globalThis.pwned = 1"><script>globalThis.pwned = 1</script></svg>',
  '<iframe src="data:text/html,<script>parent.pwned = 1</script>"></iframe>',
  '[click](javascript:globalThis.pwned=1)',
  '[click](JaVaScRiPt&colon;globalThis.pwned=1)',
  '[click](\u0001javascript:globalThis.pwned=1)',
  '[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[click](vbscript:msgbox(1))',
  '[click](file:///etc/passwd)',
  '![track](https://evil.example/pixel.png)',
  '![x](data:image/svg+xml;base64,PHN2Zy8+)',
  '![a](x" onerror="globalThis.pwned=1)',
  '[a](https://evil.example/" onclick="globalThis.pwned=1)',
  '[a](https://evil.example/ "t" onmouseover=globalThis.pwned=1)',
  '<a href="javascript:globalThis.pwned=1">x</a>',
  '<math><mi//xlink:href="data:x,<script>globalThis.pwned=1</script>">',
  '<form action="https://evil.example"><input name=q><button>Go</button></form>',
  '<style>body { background: url(https://evil.example/x) }</style>',
  '<base href="https://evil.example/">',
  '```html"><script>globalThis.pwned=1</script>\nx\n```',
  '| <img src=x onerror=globalThis.pwned=1> |\n| --- |\n| <script>globalThis.pwned=1</script> |',
  '[x]: javascript:globalThis.pwned=1\n\n[click][x]',
];

test('hostile markdown runs nothing, loads nothing and leads nowhere', async ({ view }) => {
  const page = await view('popup', { answer: HOSTILE.join('\n\n') });
  const elsewhere: string[] = [];
  page.on('request', (request) => elsewhere.push(request.url()));
  await page.getByRole('textbox', { name: 'Message' }).fill('attack');
  await page.keyboard.press('Enter');
  await expect(page.getByText('tokens/s')).toBeVisible();
  const answer = page.getByRole('article').last();
  expect(
    await answer.locator('.markdown').locator('script, iframe, img, form, style, base, object, embed').count(),
  ).toBe(0);
  const attributes = await answer
    .locator('.markdown *')
    .evaluateAll((elements) =>
      elements.flatMap((element) => element.getAttributeNames().filter((name) => /^on|^style$|^src/.test(name))),
    );
  expect(attributes).toEqual([]);
  const protocols = await answer
    .locator('.markdown a')
    .evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).protocol));
  expect(new Set(protocols)).toEqual(new Set(['https:']));
  for (const link of await answer.locator('.markdown a').all()) {
    expect(await link.getAttribute('rel')).toContain('noopener');
    expect(await link.getAttribute('target')).toBe('_blank');
  }
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
  expect(elsewhere).toEqual([]);
  // Shown, not swallowed.
  await expect(answer).toContainText('<script>globalThis.pwned = 1</script>');
});

test('a link shows where it leads, unless its text says so', async ({ view }) => {
  const page = await view('popup');
  const html = await page.evaluate(() =>
    testing
      .renderBlocks(
        '[your bank](https://evil.example/x) https://example.org/ [example.org](https://example.org/) [bank.example](https://evil.example)',
      )
      .map((block) => (block.kind === 'html' ? block.html : ''))
      .join(''),
  );
  expect(html.match(/link-host">\(([^)]*)\)/g)).toEqual(['link-host">(evil.example)', 'link-host">(evil.example)']);
});

test('blocks that are complete keep their elements while the answer grows', async ({ view }) => {
  const page = await view('popup');
  const kept = await page.evaluate(() => {
    const before = testing.renderBlocks('# Title\n\nOne.\n\nTwo');
    const after = testing.renderBlocks('# Title\n\nOne.\n\nTwo three', before);
    return after.map((block, position) => block === before[position]);
  });
  expect(kept).toEqual([true, true, false]);
});
