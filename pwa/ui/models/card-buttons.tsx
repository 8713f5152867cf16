import type { ModelInfo } from '../../../engine/client/index.ts';
import { isCopied } from './filters.ts';

export interface CardActions {
  /** Makes it the default, and loads it. */
  use: () => void;
  load: () => void;
  unload: () => void;
  pause: () => void;
  resume: () => void;
  save: () => void;
  rename: () => void;
  remove: () => void;
  configure: () => void;
  /** Another of its files. */
  get: (quantization: string | undefined) => void;
}

interface CardButtonsProps extends CardActions {
  model: ModelInfo;
  loading: boolean;
  failed: boolean;
  busy: boolean;
  /** Id of the model's name. */
  title: string;
}

export function CardButtons({ model, loading, failed, busy, title, ...actions }: CardButtonsProps) {
  const stored = model.state === 'stored';
  const primary = mainOf(model, loading, failed, actions);
  const others: [label: string, act: () => void, waits: boolean][] = stored
    ? [
        ...(model.kind === 'model'
          ? [['Settings', actions.configure, false] satisfies [string, () => void, boolean]]
          : []),
        ['Rename', actions.rename, false],
        ['Export', actions.save, true],
      ]
    : [];
  return (
    <div class="actions">
      {primary && (
        <button
          type="button"
          class={`small ${primary.strong ? 'primary' : ''}`}
          disabled={busy}
          aria-describedby={title}
          onClick={primary.act}
        >
          {primary.label}
        </button>
      )}
      {others.map(([label, act, waits]) => (
        <button
          key={label}
          type="button"
          class="small quiet"
          disabled={waits && busy}
          aria-describedby={title}
          onClick={act}
        >
          {label}
        </button>
      ))}
      <button type="button" class="small quiet danger" aria-describedby={title} onClick={actions.remove}>
        {stored ? 'Delete' : 'Cancel'}
      </button>
    </div>
  );
}

interface Main {
  label: string;
  act: () => void;
  strong: boolean;
}

/** The one thing that is done next. */
function mainOf(model: ModelInfo, loading: boolean, failed: boolean, actions: CardActions): Main | undefined {
  const { state, kind, loaded, isDefault, resumes } = model;
  const { use, load, unload, pause, resume } = actions;
  if (state === 'stored') {
    if (kind === 'adapter') return undefined;
    if (loading) return { label: 'Stop', act: unload, strong: false };
    if (isDefault && loaded) return { label: 'Unload', act: unload, strong: false };
    if (failed) return { label: 'Try again', act: isDefault ? load : use, strong: true };
    if (isDefault) return { label: 'Load', act: load, strong: true };
    return { label: loaded ? 'Make default' : 'Use this model', act: use, strong: true };
  }
  if (isCopied(model)) return undefined; // its file is not known any more
  if (state === 'downloading') return { label: 'Pause', act: pause, strong: false };
  if (resumes) return { label: 'Go on now', act: resume, strong: false };
  return { label: failed ? 'Try again' : 'Resume', act: resume, strong: true };
}
