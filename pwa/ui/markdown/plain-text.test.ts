import { expect, test } from 'vitest';
import { plainText } from './plain-text.ts';

test.each([
  ['## Of **boats** and _ships_ ##', 'Of boats and ships'],
  ['***Both***, ~~none~~, `a * b` and 2 * 3 * 4', 'Both, none, a * b and 2 * 3 * 4'],
  [
    'See [the **docs**](https://example.org/a_b "Title") or <https://example.org/c>.',
    'See the docs (example.org) or https://example.org/c.',
  ],
  ['By [name][n].\n\n[n]: https://example.org', 'By name (example.org).'],
  ['[Mail](mailto:a@example.org), [b](b.html), [run](javascript:x())', 'Mail (a@example.org), b, run'],
  ['![A cat](cat.png) and ![](dog.png)', 'A cat and image'],
  ['> quoted\n> twice\n\n---\n\nafter', 'quoted\ntwice\nafter'],
  ['Buy:\n\n- eggs\n- [x] *milk*\n  1. whole\n  2. skimmed', 'Buy:\n• eggs\n• milk\n1. whole\n2. skimmed'],
  ['3. three\n\n4. four', '3. three\n4. four'],
  ['| a | **b** |\n|---|---|\n| 1 | `2` |', 'a b\n1 2'],
  ['Run:\n\n```sh\n# not a heading\nls *.ts\n```\nDone.', 'Run:\n# not a heading\nls *.ts\nDone.'],
  ['one  \ntwo\\\nthree', 'one\ntwo\nthree'],
  [
    '\\*kept\\* &lt;b&gt; &#8364; &toString; R&D &amp;lt; snake_case_name',
    '*kept* <b> € &toString; R&D &lt; snake_case_name',
  ],
  ['<b>shown</b>\n\n<div>\nas it is</div>', '<b>shown</b>\n<div>\nas it is</div>'],
  ['', ''],
])('%j', (markdown, text) => expect(plainText(markdown)).toBe(text));

test('what no parser reads stays as it is written', () => {
  const deep = '>'.repeat(20_000);
  expect(plainText(deep)).toBe(deep);
});
