import { useId, useRef, useState } from 'preact/hooks';
import { LocalLLMError, type ModelInfo, type ModelSettings, SETTINGS_LIMITS } from '../../../engine/client/index.ts';
import { Dialog } from '../dialog.tsx';
import { ChoiceField } from '../fields/choice-field.tsx';
import { samplingBelow } from '../fields/sampling.ts';
import { SamplingFields } from '../fields/sampling-fields.tsx';
import { Segments } from '../fields/segments.tsx';
import { formatBytes } from '../format.ts';
import { AttachedAdapters } from './attached-adapters.tsx';
import { contextChoices, type Draft, draftOf, effectOf, nothingSet, settingsOf, usualContext } from './settings.ts';

interface SettingsDialogProps {
  model: ModelInfo;
  models: readonly ModelInfo[];
  onSave: (settings: ModelSettings) => Promise<void>;
  onClose: () => void;
}

/** What a person sets for one model. */
export function SettingsDialog({ model, models, onSave, onClose }: SettingsDialogProps) {
  const [draft, setDraft] = useState(() => draftOf(model.settings, usualContext(model)));
  const { busy, problem, save } = useSaving(onSave, onClose);
  const form = useRef<HTMLFormElement>(null);
  const settings = settingsOf(draft);
  const change = (changes: Partial<Draft>) => setDraft((now) => ({ ...now, ...changes }));
  const submit = (event: Event) => {
    event.preventDefault();
    if (!showMistake(form.current!)) void save(settings);
  };
  return (
    <Dialog title={`Settings of ${model.name}`} onClose={onClose}>
      <form ref={form} class="model-settings" onSubmit={submit} noValidate>
        <Memory model={model} draft={draft} onChange={change} />
        <SamplingFields
          value={draft.sampling}
          below={samplingBelow(model.catalog?.sampling)}
          ownName="As the model"
          onChange={(sampling) => change({ sampling })}
        />
        <SystemPrompt value={draft.system} onChange={(system) => change({ system })} />
        <AttachedAdapters
          model={model}
          models={models}
          attached={draft.adapters}
          onChange={(adapters) => change({ adapters })}
        />
        <div class="dialog-foot">
          {problem !== undefined && (
            <p class="model-problem" role="alert">
              {problem}
            </p>
          )}
          <p class="faint small" role="status">
            {consequenceOf(model, settings)}
          </p>
          <div class="actions">
            <button type="button" class="quiet" disabled={nothingSet(settings)} onClick={() => setDraft(draftOf({}))}>
              Reset all
            </button>
            <span class="gap" />
            <button type="button" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" class="primary" disabled={busy}>
              {busy ? 'Saving…' : 'Save'}
            </button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}

function useSaving(onSave: SettingsDialogProps['onSave'], onClose: () => void) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const save = async (settings: ModelSettings) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onSave(settings);
      onClose();
    } catch (thrown) {
      setProblem(LocalLLMError.from(thrown).message);
      setBusy(false);
    }
  };
  return { busy, problem, save };
}

/** Leads to the first field that cannot be taken as it is; whether there is one. */
function showMistake(form: HTMLFormElement): boolean {
  const wrong = form.querySelector<HTMLElement>('[aria-invalid="true"]');
  const folded = wrong?.closest('details');
  if (folded) folded.open = true;
  wrong?.focus();
  return wrong !== null;
}

/** What saving means now. */
function consequenceOf({ settings: before, loaded }: ModelInfo, after: ModelSettings): string {
  const effect = effectOf(before, after);
  if (effect === 'none') return '';
  if (!loaded) return 'Takes effect when the model is loaded.';
  if (effect === 'reload') return 'The model is loaded again once the answers that are being written have finished.';
  if (effect === 'attach') return 'Takes effect once the answers that are being written have finished.';
  return 'Takes effect with the next answer.';
}

interface PartProps {
  model: ModelInfo;
  draft: Draft;
  onChange: (changes: Partial<Draft>) => void;
}

function Memory({ model, draft: { contextTokens, kvType }, onChange }: PartProps) {
  const { fit } = model;
  const now =
    fit && fit.contextTokens > 0
      ? ` Now it takes ${fit.basis === 'size' ? 'about ' : ''}${formatBytes(fit.gpuBytes)} of GPU memory with ${fit.contextTokens.toLocaleString('en')} tokens.`
      : '';
  return (
    <>
      <ChoiceField
        label="Context"
        hint={`What one conversation may hold. A longer one takes more memory, and is shortened where it does not fit.${now}`}
        value={contextTokens}
        options={contextChoices(model)}
        onChange={(chosen) => onChange({ contextTokens: chosen })}
      />
      <Segments<Draft['kvType']>
        label="Memory of the conversation"
        hint="In 8 bits it takes half the memory, and answers may differ a little."
        value={kvType}
        options={[
          ['f16', '16 bits'],
          ['q8', '8 bits'],
        ]}
        onChange={(chosen) => onChange({ kvType: chosen })}
      />
    </>
  );
}

function SystemPrompt({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>System prompt</label>
      <textarea
        id={id}
        rows={3}
        maxLength={SETTINGS_LIMITS.systemChars}
        placeholder="None"
        value={value}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <p id={`${id}-hint`} class="faint small">
        New chats here begin with it. Sites neither see nor get it.
      </p>
    </div>
  );
}
