import { useState } from 'preact/hooks';
import type { ChatSession } from './chat/session.ts';
import { useShortcuts } from './shortcuts.ts';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';

interface AwayShortcutsProps {
  session: ChatSession;
  onChat: () => void;
  onModels: () => void;
}

/** The keyboard shortcuts of the views beside the chat: those that lead to it, and their list. */
export function AwayShortcuts({ session, onChat, onModels }: AwayShortcutsProps) {
  const [help, setHelp] = useState(false);
  useShortcuts(() => ({
    'new-chat': () => {
      session.newChat();
      onChat();
    },
    composer: onChat,
    models: onModels,
    help: () => setHelp(true),
  }));
  return help ? <ShortcutsDialog onClose={() => setHelp(false)} /> : null;
}
