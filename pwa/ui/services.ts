/**
 * What the views work with, made once per window.
 *
 * @module
 */
import { createClient } from '../../engine/client/index.ts';
import type { Client, Connect } from '../../engine/client/index.ts';
import { keepDraft } from './chat/kept-draft.ts';
import { ModelChoice } from './chat/model-choice.ts';
import { ChatSession } from './chat/session.ts';
import { EngineMonitor } from './engine/monitor.ts';
import { createFleetingHistory } from './history/fleeting-history.ts';
import { createHistory } from './history/history.ts';

export interface Services {
  client: Client;
  monitor: EngineMonitor;
  session: ChatSession;
  choice: ModelChoice;
  /** Chats are kept nowhere. */
  fleeting: boolean;
}

/**
 * @param fleeting in a private window, of which nothing stays
 * @param keepsAttachments whether what is attached and not sent outlives the window
 */
export function createServices(connect: Connect, { fleeting = false, keepsAttachments = true } = {}): Services {
  const client = createClient(connect);
  const monitor = new EngineMonitor(client);
  const choice = new ModelChoice(client);
  const session = new ChatSession({
    client,
    history: fleeting ? createFleetingHistory() : createHistory(),
    modelName: () => monitor.value.status?.model?.name,
    defaultSystem: () => choice.model?.settings.system,
  });
  if (!fleeting) keepDraft(session, keepsAttachments);
  return { client, monitor, session, choice, fleeting };
}
