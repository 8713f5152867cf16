/**
 * For how long a browser keeps what this app stores, in words.
 *
 * @module
 */
import { isIos } from '../engine/browsers.ts';

export interface StorageFacts {
  userAgent: string;
  touchPoints: number;
  /** The app runs in its own window. */
  installed: boolean;
  /** The browser has promised to remove nothing by itself. */
  persisted: boolean;
}

/** What websites lose in browsers with WebKit's tracking prevention, and installed apps do not. */
export function lossWithout(system: 'iOS' | 'macOS'): string {
  const who = system === 'iOS' ? 'iOS removes what a website stores' : 'Safari removes what a website stores';
  return `${who} after seven days of browsing without a visit to it; of installed apps it counts only the days on which they are used.`;
}

/** What happens to models and chats, and whether installing would change it. */
export function keepingOf({ userAgent, touchPoints, installed, persisted }: StorageFacts): {
  text: string;
  helps?: 'install' | 'ask';
} {
  const ios = isIos(userAgent, touchPoints);
  const webkit = ios || (/\bMacintosh\b/.test(userAgent) && /\bVersion\/\d/.test(userAgent));
  if (webkit && !installed) {
    return { text: `Models and chats may go. ${lossWithout(ios ? 'iOS' : 'macOS')}`, helps: 'install' };
  }
  if (persisted) return { text: 'The browser keeps models and chats until you delete them.' };
  const who = ios ? 'iOS' : 'the browser';
  return { text: `When the disk is nearly full, ${who} may remove models and chats.`, helps: 'ask' };
}
