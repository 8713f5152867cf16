import type { Services } from '../services.ts';

/** In a private window: what becomes of the chat. */
export function PrivateNote({ services: { fleeting }, place }: { services: Services; place: 'popup' | 'panel' }) {
  if (!fleeting) return null;
  return (
    <p class="composer-note">Private window: chats here are kept nowhere, and are gone when this {place} closes.</p>
  );
}
