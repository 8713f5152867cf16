/**
 * What the views work with, made once per window.
 *
 * @module
 */
import { createClient } from '../../engine/client/index.ts';
import type { Client, Connect } from '../../engine/client/index.ts';
import { ModelChoice } from './chat/model-choice.ts';
import { ChatSession } from './chat/session.ts';
import { EngineMonitor } from './engine/monitor.ts';
import { createHistory } from './history/history.ts';

export interface Services {
  client: Client;
  monitor: EngineMonitor;
  session: ChatSession;
  choice: ModelChoice;
}

export function createServices(connect: Connect): Services {
  const client = createClient(connect);
  const session = new ChatSession({ client, history: createHistory() });
  return { client, monitor: new EngineMonitor(client), session, choice: new ModelChoice(client) };
}
