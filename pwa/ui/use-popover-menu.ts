/**
 * A button that opens a menu in a popover: the focus goes into the menu, around it by keys, and back when it closes.
 *
 * @module
 */
import { useId, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent, TargetedToggleEvent } from 'preact';
import { MenuKeys } from './chat/menu-keys.ts';

interface MenuEvents {
  /** Before the popover is seen. */
  onOpening?: (button: HTMLElement, popover: HTMLElement) => void;
  /** Its items are drawn; none has the focus yet. */
  onOpened?: (button: HTMLElement, popover: HTMLElement) => void;
}

/** What goes onto the button, onto the popover, and onto the element in it that has the role of a menu. */
export function usePopoverMenu({ onOpening, onOpened }: MenuEvents) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const keys = useRef<MenuKeys>(undefined);
  /** How often it was opened; undefined: it is closed. */
  const [opening, setOpening] = useState<number>();
  const close = () => popover.current?.hidePopover();
  const onBeforeToggle = ({ newState, currentTarget }: TargetedToggleEvent<HTMLDivElement>) => {
    if (newState !== 'open') return;
    if (button.current) onOpening?.(button.current, currentTarget);
    keys.current = new MenuKeys();
    setOpening((before = 0) => before + 1);
  };
  // Emptied once it is closed: the browser gives the focus back only from within it.
  const onToggle = ({ newState, currentTarget }: TargetedToggleEvent<HTMLDivElement>) => {
    if (newState === 'closed') return setOpening(undefined);
    if (button.current) onOpened?.(button.current, currentTarget);
    const items = itemsIn(currentTarget);
    (items.find(({ ariaChecked }) => ariaChecked === 'true') ?? items[0])?.focus();
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    event.stopPropagation(); // keys mean nothing else while a menu is open
    if (event.key === 'Tab') close(); // the focus is on the button again, and goes on from there
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const items = itemsIn(event.currentTarget);
    const names = items.map((item) => item.textContent);
    const current = items.findIndex((item) => item === document.activeElement);
    const target = keys.current?.target(event.key, names, current, event.timeStamp);
    if (target === undefined) return;
    event.preventDefault();
    items[target]?.focus();
  };
  return {
    /** Draws the menu anew each time it is opened, as its `key`; undefined: there is nothing to draw. */
    opening,
    close,
    button: {
      ref: button,
      type: 'button',
      'aria-haspopup': 'menu',
      'aria-expanded': opening !== undefined,
      popovertarget: id,
    },
    popover: { id, ref: popover, popover: 'auto', onBeforeToggle, onToggle },
    menu: { role: 'menu', onKeyDown },
  } as const;
}

const itemsIn = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>('[role=menuitemradio], [role=menuitem]')];
