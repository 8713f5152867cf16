import type { Services } from '../services.ts';
import type { RemedyKind } from './advice.ts';

export type Remedy = (kind: RemedyKind) => void;

/** What the one button of an advice does. */
export function createRemedy({ monitor, session }: Services, openModels: () => void): Remedy {
  return (kind) => {
    switch (kind) {
      case 'restart':
        return void monitor.restart();
      case 'fetch-again':
        return void monitor.fetchAgain();
      case 'reload':
        return location.reload();
      case 'new-chat':
        return session.newChat();
      case 'retry':
        return void session.retry();
      case 'models':
        return openModels();
    }
  };
}
