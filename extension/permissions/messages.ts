/**
 * What our own pages ask the background about grants.
 *
 * @module
 */
import * as v from 'valibot';
import type { ErrorData } from '../../engine/protocol/errors.ts';

export const DecisionSchema = v.picklist(['once', 'always', 'never', 'dismissed']);
/** An answer of the permission window; 'dismissed' is closing it. */
export type Decision = v.InferOutput<typeof DecisionSchema>;

export interface Grant {
  origin: string;
  decision: 'once' | 'always' | 'never';
  createdMs: number;
  lastUsedMs?: number;
}

const questionId = v.pipe(v.string(), v.maxLength(64));
export const PermissionMessageSchema = v.variant('permissions', [
  v.strictObject({ permissions: v.literal('question'), id: questionId }),
  v.strictObject({ permissions: v.literal('answer'), id: questionId, decision: DecisionSchema }),
  v.strictObject({ permissions: v.literal('list') }),
  v.strictObject({ permissions: v.literal('revoke'), origin: v.string() }),
]);
export type PermissionMessage = v.InferOutput<typeof PermissionMessageSchema>;
export type PermissionReply = { result: unknown } | { error: ErrorData };
