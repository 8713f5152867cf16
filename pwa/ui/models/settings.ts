/**
 * What a person sets for one model: what there is to choose from, what it means, and what has to happen for it to hold.
 *
 * @module
 */
import { type ModelInfo, type ModelSettings, SETTINGS_LIMITS } from '../../../engine/client/index.ts';
import { presetOf, type Sampling, sameSampling, withSampling } from '../fields/sampling.ts';

/** Tokens of context where nobody chose and the model was trained for as many. */
const USUAL_CONTEXT = 4096;
const LEAST_CONTEXT = 1024;
/** Where it is not known what a model was trained for, no more than this is offered. */
const UNKNOWN_CONTEXT = 32_768;
/** Of a token, in English. */
const WORDS_PER_TOKEN = 0.75;

/** Settings while they are edited: everything has a place, a scale may be empty. */
export interface Draft {
  contextTokens: number | undefined;
  kvType: 'f16' | 'q8';
  sampling: Sampling;
  system: string;
  adapters: readonly { id: string; scale: number | undefined }[];
}

export function usualContext({ trainedContextTokens, catalog }: ModelInfo): number {
  return Math.min(trainedContextTokens ?? catalog?.contextTokens ?? USUAL_CONTEXT, USUAL_CONTEXT);
}

/** 1024, doubled up to what the model was trained for; undefined stands for the usual one. */
export function contextChoices(model: ModelInfo): [tokens: number | undefined, text: string][] {
  const usual = usualContext(model);
  const most = Math.min(
    model.trainedContextTokens ?? model.catalog?.contextTokens ?? UNKNOWN_CONTEXT,
    SETTINGS_LIMITS.contextTokens,
  );
  const choices = new Set([usual, most]);
  for (let tokens = LEAST_CONTEXT; tokens < most; tokens *= 2) choices.add(tokens);
  return [...choices]
    .toSorted((a, b) => a - b)
    .map((tokens) =>
      tokens === usual ? [undefined, `${contextText(tokens)}, as usual`] : [tokens, contextText(tokens)],
    );
}

/** '8,192 tokens, about 6,100 words' */
function contextText(tokens: number): string {
  const words = Number((tokens * WORDS_PER_TOKEN).toPrecision(2));
  return `${tokens.toLocaleString('en')} tokens, about ${words.toLocaleString('en')} words`;
}

export function draftOf(settings: ModelSettings, usual?: number): Draft {
  const { contextTokens, kvType = 'f16', sampling = {}, system = '', adapters = [] } = settings;
  return {
    contextTokens: contextTokens === usual ? undefined : contextTokens,
    kvType,
    sampling: withSampling(sampling, 'temperature', sampling.temperature),
    system,
    adapters,
  };
}

/** Only what differs from what holds anyway. */
export function settingsOf({ contextTokens, kvType, sampling, system, adapters }: Draft): ModelSettings {
  return {
    ...(contextTokens !== undefined && { contextTokens }),
    ...(kvType !== 'f16' && { kvType }),
    ...(!sameSampling(sampling, {}) && { sampling }),
    ...(system.trim() !== '' && { system: system.trim() }),
    ...(adapters.length > 0 && { adapters: adapters.map(({ id, scale = 1 }) => ({ id, scale })) }),
  };
}

export const nothingSet = (settings: ModelSettings): boolean => Object.keys(settings).length === 0;

/** What a loaded model has to do for new settings to hold. */
export function effectOf(before: ModelSettings, after: ModelSettings): 'reload' | 'attach' | 'at once' | 'none' {
  const said = (settings: ModelSettings, keys: readonly (keyof ModelSettings)[]) =>
    JSON.stringify(keys.map((key) => settings[key] ?? null));
  const differ = (...keys: (keyof ModelSettings)[]) => said(before, keys) !== said(after, keys);
  if (differ('contextTokens', 'kvType')) return 'reload';
  if (differ('adapters')) return 'attach';
  return differ('sampling', 'system') ? 'at once' : 'none';
}

/** What was set, in a few words each: ['8,192 tokens', 'creative', 'own system prompt']. */
export function describeSettings(settings: ModelSettings): string[] {
  const { contextTokens, kvType, sampling, system, adapters = [] } = settings;
  const names: Record<keyof Sampling, string> = {
    temperature: 'temperature',
    topP: 'top-p',
    topK: 'top-k',
    minP: 'min-p',
    repetitionPenalty: 'repetition penalty',
  };
  const numbers = Object.entries(names).flatMap(([key, name]) => {
    const value = sampling?.[key as keyof Sampling];
    return value === undefined ? [] : [`${name} ${value}`];
  });
  const preset = sampling && presetOf(sampling);
  return [
    ...(contextTokens === undefined ? [] : [`context of ${contextTokens.toLocaleString('en')} tokens`]),
    ...(kvType === 'q8' ? ['half-size cache'] : []),
    ...(preset === undefined ? numbers : [preset.toLowerCase()]),
    ...(system === undefined ? [] : ['system prompt']),
    ...(adapters.length === 0 ? [] : [adapters.length === 1 ? '1 adapter' : `${adapters.length} adapters`]),
  ];
}

/** Stored adapters that may attach to a model: those of its architecture, and those that do not tell theirs. */
export function adaptersFor({ architecture }: ModelInfo, models: readonly ModelInfo[]): ModelInfo[] {
  const stored = models.filter(({ kind, state }) => kind === 'adapter' && state === 'stored');
  return stored.filter(
    (adapter) => [undefined, architecture].includes(adapter.architecture) || architecture === undefined,
  );
}

/** The models that an adapter is attached to. */
export function usersOf(adapterId: string, models: readonly ModelInfo[]): { model: ModelInfo; scale: number }[] {
  return models.flatMap((model) =>
    (model.settings.adapters ?? []).filter(({ id }) => id === adapterId).map(({ scale }) => ({ model, scale })),
  );
}

/** What deleting a stored model does beside freeing its bytes. */
export function consequencesOf(model: ModelInfo, models: readonly ModelInfo[]): string[] {
  const users = usersOf(model.id, models).map(({ model: { name } }) => name);
  const builtIn = model.catalog !== undefined && model.from === undefined;
  const told: [boolean, string][] = [
    [model.loaded, 'It is loaded: answers that are being written stop.'],
    [model.isDefault && !builtIn, 'It is the default: from then on chats and sites get the model that is built in.'],
    [model.isDefault && builtIn, 'It is the default: it comes back when a chat or a site asks for an answer.'],
    [
      users.length > 0,
      `It is attached to ${users.join(' and ')}, which then ${users.length > 1 ? 'do' : 'does'} without.`,
    ],
    [!nothingSet(model.settings), 'What was set for it is forgotten.'],
  ];
  return told.filter(([holds]) => holds).map(([, text]) => text);
}
