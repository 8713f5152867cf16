/**
 * Answers what our own pages ask about grants; runs in the background.
 *
 * @module
 */
import { parseChecked } from '../../engine/protocol/checks.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { Grants } from './grants.ts';
import { PermissionMessageSchema } from './messages.ts';
import type { PermissionMessage, PermissionReply } from './messages.ts';
import type { Questions } from './questions.ts';

export function isPermissionMessage(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'permissions' in message;
}

/** Answers one message. The caller has made sure that a page of ours sent it. */
export async function answerPermissionMessage(
  message: unknown,
  grants: Pick<Grants, 'list' | 'revoke'>,
  questions: Pick<Questions, 'pending' | 'answer'>,
): Promise<PermissionReply> {
  try {
    const checked = parseChecked(PermissionMessageSchema, message, 'message');
    return { result: (await answer(checked, grants, questions)) ?? null };
  } catch (error) {
    return { error: LocalLLMError.from(error).toData() };
  }
}

async function answer(
  message: PermissionMessage,
  grants: Pick<Grants, 'list' | 'revoke'>,
  questions: Pick<Questions, 'pending' | 'answer'>,
): Promise<unknown> {
  switch (message.permissions) {
    case 'question':
      return questions.pending(message.id);
    case 'answer':
      return questions.answer(message.id, message.decision);
    case 'list':
      return grants.list();
    case 'revoke':
      return grants.revoke(message.origin);
  }
}
