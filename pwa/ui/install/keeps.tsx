import { useEffect, useState } from 'preact/hooks';
import { isInstalled } from './installed.ts';
import { keepingOf } from './keeping.ts';

/** For how long the browser keeps what is stored, and a way to ask for more where there is one. */
export function Keeps() {
  const [persisted, setPersisted] = useState<boolean>();
  const storage: Partial<StorageManager> | undefined = navigator.storage;
  const read = () => storage?.persisted?.().then(setPersisted, () => setPersisted(undefined));
  useEffect(() => void read(), []);
  const { userAgent, maxTouchPoints: touchPoints } = navigator;
  const { text, askable } = keepingOf({
    userAgent,
    touchPoints,
    installed: isInstalled(),
    persisted: persisted === true,
  });
  const ask = () => void storage?.persist?.().then(read, () => {}); // a context that may not ask
  return (
    <p class="faint small">
      {text}{' '}
      {askable && persisted === false && (
        <button type="button" class="link" onClick={ask}>
          Ask it to keep them
        </button>
      )}
    </p>
  );
}
