import { useEffect, useRef, useState } from 'preact/hooks';
import { type ModelInfo, SETTINGS_LIMITS } from '../../../engine/client/index.ts';
import { NumberField } from '../fields/number-field.tsx';
import { adaptersFor, type Draft } from './settings.ts';

interface AttachedAdaptersProps {
  model: ModelInfo;
  models: readonly ModelInfo[];
  attached: Draft['adapters'];
  onChange: (attached: Draft['adapters']) => void;
}

/** LoRA adapters of a model, each with how strongly it works. */
export function AttachedAdapters({ model, models, attached, onChange }: AttachedAdaptersProps) {
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLFieldSetElement>(null);
  /** Takes the focus once it is there. */
  const [added, setAdded] = useState<string>();
  useEffect(() => {
    if (added === undefined) return;
    list.current?.querySelector<HTMLInputElement>('li:last-child input')?.select();
    setAdded(undefined);
  }, [added]);
  const free = adaptersFor(model, models).filter(({ id }) => attached.every((one) => one.id !== id));
  const add = (id: string) => {
    onChange([...attached, { id, scale: 1 }]);
    setAdded(id);
  };
  const remove = (id: string) => {
    onChange(attached.filter((one) => one.id !== id));
    field.current?.focus();
  };
  return (
    <fieldset ref={field} class="field adapters" tabIndex={-1}>
      <legend>Adapters</legend>
      {attached.length > 0 && (
        <ul ref={list}>
          {attached.map(({ id, scale }, index) => (
            <Attached
              key={id}
              adapter={models.find((one) => one.id === id)}
              id={id}
              scale={scale}
              onScale={(chosen) => onChange(attached.with(index, { id, scale: chosen }))}
              onRemove={() => remove(id)}
            />
          ))}
        </ul>
      )}
      {attached.length < SETTINGS_LIMITS.adapters ? (
        <Free adapters={free} model={model} none={attached.length === 0} onAdd={add} />
      ) : (
        <p class="faint small">At most {SETTINGS_LIMITS.adapters} can be attached at once.</p>
      )}
    </fieldset>
  );
}

interface AttachedProps {
  adapter: ModelInfo | undefined;
  id: string;
  scale: number | undefined;
  onScale: (scale: number | undefined) => void;
  onRemove: () => void;
}

function Attached({ adapter, id, scale, onScale, onRemove }: AttachedProps) {
  const name = adapter?.name ?? id;
  return (
    <li>
      <NumberField
        label={name}
        hint={adapter?.state === 'stored' ? undefined : 'It is not on this device any more: the model does without.'}
        value={scale}
        fallback={1}
        min={-SETTINGS_LIMITS.adapterScale}
        max={SETTINGS_LIMITS.adapterScale}
        step={0.05}
        sliderMin={0}
        sliderMax={2}
        onChange={onScale}
      />
      <button type="button" class="small quiet danger" aria-label={`Remove ${name}`} onClick={onRemove}>
        Remove
      </button>
    </li>
  );
}

interface FreeProps {
  adapters: readonly ModelInfo[];
  model: ModelInfo;
  none: boolean;
  onAdd: (id: string) => void;
}

/** Those that can be attached beside. */
function Free({ adapters, model: { architecture }, none, onAdd }: FreeProps) {
  const select = useRef<HTMLSelectElement>(null);
  if (adapters.length === 0) {
    if (!none) return null;
    const kind = architecture === undefined ? 'this model' : `${architecture} models`;
    return (
      <p class="faint small">No adapter for {kind} is on this device. LoRA files in GGUF are added as models are.</p>
    );
  }
  return (
    <div class="add-row">
      <select ref={select} aria-label="Adapter">
        {adapters.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <button type="button" onClick={() => select.current && onAdd(select.current.value)}>
        Attach
      </button>
    </div>
  );
}
