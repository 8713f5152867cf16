import { useId, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent, TargetedToggleEvent } from 'preact';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { MenuKeys } from './chat/menu-keys.ts';

export interface MenuEntry {
  label: string;
  icon: IconName;
  danger?: boolean;
  onChoose: () => void;
}

interface MenuButtonProps {
  label: string;
  entries: () => readonly MenuEntry[];
  tabIndex?: number;
}

const GAP = 4;

/** Opens a menu of things to do, over whatever is there, dialogs too. */
export function MenuButton({ label, entries, tabIndex = 0 }: MenuButtonProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  /** How often it was opened; undefined: it is closed. */
  const [opening, setOpening] = useState<number>();
  const onBeforeToggle = ({ newState }: TargetedToggleEvent<HTMLDivElement>) =>
    newState === 'open' && setOpening((before = 0) => before + 1);
  // Emptied once it is closed: the browser gives the focus back only from within it.
  const onToggle = ({ newState, currentTarget }: TargetedToggleEvent<HTMLDivElement>) => {
    if (newState === 'closed') return setOpening(undefined);
    if (button.current) placeBeside(button.current, currentTarget);
    itemsIn(currentTarget)[0]?.focus();
  };
  const close = () => popover.current?.hidePopover();
  return (
    <>
      <button
        ref={button}
        type="button"
        class="quiet icon-only"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={opening !== undefined}
        title={label}
        popovertarget={id}
        tabIndex={tabIndex}
      >
        <Icon name="more" />
      </button>
      <div id={id} ref={popover} popover="auto" class="menu" onBeforeToggle={onBeforeToggle} onToggle={onToggle}>
        {opening !== undefined && <Entries key={opening} label={label} entries={entries()} onClose={close} />}
      </div>
    </>
  );
}

function Entries({ label, entries, onClose }: { label: string; entries: readonly MenuEntry[]; onClose: () => void }) {
  const [keys] = useState(() => new MenuKeys());
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    event.stopPropagation(); // keys mean nothing else while a menu is open
    if (event.key === 'Tab') onClose();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = itemsIn(event.currentTarget);
    const target = keys.target(
      event.key,
      all.map((item) => item.textContent),
      all.findIndex((item) => item === document.activeElement),
      event.timeStamp,
    );
    if (target === undefined) return;
    event.preventDefault();
    all[target]?.focus();
  };
  return (
    <div role="menu" aria-label={label} onKeyDown={onKeyDown}>
      {entries.map(({ label: name, icon, danger, onChoose }) => (
        <button
          key={name}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={danger ? 'menu-item danger' : 'menu-item'}
          onClick={() => {
            onClose();
            onChoose();
          }}
        >
          <Icon name={icon} />
          {name}
        </button>
      ))}
    </div>
  );
}

const itemsIn = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')];

/** Below the button and flush with its right edge, above it where there is no room. */
function placeBeside(button: HTMLElement, menu: HTMLElement): void {
  const { right, top, bottom } = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = bottom + GAP + height <= innerHeight || top < height;
  menu.style.left = `${Math.max(GAP, Math.min(right - width, innerWidth - width - GAP))}px`;
  menu.style.top = `${below ? bottom + GAP : top - GAP - height}px`;
}
