import { Keeps } from '../ui/install/keeps.tsx';
import { InstallButton } from './install.tsx';
import type { Installer } from './installer.ts';

/** For how long the browser keeps models and chats, and what would make it longer. */
export function Keeping({ installer }: { installer: Installer }) {
  return (
    <section class="keeping" aria-labelledby="keeping-title">
      <h3 id="keeping-title">What is stored here</h3>
      <Keeps />
      <div class="actions">
        <InstallButton installer={installer} />
      </div>
    </section>
  );
}
