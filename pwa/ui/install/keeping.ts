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

/** What happens to models and chats. */
export function keepingOf({ userAgent, touchPoints, installed, persisted }: StorageFacts): {
  text: string;
  /** Asking the browser may make it longer. */
  askable: boolean;
} {
  const ios = isIos(userAgent, touchPoints);
  const webkit = ios || (/\bMacintosh\b/.test(userAgent) && /\bVersion\/\d/.test(userAgent));
  if (webkit && !installed) {
    return { text: `Install localLLM to keep models and chats. ${lossWithout(ios ? 'iOS' : 'macOS')}`, askable: false };
  }
  if (persisted) return { text: 'The browser keeps models and chats until you delete them.', askable: false };
  const who = ios ? 'iOS' : 'the browser';
  return { text: `When the disk is nearly full, ${who} may remove models and chats.`, askable: true };
}
