import { useId, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent, TargetedToggleEvent } from 'preact';
import type { ModelInfo } from '../../../engine/client/index.ts';
import type { MonitorState } from '../engine/monitor.ts';
import { summaryOf } from '../engine/status-chip.tsx';
import { Icon } from '../icons.tsx';
import { useObservable } from '../observable.ts';
import { MenuKeys } from './menu-keys.ts';
import type { ModelChoice } from './model-choice.ts';
import { ModelItems } from './model-items.tsx';

interface ModelMenuProps {
  choice: ModelChoice;
  engine: MonitorState;
  onOpenModels: () => void;
}

/** The model that answers and what it is doing; opens the choice of another one. */
export function ModelMenu({ choice, engine, onOpenModels }: ModelMenuProps) {
  const { switchingTo } = useObservable(choice);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  /** How often it was opened; undefined: it is closed. */
  const [opening, setOpening] = useState<number>();
  const { tone, text } = headOf(engine, choice.model, switchingTo);
  const close = () => popover.current?.hidePopover();
  const onBeforeToggle = ({ newState, currentTarget }: TargetedToggleEvent<HTMLDivElement>) => {
    if (newState !== 'open') return;
    if (button.current) placeBelow(button.current, currentTarget);
    setOpening((before = 0) => before + 1);
  };
  // Emptied once it is closed: the browser gives the focus back only from within it.
  const onToggle = ({ newState, currentTarget }: TargetedToggleEvent<HTMLDivElement>) => {
    if (newState === 'closed') return setOpening(undefined);
    const items = itemsIn(currentTarget);
    (items.find(({ ariaChecked }) => ariaChecked === 'true') ?? items[0])?.focus();
  };
  return (
    <div class="model-choice">
      <button
        ref={button}
        type="button"
        class={`chip model-button ${tone}`}
        aria-label={`Model: ${text}`}
        aria-haspopup="menu"
        aria-expanded={opening !== undefined}
        popovertarget={id}
        title={text}
      >
        <span class="dot" aria-hidden="true" />
        <span class="chip-text">{text}</span>
        <Icon name="expand" />
      </button>
      <span class="visually-hidden" role="status">
        {text}
      </span>
      <div id={id} ref={popover} popover="auto" class="model-menu" onBeforeToggle={onBeforeToggle} onToggle={onToggle}>
        {opening !== undefined && (
          <Opened
            key={opening}
            choice={choice}
            engine={engine}
            onChoose={(model) => {
              close();
              // The one that answers now can be kept while another is waited for.
              if (switchingTo || !model.isDefault || !model.loaded) void choice.choose(model);
            }}
            onOpenModels={() => {
              close();
              onOpenModels();
            }}
            onClose={close}
          />
        )}
      </div>
    </div>
  );
}

interface OpenedProps {
  choice: ModelChoice;
  engine: MonitorState;
  onChoose: (model: ModelInfo) => void;
  onOpenModels: () => void;
  onClose: () => void;
}

function Opened({ choice, engine, onChoose, onOpenModels, onClose }: OpenedProps) {
  const { models, problem } = useObservable(choice);
  const note = useId();
  const [keys] = useState(() => new MenuKeys());
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    event.stopPropagation(); // keys mean nothing else while a menu is open
    if (event.key === 'Tab') onClose(); // the focus is on the button again, and goes on from there
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const items = itemsIn(event.currentTarget);
    const current = items.findIndex((item) => item === document.activeElement);
    const target = keys.target(
      event.key,
      items.map((item) => item.textContent),
      current,
      event.timeStamp,
    );
    if (target === undefined) return;
    event.preventDefault();
    items[target]?.focus();
  };
  return (
    <>
      <header>
        <h2>Model</h2>
        <button type="button" class="quiet icon-only" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {problem && <p class="hint">{problem} Connecting again…</p>}
      {!models && !problem && <p class="menu-note">Looking at what is stored…</p>}
      <div role="menu" aria-label="Model" aria-describedby={note} onKeyDown={onKeyDown}>
        {models && <ModelItems models={models} status={engine.status} onChoose={onChoose} />}
        <button type="button" role="menuitem" tabIndex={-1} class="menu-item" onClick={onOpenModels}>
          <Icon name="plus" />
          Get more models…
        </button>
      </div>
      <p class="menu-note" id={note}>
        All chats, and the sites that you allowed, share one model. Answers that are being written finish first.
      </p>
    </>
  );
}

const itemsIn = (menu: HTMLElement) => [...menu.querySelectorAll<HTMLElement>('[role=menuitemradio], [role=menuitem]')];

/** At the button's left edge, and inside the window. Style sheets make it a sheet at the bottom of phones. */
function placeBelow(button: HTMLElement, menu: HTMLElement): void {
  const { left, bottom } = button.getBoundingClientRect();
  menu.style.setProperty('--menu-left', `${left}px`);
  menu.style.setProperty('--menu-top', `${bottom + 6}px`);
}

/** What stands in the head: what the engine is doing, or that another model is about to come. */
export function headOf(engine: MonitorState, model: ModelInfo | undefined, switchingTo: ModelInfo | undefined) {
  const state = engine.status?.state;
  const summary = summaryOf(engine);
  if (switchingTo && state !== 'downloading' && state !== 'loading' && !engine.disconnected) {
    return { tone: 'busy', text: `Changing to ${switchingTo.name}` } as const;
  }
  const name = engine.status?.model?.name ?? model?.name;
  if (state === undefined || state === 'ready' || name === undefined || engine.disconnected) return summary;
  return { ...summary, text: `${name} · ${summary.text.toLowerCase()}` };
}
