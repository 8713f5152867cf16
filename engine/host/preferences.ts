/**
 * What the person decided about models, kept beside them: of all our windows there is one such record.
 *
 * @module
 */
import * as v from 'valibot';
import type { ModelSettings, ModelSpeed } from '../protocol/models.ts';
import { ModelSettingsSchema } from '../protocol/params.ts';
import type { Shapes } from '../runtime/engine.ts';
import type { KeptRecord } from '../store/kept-record.ts';

/** Of one model, so many figures are kept: of other adapters and settings than now. */
const MAX_SPEEDS = 8;
/** Of one adapter, so many shapes are kept: ten models have about as many. */
const MAX_SHAPES = 100;

const figure = v.pipe(v.number(), v.finite(), v.minValue(0));
const list = <S extends v.GenericSchema>(item: S) =>
  v.pipe(
    v.array(v.fallback(v.nullable(item), null)),
    v.transform((items) => items.filter((one) => one !== null)),
  );
/** Of one model: a field that is damaged, or that another version wrote, takes no other one with it. */
const KeptSettingsSchema = v.pipe(
  v.record(v.string(), v.unknown()),
  v.transform((kept): ModelSettings => {
    const fields = Object.entries(kept).filter(([key, value]) => v.is(ModelSettingsSchema, { [key]: value }));
    return Object.fromEntries(fields);
  }),
);
const SpeedSchema = v.strictObject({ adapter: v.string(), settings: v.string(), prefill: figure, decode: figure });

/** By the kernels' keys; the latest last. */
const ShapesSchema = v.record(v.string(), v.string());

/** What is damaged, or was written by another version, becomes its default; the rest stays. */
export const PreferencesSchema = v.object({
  /** The model that all share; absent: the catalogue's. */
  defaultId: v.fallback(v.optional(v.string()), undefined),
  settings: v.fallback(v.record(v.string(), v.fallback(KeptSettingsSchema, {})), {}),
  /** By model, the latest last. */
  speeds: v.fallback(v.record(v.string(), v.fallback(list(SpeedSchema), [])), {}),
  /** By adapter, which kernels are the best there: measured once. */
  shapes: v.fallback(v.record(v.string(), v.fallback(ShapesSchema, {})), {}),
  /** Downloads that the person began and did not stop: they go on by themselves. */
  downloads: v.fallback(list(v.string()), []),
  hubToken: v.fallback(v.optional(v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,256}$/))), undefined),
});
export type PreferenceRecord = v.InferOutput<typeof PreferencesSchema>;

const NONE: PreferenceRecord = {
  defaultId: undefined,
  settings: {},
  speeds: {},
  shapes: {},
  downloads: [],
  hubToken: undefined,
};

/** What of a model's settings its speed depends on. */
const speedKey = ({ kvType = 'f16', adapters = [] }: ModelSettings): string =>
  JSON.stringify([kvType, adapters.map(({ id }) => id)]);

export class Preferences {
  readonly #open: () => Promise<Pick<KeptRecord<typeof PreferencesSchema>, 'read' | 'change'>>;

  constructor(open: () => Promise<Pick<KeptRecord<typeof PreferencesSchema>, 'read' | 'change'>>) {
    this.#open = open;
  }

  /** As they are now, whichever window changed them last. */
  async read(): Promise<PreferenceRecord> {
    return (await (await this.#open()).read()) ?? NONE;
  }

  async settingsOf(id: string): Promise<ModelSettings> {
    return settingsIn(await this.read(), id);
  }

  /** No id: the catalogue's. */
  async setDefault(defaultId: string | undefined): Promise<void> {
    await this.#change((now) => ({ ...now, defaultId }));
  }

  async configure(id: string, settings: ModelSettings): Promise<void> {
    await this.#change((now) => ({ ...now, settings: withEntry(now.settings, id, settings) }));
  }

  /** Of a model that is deleted nothing stays; as an adapter it is taken off those that it was attached to. */
  async forget(id: string): Promise<void> {
    await this.#change((now) => ({
      ...now,
      defaultId: now.defaultId === id ? undefined : now.defaultId,
      settings: Object.fromEntries(
        Object.entries(now.settings).flatMap(([model, settings]) =>
          model === id ? [] : [[model, withoutAdapter(settings, id)]],
        ),
      ),
      speeds: withEntry(now.speeds, id, undefined),
      downloads: now.downloads.filter((other) => other !== id),
    }));
  }

  async setToken(hubToken: string | undefined): Promise<void> {
    await this.#change((now) => ({ ...now, hubToken }));
  }

  /** Whether a download goes on by itself. */
  async want(id: string, wanted: boolean): Promise<void> {
    const { downloads } = await this.read();
    if (downloads.includes(id) === wanted) return;
    await this.#change((now) => {
      const others = now.downloads.filter((other) => other !== id);
      return { ...now, downloads: wanted ? [...others, id] : others };
    });
  }

  async keepSpeed(
    id: string,
    adapter: string,
    settings: ModelSettings,
    { prefill, decode }: ModelSpeed,
  ): Promise<void> {
    const key = speedKey(settings);
    await this.#change((now) => {
      const others = (entryOf(now.speeds, id) ?? []).filter((one) => one.adapter !== adapter || one.settings !== key);
      const kept = [...others.slice(1 - MAX_SPEEDS), { adapter, settings: key, prefill, decode }];
      return { ...now, speeds: withEntry(now.speeds, id, kept) };
    });
  }

  async keepShapes(adapter: string, shapes: Shapes): Promise<void> {
    await this.#change((now) => {
      const all = Object.entries({ ...shapesIn(now, adapter), ...shapes });
      return { ...now, shapes: withEntry(now.shapes, adapter, Object.fromEntries(all.slice(-MAX_SHAPES))) };
    });
  }

  async #change(change: (now: PreferenceRecord) => PreferenceRecord): Promise<void> {
    await (await this.#open()).change((now) => change(now ?? NONE));
  }
}

/** Of a model, which may have a prototype's name. */
const entryOf = <T>(entries: Readonly<Record<string, T>>, id: string): T | undefined =>
  Object.hasOwn(entries, id) ? entries[id] : undefined;

export const settingsIn = ({ settings }: PreferenceRecord, id: string): ModelSettings => entryOf(settings, id) ?? {};

/** Which kernels are the best on this adapter, as far as that was measured. */
export const shapesIn = ({ shapes }: PreferenceRecord, adapter: string): Shapes => entryOf(shapes, adapter) ?? {};

/** Of this adapter where it is known, else the latest. */
export function speedIn(record: PreferenceRecord, id: string, adapter?: string): ModelSpeed | undefined {
  const key = speedKey(settingsIn(record, id));
  const found = entryOf(record.speeds, id)?.findLast(
    (one) => one.settings === key && (adapter === undefined || one.adapter === adapter),
  );
  return found && { prefill: found.prefill, decode: found.decode };
}

function withoutAdapter(settings: ModelSettings, id: string): ModelSettings {
  const { adapters, ...rest } = settings;
  const left = adapters?.filter((adapter) => adapter.id !== id) ?? [];
  return left.length > 0 ? { ...rest, adapters: left } : rest;
}

/** Without the entry where there is nothing to say. */
function withEntry<T extends object>(
  entries: Readonly<Record<string, T>>,
  id: string,
  entry: NoInfer<T> | undefined,
): Record<string, T> {
  const others = Object.entries(entries).filter(([key]) => key !== id);
  const empty = entry === undefined || Object.keys(entry).length === 0;
  return Object.fromEntries(empty ? others : [...others, [id, entry] as const]);
}
