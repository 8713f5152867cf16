import { Dialog } from './dialog.tsx';
import { keyNames, platformOf, SHORTCUTS, signAlone } from './shortcuts.ts';

const GROUPS = ['Chats', 'Writing', 'More'] as const;

/** Every keyboard shortcut, with the keys of this platform. */
export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const platform = platformOf(navigator.userAgent);
  const all = Object.values(SHORTCUTS);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      {GROUPS.map((group) => (
        <section key={group} class="shortcuts" aria-label={group}>
          <h3>{group}</h3>
          <dl>
            {all
              .filter((shortcut) => shortcut.group === group)
              .map(({ label, keys }) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>
                    {keys.map((one, index) => (
                      <span key={one.key}>
                        {index > 0 && ' or '}
                        {keyNames(one, platform).map((name, position) => (
                          <>
                            {position > 0 && ' '}
                            <kbd>{name}</kbd>
                          </>
                        ))}
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
      <p class="faint small">
        ↑ edits while nothing is typed. In the list of chats: arrows, Home and End, Enter opens, F2 renames, Delete
        deletes.
      </p>
      <label class="shortcuts-alone">
        <input
          type="checkbox"
          defaultChecked={signAlone.get()}
          onChange={({ currentTarget }) => signAlone.set(currentTarget.checked)}
        />
        ? alone shows this list
      </label>
    </Dialog>
  );
}
