import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { usePopoverMenu } from './use-popover-menu.ts';

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
  const { opening, close, button, popover, menu } = usePopoverMenu({ onOpened: placeBeside });
  return (
    <>
      <button {...button} class="quiet icon-only" aria-label={label} title={label} tabIndex={tabIndex}>
        <Icon name="more" />
      </button>
      <div {...popover} class="menu">
        {opening !== undefined && (
          <div key={opening} {...menu} aria-label={label}>
            {entries().map(({ label: name, icon, danger, onChoose }) => (
              <button
                key={name}
                type="button"
                role="menuitem"
                tabIndex={-1}
                class={danger ? 'menu-item danger' : 'menu-item'}
                onClick={() => {
                  close();
                  onChoose();
                }}
              >
                <Icon name={icon} />
                {name}
              </button>
            ))}
          </div>
        )}
      </div>
    </>
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
