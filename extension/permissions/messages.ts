/**
 * What our own pages ask the background about sites: questions, grants, budgets, activity.
 *
 * @module
 */
import * as v from 'valibot';
import type { ErrorData } from '../../engine/protocol/errors.ts';
import { ActivitySettingsSchema } from './activity.ts';
import type { ActivityEntry, ActivitySettings } from './activity.ts';
import { SiteSettingsSchema } from './budget.ts';
import type { Budget, SiteSettings } from './budget.ts';
import type { ReadingGrant } from './reading.ts';
import { SiteSchema, siteEntries } from './site.ts';
import type { Site } from './site.ts';

export const DecisionSchema = v.picklist(['once', 'always', 'never', 'dismissed']);
/** An answer of the permission window; 'dismissed' is closing it. */
export type Decision = v.InferOutput<typeof DecisionSchema>;

/** All that is known of a site. */
export interface SiteRecord {
  site: Site;
  /** None: it is asked about when it asks again. */
  decision?: 'once' | 'always' | 'never';
  decidedMs?: number;
  lastUsedMs?: number;
  requests: number;
  tokens: number;
  busyMs: number;
  hour: { tokens: number; busyMs: number; endsMs: number };
  settings: SiteSettings;
  budget: Budget;
}
/** A site whose pages the side panel may read. */
export interface ReadableSite extends ReadingGrant {
  /** The browser's leave is needed for `LanguageModel`, too. */
  languageModel: boolean;
}
export interface ActivityPage {
  settings: ActivitySettings;
  /** Latest first. */
  entries: ActivityEntry[];
}

const questionId = v.pipe(v.string(), v.maxLength(64));
export const PermissionMessageSchema = v.variant('permissions', [
  v.strictObject({ permissions: v.literal('question'), id: questionId }),
  v.strictObject({ permissions: v.literal('answer'), id: questionId, decision: DecisionSchema }),
  v.strictObject({ permissions: v.literal('sites') }),
  v.strictObject({ permissions: v.literal('allow'), site: SiteSchema }),
  v.strictObject({ permissions: v.literal('revoke'), site: SiteSchema }),
  v.strictObject({ permissions: v.literal('configure'), site: SiteSchema, settings: SiteSettingsSchema }),
  v.strictObject({ permissions: v.literal('reading.allow'), origin: siteEntries.origin }),
  v.strictObject({ permissions: v.literal('reading.list') }),
  v.strictObject({ permissions: v.literal('reading.revoke'), origin: siteEntries.origin }),
  v.strictObject({ permissions: v.literal('activity'), before: v.optional(v.number()) }),
  v.strictObject({ permissions: v.literal('activity.configure'), settings: ActivitySettingsSchema }),
  v.strictObject({ permissions: v.literal('activity.clear') }),
]);
export type PermissionMessage = v.InferOutput<typeof PermissionMessageSchema>;
export type PermissionReply = { result: unknown } | { error: ErrorData };
