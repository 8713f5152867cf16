import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
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
  const [open, setOpen] = useState(false);
  const onBeforeToggle = ({ newState }: TargetedToggleEvent<HTMLDivElement>) => newState === 'open' && setOpen(true);
  const onToggle = ({ newState, currentTarget }: TargetedToggleEvent<HTMLDivElement>) => {
    if (newState === 'open' && button.current) placeBeside(button.current, currentTarget);
    // Not before it is hidden: the browser gives the focus back only from what is still there.
    if (newState === 'closed') setOpen(false);
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
        aria-expanded={open}
        title={label}
        popovertarget={id}
        tabIndex={tabIndex}
      >
        <Icon name="more" />
      </button>
      <div id={id} ref={popover} popover="auto" class="menu" onBeforeToggle={onBeforeToggle} onToggle={onToggle}>
        {open && <Entries label={label} entries={entries()} onClose={close} />}
      </div>
    </>
  );
}

function Entries({ label, entries, onClose }: { label: string; entries: readonly MenuEntry[]; onClose: () => void }) {
  const menu = useRef<HTMLDivElement>(null);
  const [keys] = useState(() => new MenuKeys());
  const items = () => [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  useLayoutEffect(() => {
    // What is not shown yet takes no focus.
    const frame = requestAnimationFrame(() => items()[0]?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    event.stopPropagation(); // keys mean nothing else while a menu is open
    if (event.key === 'Tab') onClose();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = items();
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
    <div ref={menu} role="menu" aria-label={label} onKeyDown={onKeyDown}>
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

/** Below the button and flush with its right edge, above it where there is no room. */
function placeBeside(button: HTMLElement, menu: HTMLElement): void {
  const { right, top, bottom } = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = bottom + GAP + height <= innerHeight || top < height;
  menu.style.left = `${Math.max(GAP, Math.min(right - width, innerWidth - width - GAP))}px`;
  menu.style.top = `${below ? bottom + GAP : top - GAP - height}px`;
}
