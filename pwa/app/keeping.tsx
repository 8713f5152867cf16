import { useEffect, useState } from 'preact/hooks';
import { keepingOf } from '../ui/install/keeping.ts';
import { InstallButton } from './install.tsx';
import { type Installer, isInstalled } from './installer.ts';

/** For how long the browser keeps models and chats, and what would make it longer. */
export function Keeping({ installer }: { installer: Installer }) {
  const [persisted, setPersisted] = useState<boolean>();
  const storage: Partial<StorageManager> | undefined = navigator.storage;
  const read = () => storage?.persisted?.().then(setPersisted, () => setPersisted(undefined));
  useEffect(() => void read(), []);
  const { userAgent, maxTouchPoints: touchPoints } = navigator;
  const facts = { userAgent, touchPoints, installed: isInstalled(), persisted: persisted === true };
  const { text, helps } = keepingOf(facts);
  const ask = () => void storage?.persist?.().then(read);
  return (
    <section class="keeping" aria-labelledby="keeping-title">
      <h3 id="keeping-title">What is stored here</h3>
      <p class="faint">{text}</p>
      <div class="actions">
        {helps === 'ask' && persisted === false && (
          <button type="button" onClick={ask}>
            Ask it to keep them
          </button>
        )}
        <InstallButton installer={installer} />
      </div>
    </section>
  );
}
