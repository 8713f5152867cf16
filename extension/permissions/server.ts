/**
 * Answers what our own pages ask about sites; runs in the background.
 *
 * @module
 */
import { parseChecked } from '../../engine/protocol/checks.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { Activity } from './activity.ts';
import { budgetOf } from './budget.ts';
import type { SettingsOfSites } from './budget.ts';
import type { Grant, Grants, OnceGrant } from './grants.ts';
import { PermissionMessageSchema } from './messages.ts';
import type { PermissionMessage, PermissionReply, ReadableSite, SiteRecord } from './messages.ts';
import type { Offers } from './offers.ts';
import type { Questions } from './questions.ts';
import type { ReadingGrant, ReadingGrants } from './reading.ts';
import { ownerKey, siteOf } from './site.ts';
import type { Site } from './site.ts';
import { hourEndsMs } from './usage.ts';
import type { SiteUsage, Usage } from './usage.ts';

export interface PermissionServerOptions {
  grants: Pick<Grants, 'list' | 'allow' | 'revoke' | 'sweep'>;
  questions: Pick<Questions, 'pending' | 'answer'>;
  settings: Pick<SettingsOfSites, 'list' | 'set'>;
  usage: Pick<Usage, 'list' | 'forget'>;
  activity: Pick<Activity, 'list' | 'settings' | 'configure' | 'clear'>;
  reading: Pick<ReadingGrants, 'list' | 'allow'>;
  offers: Pick<Offers, 'needs' | 'endReading'>;
  /** Whether the document is still there. */
  isThere(grant: OnceGrant): Promise<boolean>;
}

export function isPermissionMessage(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'permissions' in message;
}

/** Answers one message. The caller has made sure that a page of ours sent it. */
export async function answerPermissionMessage(
  message: unknown,
  options: PermissionServerOptions,
): Promise<PermissionReply> {
  try {
    const checked = parseChecked(PermissionMessageSchema, message, 'message');
    return { result: (await answer(checked, options)) ?? null };
  } catch (error) {
    return { error: LocalLLMError.from(error).toData() };
  }
}

async function answer(message: PermissionMessage, options: PermissionServerOptions): Promise<unknown> {
  const { grants, questions, settings, usage, activity, reading, offers } = options;
  switch (message.permissions) {
    case 'question':
      return questions.pending(message.id);
    case 'answer':
      return questions.answer(message.id, message.decision);
    case 'sites':
      await grants.sweep((grant) => options.isThere(grant));
      return records(await grants.list(), await usage.list(), await settings.list());
    case 'allow':
      return grants.allow(message.site);
    case 'revoke':
      await grants.revoke(message.site);
      await settings.set(message.site, {});
      return usage.forget(message.site);
    case 'configure':
      return settings.set(message.site, message.settings);
    case 'reading.allow':
      return reading.allow(message.origin);
    case 'reading.list':
      return readable(await reading.list(), offers);
    case 'reading.revoke':
      return offers.endReading(message.origin);
    case 'activity':
      return { settings: await activity.settings(), entries: await activity.list(message.before) };
    case 'activity.configure':
      return activity.configure(message.settings);
    case 'activity.clear':
      return activity.clear();
  }
}

function readable(sites: ReadingGrant[], offers: Pick<Offers, 'needs'>): Promise<ReadableSite[]> {
  return Promise.all(sites.map(async (site) => ({ ...site, languageModel: await offers.needs(site.origin) })));
}

/** Every site that has a decision, has used something, or has settings of its own; last used first. */
function records(
  grants: Grant[],
  used: (SiteUsage & Site)[],
  settings: Awaited<ReturnType<SettingsOfSites['list']>>,
): SiteRecord[] {
  const bySite = new Map<string, SiteRecord>();
  const recordOf = (site: Site): SiteRecord => {
    const key = ownerKey(site);
    let record = bySite.get(key);
    if (!record) {
      const nothing = { requests: 0, tokens: 0, busyMs: 0, hour: { tokens: 0, busyMs: 0, endsMs: 0 } };
      record = { site: siteOf(site), ...nothing, settings: {}, budget: budgetOf({}) };
      bySite.set(key, record);
    }
    return record;
  };
  // The oldest first, and what lasts after what holds once: the last one written stands.
  const rank = ({ decision }: Grant) => (decision === 'once' ? 0 : 1);
  for (const grant of grants.toReversed().toSorted((a, b) => rank(a) - rank(b))) {
    const { decision, createdMs, lastUsedMs } = grant;
    Object.assign(recordOf(grant), { decision, decidedMs: createdMs }, lastUsedMs !== undefined && { lastUsedMs });
  }
  for (const usage of used) {
    const { requests, tokens, busyMs, lastUsedMs, hour } = usage;
    const record = recordOf(usage);
    Object.assign(record, { requests, tokens, busyMs });
    record.lastUsedMs = Math.max(lastUsedMs, record.lastUsedMs ?? 0);
    record.hour = { tokens: hour.tokens, busyMs: hour.busyMs, endsMs: hourEndsMs(usage) };
  }
  for (const { origin, top, ...own } of settings) {
    const record = recordOf({ origin, ...(top !== undefined && { top }) });
    record.settings = own;
    record.budget = budgetOf(own);
  }
  const latest = ({ lastUsedMs, decidedMs }: SiteRecord) => Math.max(lastUsedMs ?? 0, decidedMs ?? 0);
  return [...bySite.values()].sort((a, b) => latest(b) - latest(a));
}
