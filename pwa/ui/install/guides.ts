/**
 * How this app is installed in browsers that do not offer it themselves: Safari, and all browsers on iOS.
 *
 * @module
 */
import { isIos } from '../engine/browsers.ts';

export type GuideId = 'iphone' | 'ipad' | 'ios-browser' | 'ios-inside' | 'mac';
export type Picture = 'more' | 'share' | 'share-top' | 'add-row' | 'confirm' | 'home' | 'file-menu' | 'dock' | 'safari';

export interface Guide {
  id: GuideId;
  /** What it is called there. */
  title: string;
  system: 'iOS' | 'macOS';
  steps: readonly { picture: Picture; text: string }[];
}

export interface BrowserFacts {
  userAgent: string;
  touchPoints: number;
  /** The app runs in its own window already. */
  installed: boolean;
}

const ADD = { picture: 'add-row', text: 'Scroll down and choose **Add to Home Screen**.' } as const;
const CONFIRM = {
  picture: 'confirm',
  text: 'Leave **Open as Web App** on where it is shown, and tap **Add**.',
} as const;
const OPEN = {
  picture: 'home',
  text: 'Open it from the Home Screen once while online. The app has a storage of its own: chats made here stay here.',
} as const;
const ON_IOS = { title: 'Add to Home Screen', system: 'iOS' } as const;

const GUIDES: Record<GuideId, Omit<Guide, 'id'>> = {
  iphone: {
    ...ON_IOS,
    steps: [
      {
        picture: 'more',
        text: 'Tap **···** beside the address, then **Share**. Some layouts show Share in the bar itself.',
      },
      ADD,
      CONFIRM,
      OPEN,
    ],
  },
  ipad: {
    ...ON_IOS,
    steps: [{ picture: 'share-top', text: 'Tap **Share** in the bar at the top.' }, ADD, CONFIRM, OPEN],
  },
  'ios-browser': {
    ...ON_IOS,
    steps: [
      {
        picture: 'share',
        text: 'Tap **Share**: in Chrome at the end of the address bar, elsewhere in the browser’s menu.',
      },
      ADD,
      CONFIRM,
      OPEN,
    ],
  },
  'ios-inside': {
    ...ON_IOS,
    steps: [
      { picture: 'safari', text: 'This browser cannot install apps. Open this page in **Safari**.' },
      { picture: 'share', text: 'Tap **Share**: on an iPhone behind **···** beside the address.' },
      ADD,
      CONFIRM,
    ],
  },
  mac: {
    title: 'Add to Dock',
    system: 'macOS',
    steps: [
      { picture: 'file-menu', text: 'Choose **File → Add to Dock…** in the menu bar, or **Share → Add to Dock**.' },
      { picture: 'confirm', text: 'Click **Add**.' },
      {
        picture: 'dock',
        text: 'Open it from the Dock once while online. The app has a storage of its own: chats made here stay here.',
      },
    ],
  },
};

/** Browsers with Safari's engine beside Safari, by the name they carry. */
const OTHERS = /\b(CriOS|FxiOS|EdgiOS|OPiOS|OPT|DuckDuckGo|Brave|YaBrowser|Ddg)\b/;
/** They may add to the Home Screen from here on. */
const OTHERS_SINCE = 16.4;
/** Safari on a Mac may from here on. */
const DOCK_SINCE = 17;

/** The guide for this browser; undefined where the browser offers installation itself, cannot install, or has done it. */
export function guideFor({ userAgent, touchPoints, installed }: BrowserFacts): Guide | undefined {
  if (installed) return undefined;
  const id = isIos(userAgent, touchPoints) ? iosGuide(userAgent) : macGuide(userAgent);
  return id && { id, ...GUIDES[id] };
}

function iosGuide(userAgent: string): GuideId {
  const [, major, minor] = /\bOS (\d+)[_.](\d+)/.exec(userAgent) ?? [];
  // A browser that asks for desktop pages does not tell the system's version: those of today may.
  const version = major === undefined ? Infinity : Number(`${major}.${minor}`);
  if (OTHERS.test(userAgent)) return version >= OTHERS_SINCE ? 'ios-browser' : 'ios-inside';
  // Inside another app: only Safari says both.
  if (!/\bVersion\/\d/.test(userAgent) || !/\bSafari\//.test(userAgent)) return 'ios-inside';
  return /\b(iPhone|iPod)\b/.test(userAgent) ? 'iphone' : 'ipad';
}

function macGuide(userAgent: string): GuideId | undefined {
  if (OTHERS.test(userAgent)) return undefined;
  const [, version] = /\bMacintosh\b.*\bVersion\/(\d+).*\bSafari\//.exec(userAgent) ?? [];
  return Number(version) >= DOCK_SINCE ? 'mac' : undefined;
}
