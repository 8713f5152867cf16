import { useId } from 'preact/hooks';
import type { ModelInfo } from '../../../engine/client/index.ts';
import type { MonitorState } from '../engine/monitor.ts';
import { summaryOf } from '../engine/status-chip.tsx';
import { Icon } from '../icons.tsx';
import { useObservable } from '../observable.ts';
import { usePopoverMenu } from '../use-popover-menu.ts';
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
  const { opening, close, button, popover, menu } = usePopoverMenu({ onOpening: placeBelow });
  const { tone, text } = headOf(engine, choice.model, switchingTo);
  return (
    <div class="model-choice">
      <button {...button} class={`chip model-button ${tone}`} aria-label={`Model: ${text}`} title={text}>
        <span class="dot" aria-hidden="true" />
        <span class="chip-text">{text}</span>
        <Icon name="expand" />
      </button>
      <span class="visually-hidden" role="status">
        {text}
      </span>
      <div {...popover} class="model-menu">
        {opening !== undefined && (
          <Opened
            key={opening}
            choice={choice}
            engine={engine}
            menu={menu}
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
  menu: ReturnType<typeof usePopoverMenu>['menu'];
  onChoose: (model: ModelInfo) => void;
  onOpenModels: () => void;
  onClose: () => void;
}

function Opened({ choice, engine, menu, onChoose, onOpenModels, onClose }: OpenedProps) {
  const { models, problem } = useObservable(choice);
  const note = useId();
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
      <div {...menu} aria-label="Model" aria-describedby={note}>
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
