/**
 * Grants as our own pages see them: the permission window and the options page.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { watchGrants } from './grants.ts';
import type { Decision, Grant, PermissionMessage, PermissionReply } from './messages.ts';

export type { Decision, Grant };

/** What the permission window `permission.html?id=…` asks about; undefined once it is answered or withdrawn. */
export async function pendingQuestion(id: string): Promise<{ origin: string } | undefined> {
  return ((await ask({ permissions: 'question', id })) as { origin: string } | null) ?? undefined;
}

export async function answerQuestion(id: string, decision: Decision): Promise<void> {
  await ask({ permissions: 'answer', id, decision });
}

/** Every site with a decision, newest first. */
export async function listGrants(): Promise<Grant[]> {
  return (await ask({ permissions: 'list' })) as Grant[];
}

/** Forgets the decision; whatever the site runs ends at once. */
export async function revokeGrant(origin: string): Promise<void> {
  await ask({ permissions: 'revoke', origin });
}

/** Returns what stops it. */
export function onGrantsChanged(listener: () => void): () => void {
  return watchGrants(listener);
}

async function ask(message: PermissionMessage): Promise<unknown> {
  const reply = await browser.runtime.sendMessage<PermissionMessage, PermissionReply | undefined>(message);
  if (!reply) throw new LocalLLMError('disconnected', 'localLLM did not answer. Close this window and try again.');
  if ('error' in reply) throw LocalLLMError.fromData(reply.error);
  return reply.result;
}
