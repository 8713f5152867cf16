/**
 * Sites as our own pages see them: the permission window and the options page.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { ActivitySettings } from './activity.ts';
import { watchActivitySettings } from './activity.ts';
import { watchSettings } from './budget.ts';
import type { SiteSettings } from './budget.ts';
import { watchGrants } from './grants.ts';
import { hostPermission } from './host-permission.ts';
import type {
  ActivityPage,
  Decision,
  PermissionMessage,
  PermissionReply,
  ReadableSite,
  SiteRecord,
} from './messages.ts';
import { watchReading } from './reading.ts';
import type { Site } from './site.ts';
import { watchUsage } from './usage.ts';

/** What the permission window `permission.html?id=…` asks about; undefined once it is answered or withdrawn. */
export async function pendingQuestion(id: string): Promise<Site | undefined> {
  return ((await ask({ permissions: 'question', id })) as Site | null) ?? undefined;
}

export async function answerQuestion(id: string, decision: Decision): Promise<void> {
  await ask({ permissions: 'answer', id, decision });
}

/** Notes that the person let the side panel read a site's pages, once the browser has its leave for it. */
export async function allowReading(origin: string): Promise<void> {
  await ask({ permissions: 'reading.allow', origin });
}

/** The icon that the browser has of a site, and its own sign where it has none; nothing is fetched for it. */
export function siteIcon(origin: string): string {
  const query = new URLSearchParams({ pageUrl: `${origin}/`, size: '32' });
  return `${location.origin}/_favicon/?${query}`;
}

/** The sites view's source. */
export const sites = {
  list: async () => (await ask({ permissions: 'sites' })) as SiteRecord[],
  async allow(origin: string): Promise<void> {
    await ask({ permissions: 'allow', site: { origin } });
  },
  /** Forgets the site; whatever it runs ends at once. */
  async revoke(site: Site): Promise<void> {
    await ask({ permissions: 'revoke', site });
  },
  /** @throws LocalLLMError not-allowed, where the browser asked the person about the site and was told no */
  async configure(site: Site, settings: SiteSettings): Promise<void> {
    if (settings.languageModel) await requestHost(site.origin);
    await ask({ permissions: 'configure', site, settings });
  },
  readable: async () => (await ask({ permissions: 'reading.list' })) as ReadableSite[],
  async revokeReading(origin: string): Promise<void> {
    await ask({ permissions: 'reading.revoke', origin });
  },
  onChange(listener: () => void): () => void {
    const stops = [watchGrants(listener), watchSettings(listener), watchUsage(listener), watchReading(listener)];
    return () => stops.forEach((stop) => stop());
  },
  icon: siteIcon,
};

/** The activity view's source. */
export const activity = {
  list: async (before?: number) =>
    (await ask({ permissions: 'activity', ...(before !== undefined && { before }) })) as ActivityPage,
  async configure(settings: ActivitySettings): Promise<void> {
    await ask({ permissions: 'activity.configure', settings });
  },
  async clear(): Promise<void> {
    await ask({ permissions: 'activity.clear' });
  },
  onChange(listener: () => void): () => void {
    const stops = [watchActivitySettings(listener), watchUsage(listener)];
    return () => stops.forEach((stop) => stop());
  },
};

/** A script that a site finds before its own needs the browser's leave for that site. */
async function requestHost(origin: string): Promise<void> {
  // First of all: the browser asks only while the click that led here is fresh.
  if (await browser.permissions.request(hostPermission(origin))) return;
  throw new LocalLLMError('not-allowed', `The browser was not allowed to let localLLM prepare the pages of ${origin}.`);
}

async function ask(message: PermissionMessage): Promise<unknown> {
  const reply = await browser.runtime.sendMessage<PermissionMessage, PermissionReply | undefined>(message);
  if (!reply) throw new LocalLLMError('disconnected', 'localLLM did not answer. Close this window and try again.');
  if ('error' in reply) throw LocalLLMError.fromData(reply.error);
  return reply.result;
}
