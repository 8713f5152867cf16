/**
 * Where WebGPU is to be found, and which browser this is.
 *
 * @module
 */
export interface BrowserSupport {
  id: 'chromium' | 'safari' | 'firefox';
  name: string;
  needs: string;
}

export const BROWSERS: readonly BrowserSupport[] = [
  {
    id: 'chromium',
    name: 'Chrome, Edge, Brave',
    needs: 'Version 113 or later (on Android 121). On Linux it may need chrome://flags/#enable-unsafe-webgpu.',
  },
  {
    id: 'safari',
    name: 'Safari',
    needs: 'Version 26 or later: iOS 26, iPadOS 26, macOS 26. Every browser on an iPhone needs iOS 26.',
  },
  {
    id: 'firefox',
    name: 'Firefox',
    needs: 'Version 141 or later on Windows, 145 or later on a Mac with Apple silicon. Not yet on Linux and Android.',
  },
];

/** The family of a user agent string; undefined for one that is not listed. */
export function browserOf(userAgent: string): BrowserSupport['id'] | undefined {
  // Every browser on iOS is Safari inside.
  if (isIos(userAgent)) return 'safari';
  if (/\bFirefox\//.test(userAgent)) return 'firefox';
  if (/Chrom(e|ium)\//.test(userAgent)) return 'chromium';
  return /\bSafari\//.test(userAgent) ? 'safari' : undefined;
}

/** iPads call themselves Macs, but have a touch screen. */
export function isIos(userAgent: string, touchPoints = 0): boolean {
  return /\b(iPhone|iPad|iPod)\b/.test(userAgent) || (/\bMacintosh\b/.test(userAgent) && touchPoints > 1);
}
