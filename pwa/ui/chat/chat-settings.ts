/**
 * What a person set for a chat, against what holds where nothing is set.
 *
 * @module
 */
import type { ModelInfo, ModelSettings } from '../../../engine/client/index.ts';
import { type Sampling, SAMPLING_FIELDS, samplingBelow } from '../fields/sampling.ts';
import type { ChatSettings } from '../history/records.ts';

/** What one setting, or several, become; undefined: as it would be without. */
export type SettingChanges = { [K in keyof ChatSettings]?: ChatSettings[K] | undefined };

/** What holds in a chat that sets nothing. */
export interface SettingsBelow {
  sampling: Required<Sampling>;
  /** Of new chats; empty: none. */
  system: string;
}

/** The engine's numbers, then the makers' of the model, then what the person set for it. */
export function settingsBelow(model: ModelInfo | undefined): SettingsBelow {
  const { catalog, settings } = model ?? {};
  return { sampling: samplingBelow(catalog?.sampling, settings?.sampling), system: settings?.system ?? '' };
}

/** The numbers alone. */
export function samplingOf(settings: ChatSettings): Sampling {
  const sampling: Sampling = {};
  for (const { key } of SAMPLING_FIELDS) {
    const value = settings[key];
    if (value !== undefined) sampling[key] = value;
  }
  return sampling;
}

/** What the model is told first. A chat that began keeps what it began with, whatever its model's settings say later. */
export function systemOf({ system }: ChatSettings, below: SettingsBelow, began: boolean): string {
  return system ?? (began ? '' : below.system);
}

/** Names of what differs from what would hold otherwise, as the dialog calls them. */
export function changesIn(settings: ChatSettings, below: SettingsBelow, began: boolean): string[] {
  const numbers = SAMPLING_FIELDS.filter(({ key }) => (settings[key] ?? below.sampling[key]) !== below.sampling[key]);
  return [
    systemOf(settings, below, began) !== below.system && 'System prompt',
    ...numbers.map(({ label }) => label),
    settings.maxTokens !== undefined && 'Longest answer',
    settings.seed !== undefined && 'Seed',
    settings.thinking !== undefined && 'Thinking',
  ].filter((name) => name !== false);
}

/** The settings with which new chats of a model begin like this one. Numbers that are its makers' anyway are left out. */
export function asModelSettings(settings: ChatSettings, model: ModelInfo, began: boolean): ModelSettings {
  const { sampling: _sampling, system: _system, ...rest } = model.settings;
  const own = samplingBelow(model.catalog?.sampling);
  const wanted = { ...model.settings.sampling, ...samplingOf(settings) };
  const sampling: Sampling = {};
  for (const { key } of SAMPLING_FIELDS) {
    const value = wanted[key];
    if (value !== undefined && value !== own[key]) sampling[key] = value;
  }
  const system = systemOf(settings, settingsBelow(model), began);
  return {
    ...rest,
    ...(Object.keys(sampling).length > 0 && { sampling }),
    ...(system !== '' && { system }),
  };
}

export function changed(settings: ChatSettings, changes: SettingChanges): ChatSettings {
  return Object.fromEntries(Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== undefined));
}
