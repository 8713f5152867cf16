import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { LocalLLMError, type ModelInfo, SETTINGS_LIMITS } from '../../../engine/client/index.ts';
import { Dialog } from '../dialog.tsx';
import { NumberField } from '../fields/number-field.tsx';
import { SamplingFields } from '../fields/sampling-fields.tsx';
import { Segments } from '../fields/segments.tsx';
import type { ChatSettings } from '../history/records.ts';
import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import {
  asModelSettings,
  changed,
  changesIn,
  samplingOf,
  type SettingChanges,
  type SettingsBelow,
  settingsBelow,
  systemOf,
} from './chat-settings.ts';
import type { ChatSession } from './session.ts';

interface ChatSettingsDialogProps {
  services: Pick<Services, 'session' | 'choice'>;
  /** Whether it was opened to write the system prompt. */
  atSystem: boolean;
  onClose: () => void;
}

const SAVE_MS = 250;
const NO_SAMPLING = {
  temperature: undefined,
  topP: undefined,
  topK: undefined,
  minP: undefined,
  repetitionPenalty: undefined,
} satisfies SettingChanges;
const THINKING = [
  [undefined, 'Default'],
  [true, 'Think first'],
  [false, 'Answer at once'],
] as const;

/** How the model is told to answer in this chat. What is changed holds from the next answer on. */
export function ChatSettingsDialog({ services: { session, choice }, atSystem, onClose }: ChatSettingsDialogProps) {
  const { conversation } = useObservable(session);
  const { models } = useObservable(choice);
  const { draft, change } = useDraft(session);
  const model = models?.find(({ isDefault }) => isDefault);
  const below = settingsBelow(model);
  const began = conversation !== undefined;
  const system = systemOf(draft, below, began);
  const setSystem = (text: string) => change({ system: asSystem(text, below, began) });
  const reset = () => {
    change({ ...NO_SAMPLING, maxTokens: undefined, seed: undefined, thinking: undefined });
    setSystem(below.system);
  };
  const keep = async (kept: ModelInfo) => {
    await choice.configure(kept.id, asModelSettings(draft, kept, began));
    change(NO_SAMPLING); // the model's own now
  };
  return (
    <Dialog title="Chat settings" onClose={onClose}>
      <div class="chat-settings">
        <p class="faint small">They hold in this chat, from the next answer on.</p>
        <SystemField value={system} below={below.system} focus={atSystem} onChange={setSystem} />
        <SamplingFields
          value={samplingOf(draft)}
          below={below.sampling}
          ownName="Default"
          onChange={(sampling) => change({ ...NO_SAMPLING, ...sampling })}
        />
        <OtherFields draft={draft} change={change} />
        {model && <NewChats model={model} save={keep} />}
        <div class="settings-end">
          <button
            type="button"
            class="small"
            disabled={changesIn(draft, below, began).length === 0 && Object.keys(samplingOf(draft)).length === 0}
            onClick={reset}
          >
            Reset to defaults
          </button>
          <button type="button" class="primary" onClick={onClose}>
            Done
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** What models have no settings of their own for. */
function OtherFields({ draft, change }: { draft: ChatSettings; change: (changes: SettingChanges) => void }) {
  return (
    <>
      <Segments
        label="Thinking"
        hint="Only models that were made to think before they answer can."
        value={draft.thinking}
        options={THINKING}
        onChange={(thinking) => change({ thinking })}
      />
      <NumberField
        label="Longest answer"
        unit="tokens"
        value={draft.maxTokens}
        fallback="no limit"
        min={1}
        max={1 << 20}
        step={1}
        onChange={(maxTokens) => change({ maxTokens })}
      />
      <NumberField
        label="Seed"
        hint="With the same number, the same question is answered the same way."
        value={draft.seed}
        fallback="random"
        min={0}
        max={0xffff_ffff}
        step={1}
        onChange={(seed) => change({ seed })}
      />
    </>
  );
}

/** The settings as they are being changed: saved a moment after, and when the dialog goes. */
function useDraft(session: ChatSession) {
  const [draft, setDraft] = useState<ChatSettings>(session.value.settings);
  const unsaved = useRef<SettingChanges>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const save = () => {
    clearTimeout(timer.current);
    if (unsaved.current) session.setSettings(unsaved.current);
    unsaved.current = undefined;
  };
  useLayoutEffect(() => save, []); // at once: the page may go right after the dialog
  const change = (changes: SettingChanges) => {
    setDraft((before) => changed(before, changes));
    unsaved.current = { ...unsaved.current, ...changes };
    clearTimeout(timer.current);
    timer.current = setTimeout(save, SAVE_MS);
  };
  return { draft, change };
}

/** Undefined where that means the same: a chat that did not begin takes its model's, one that did takes none. */
function asSystem(text: string, below: SettingsBelow, began: boolean): string | undefined {
  return text === (began ? '' : below.system) ? undefined : text;
}

interface SystemFieldProps {
  value: string;
  /** The model's; empty: none. */
  below: string;
  focus: boolean;
  onChange: (text: string) => void;
}

function SystemField({ value, below, focus, onChange }: SystemFieldProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (focus) field.current?.focus();
  }, []);
  return (
    <div class="field">
      <div class="number-head">
        <label for={id}>System prompt</label>
        {value !== below && (
          <button
            type="button"
            class="link"
            aria-label="Reset System prompt"
            onClick={() => {
              onChange(below);
              field.current?.focus();
            }}
          >
            Reset
          </button>
        )}
      </div>
      <textarea
        ref={field}
        id={id}
        rows={4}
        maxLength={SETTINGS_LIMITS.systemChars}
        value={value}
        placeholder="For example: Answer in short sentences."
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <p id={`${id}-hint`} class="faint small">
        {hintOf(value, below)}
      </p>
    </div>
  );
}

function hintOf(value: string, below: string): string {
  if (below === '') return 'What the model is told before the first question. Sites have their own.';
  return value === below ? 'The model’s default for new chats.' : `The model’s default: “${below}”`;
}

/** Writes the settings to the model's. */
function NewChats({ model, save }: { model: ModelInfo; save: (model: ModelInfo) => Promise<void> }) {
  const [told, setTold] = useState<{ text: string; failed?: true }>();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      await save(model);
      setTold({ text: `New chats with ${model.name} begin like this one.` });
    } catch (thrown) {
      setTold({ text: LocalLLMError.from(thrown).message, failed: true });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="new-chats">
      <button type="button" class="small" disabled={busy} onClick={() => void run()}>
        Use for new chats
      </button>
      <p class={told?.failed ? 'field-problem' : 'faint small'} role={told?.failed ? 'alert' : 'status'}>
        {told?.text ??
          'Keeps the system prompt and the wording with the model. Sites get the wording too, where they ask for no other.'}
      </p>
    </div>
  );
}
