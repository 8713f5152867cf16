import { expect, test } from 'vitest';
import { legible, quoted } from './errors.ts';

test.each([
  ['blk.0.attn_q', '"blk.0.attn_q"'],
  ['a"b\\\n', '"a\\"b\\\\\\n"'],
  ['naïve 🙂', '"naïve 🙂"'],
  ['a\u007f\u202eb\u200b', '"a\\u007f\\u202eb\\u200b"'],
  ['\ud83d', '"\\ud83d"'],
  ['x'.repeat(100_000), `"${'x'.repeat(80)}…"`],
])('text out of a file in a message: %#', (text, expected) => {
  expect(quoted(text)).toBe(expected);
});

test.each([
  ['Roles must alternate, "naïve" 🙂', 'Roles must alternate, "naïve" 🙂'],
  ['two\r\nlines\u0007', 'two lines '],
  ['a\u202eb\ud83d', 'a b\ufffd'],
  ['x'.repeat(100_000), `${'x'.repeat(300)}…`],
])('what a file has to say in a message: %#', (text, expected) => {
  expect(legible(text)).toBe(expected);
});
