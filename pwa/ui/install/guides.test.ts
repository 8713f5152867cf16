import { expect, test } from 'vitest';
import { guideFor } from './guides.ts';

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const TAIL = 'Mobile/15E148 Safari/604.1';

test.each([
  ['Safari on an iPhone', `${IPHONE} Version/26.0 ${TAIL}`, 5, 'iphone'],
  ['Safari on an iPad', `${MAC} Version/26.0 Safari/605.1.15`, 5, 'ipad'],
  ['Safari on a Mac', `${MAC} Version/26.0 Safari/605.1.15`, 0, 'mac'],
  ['Safari on a Mac before it could', `${MAC} Version/16.6 Safari/605.1.15`, 0, undefined],
  ['DuckDuckGo on a Mac', `${MAC} Version/26.0 Safari/605.1.15 Ddg/26.0`, 0, undefined],
  ['Chrome on an iPhone', `${IPHONE} CriOS/156.0 ${TAIL}`, 5, 'ios-browser'],
  ['Firefox on an iPhone', `${IPHONE} FxiOS/150.0 ${TAIL}`, 5, 'ios-browser'],
  ['Edge on an iPhone', `${IPHONE} Version/18.0 EdgiOS/150.0 ${TAIL}`, 5, 'ios-browser'],
  [
    'Chrome on an iPad that asks for desktop pages',
    `${MAC} CriOS/156 Version/11.1.1 Safari/605.1.15`,
    5,
    'ios-browser',
  ],
  ['Chrome on an old iPhone', `${IPHONE.replace('18_6', '16_3')} CriOS/110.0 ${TAIL}`, 5, 'ios-inside'],
  ['a page inside another app', `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/500]`, 5, 'ios-inside'],
  ['Chrome on a Mac', `${MAC.replace('605', '537')} Chrome/156.0.0.0 Safari/537.36`, 0, undefined],
  [
    'Safari’s engine on Linux',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 Version/60.5 Safari/605.1.15',
    0,
    undefined,
  ],
  ['Firefox', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0', 0, undefined],
])('%s', (_, userAgent, touchPoints, id) => {
  expect(guideFor({ userAgent, touchPoints, installed: false })?.id).toBe(id);
  expect(guideFor({ userAgent, touchPoints, installed: true })).toBeUndefined();
});
