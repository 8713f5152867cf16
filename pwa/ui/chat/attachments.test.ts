import { expect, test } from 'vitest';
import { MAX_TEXT_CHARS } from '../../../engine/protocol/messages.ts';
import { cleanName, decodeText, draftFit, readTextFile } from './attachments.ts';

const TEXT = 'Größe: 3 €\nname,年齢\t😀\n';
const utf8 = (text: string) => new TextEncoder().encode(text);
function utf16(text: string, littleEndian: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let at = 0; at < text.length; at++) view.setUint16(at * 2, text.charCodeAt(at), littleEndian);
  return new Uint8Array(view.buffer);
}

test.each([
  ['UTF-8', utf8(TEXT)],
  ['UTF-8 with its mark', utf8(`\ufeff${TEXT}`)],
  ['UTF-16 LE with its mark', utf16(`\ufeff${TEXT}`, true)],
  ['UTF-16 BE with its mark', utf16(`\ufeff${TEXT}`, false)],
  ['UTF-16 LE', utf16(TEXT, true)],
  ['UTF-16 BE', utf16(TEXT, false)],
])('text in %s is read', (_, bytes) => expect(decodeText(bytes)).toBe(TEXT));

test.each([
  ['a picture', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d]],
  ['a PDF with compressed parts', [...utf8('%PDF-1.7\n'), 0x78, 0x9c, 0xed, 0xc1, 0x31, 0x01]],
  ['zeros', Array.from({ length: 64 }, () => 0)],
  ['Latin-1', [0x47, 0x72, 0xf6, 0xdf, 0x65]],
  ['half a surrogate', [0xff, 0xfe, 0x00, 0xd8]],
])('%s is no text', (_, bytes) => expect(decodeText(new Uint8Array(bytes))).toBeUndefined());

test('every file that cannot be attached says why', async () => {
  await expect(readTextFile(new File([new Uint8Array([0, 1, 2])], 'a.bin'))).rejects.toMatchObject({
    code: 'not-supported',
    message: expect.stringMatching(/“a\.bin” is not a text file/),
  });
  await expect(readTextFile(new File([' \n'], 'blank.txt'))).rejects.toMatchObject({ code: 'bad-argument' });
  const large = new File(['x'.repeat(MAX_TEXT_CHARS + 1)], 'large.txt');
  await expect(readTextFile(large)).rejects.toMatchObject({
    code: 'quota',
    message: expect.stringContaining('1.0 MB'),
  });
  const lost = Object.assign(new File(['x'], 'lost'), { arrayBuffer: () => Promise.reject(new Error('gone')) });
  await expect(readTextFile(lost)).rejects.toMatchObject({ code: 'storage' });
});

test('ends of lines are those of the web, and a name is one line', async () => {
  expect(await readTextFile(new File(['a\r\nb\rc'], 'x\u202e\ny.txt'))).toEqual({ name: 'x y.txt', text: 'a\nb\nc' });
  expect(cleanName('\u0000')).toBe('text');
  expect(cleanName('😀'.repeat(200))).toBe(`${'😀'.repeat(120)}…`);
});

test('a draft fits, leaves little room, or is too long by so much', () => {
  expect(draftFit({ tokens: 812, contextTokens: 4096 })).toEqual({
    verdict: 'fits',
    text: 'Fits: 812 of 4,096 tokens.',
  });
  expect(draftFit({ tokens: 4000, contextTokens: 4096 }).verdict).toBe('tight');
  expect(draftFit({ tokens: 4095, contextTokens: 4096 }).verdict).toBe('tight');
  expect(draftFit({ tokens: 4096, contextTokens: 4096 })).toMatchObject({
    verdict: 'too-long',
    text: expect.stringContaining('by 1 token.'),
  });
  expect(draftFit({ tokens: 5329, contextTokens: 4096 }).text).toContain('by 1,234 tokens.');
});
