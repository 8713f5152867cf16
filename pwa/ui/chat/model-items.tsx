import { useId } from 'preact/hooks';
import type { EngineStatus, ModelInfo } from '../../../engine/client/index.ts';
import { formatBytes, formatPercent, formatSpeed } from '../format.ts';
import { Icon } from '../icons.tsx';
import { FitTag } from '../models/fit.tsx';
import { choosable, obstacleOf } from './model-choice.ts';

interface ModelItemsProps {
  models: readonly ModelInfo[];
  status: EngineStatus | undefined;
  onChoose: (model: ModelInfo) => void;
}

/** The models that there are, one of them checked; belongs into a menu. */
export function ModelItems({ models, status, onChoose }: ModelItemsProps) {
  const list = choosable(models);
  if (list.length === 0) return null;
  return (
    <div role="group" aria-label="On this device" class="menu-group">
      {list.map((model) => (
        <ModelItem key={model.id} model={model} status={status} onChoose={onChoose} />
      ))}
    </div>
  );
}

interface ModelItemProps extends Omit<ModelItemsProps, 'models'> {
  model: ModelInfo;
}

function ModelItem({ model, status, onChoose }: ModelItemProps) {
  const { name, isDefault, fit } = model;
  const id = useId();
  const obstacle = obstacleOf(model);
  const state = stateOf(model, status);
  return (
    <button
      type="button"
      role="menuitemradio"
      tabIndex={-1}
      class="menu-item"
      aria-checked={isDefault}
      aria-disabled={obstacle !== undefined}
      aria-labelledby={`${id}-name`}
      aria-describedby={`${id}-facts`}
      onClick={() => obstacle === undefined && onChoose(model)}
    >
      <span class="menu-check">{isDefault && <Icon name="check" />}</span>
      <span class="menu-text">
        <span id={`${id}-name`} class="menu-name">
          {name}
        </span>
        <span id={`${id}-facts`} class="menu-facts">
          {state && <span class={`tag ${state.tone}`}>{state.text}</span>}
          {!model.loaded && <FitTag fit={fit} />}
          <span>{factsOf(model)}</span>
          {obstacle && <span class="menu-obstacle">{obstacle}</span>}
        </span>
      </span>
    </button>
  );
}

/** What the engine has to do with it now. */
export function stateOf(
  { id, state, loaded, storedBytes, bytes }: ModelInfo,
  status: EngineStatus | undefined,
): { tone: string; text: string } | undefined {
  const own = status?.model?.id === id ? status : undefined;
  if (state === 'downloading')
    return { tone: '', text: `Downloading ${formatPercent(bytes > 0 ? storedBytes / bytes : 0)}` };
  if (own?.state === 'loading') return { tone: '', text: 'Loading' };
  if (own?.state === 'failed') return { tone: 'bad', text: 'Failed' };
  return loaded ? { tone: 'good', text: 'Loaded' } : undefined;
}

/** '640 MB · Q8_0 · 41.2 tokens/s here' */
export function factsOf({ bytes, quantization, speed, state }: ModelInfo): string {
  const size = state === 'absent' || state === 'paused' ? `${formatBytes(bytes)} to download` : formatBytes(bytes);
  const pace = speed && speed.decode > 0 && `${formatSpeed(speed.decode)} here`;
  return [size, quantization, pace].filter(Boolean).join(' · ');
}
