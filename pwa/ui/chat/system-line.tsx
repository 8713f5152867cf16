import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import { settingsBelow, systemOf } from './chat-settings.ts';

interface SystemLineProps {
  services: Pick<Services, 'session' | 'choice'>;
  onOpen: () => void;
}

/** What the model was told before this chat, in one line; nothing where it was told nothing. */
export function SystemLine({ services: { session, choice }, onOpen }: SystemLineProps) {
  const { settings, conversation } = useObservable(session);
  useObservable(choice);
  const system = systemOf(settings, settingsBelow(choice.model), conversation !== undefined);
  if (system.trim() === '') return null;
  return (
    <button type="button" class="system-line" onClick={onOpen}>
      <span class="system-name">System prompt:</span> <span class="system-text">{system}</span>
    </button>
  );
}
