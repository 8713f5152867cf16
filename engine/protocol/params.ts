/**
 * Schemas of the parameters of every method, for the side that serves them.
 *
 * @module
 */
import * as v from 'valibot';
import { GenerateParamsSchema, InputSchema, type Method } from './messages.ts';
import { SETTINGS_LIMITS } from './models.ts';

/** Names one exchange of files. */
const ticket = v.pipe(v.string(), v.uuid());

const { adapterScale: MOST } = SETTINGS_LIMITS;
const source = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const quantization = v.exactOptional(v.pipe(v.string(), v.maxLength(32)));
const { temperature, topK, topP, minP, repetitionPenalty } = GenerateParamsSchema.entries;

/** What a person set for a model, from the UI and from disk. */
export const ModelSettingsSchema = v.strictObject({
  contextTokens: v.exactOptional(
    v.pipe(v.number(), v.integer(), v.minValue(256), v.maxValue(SETTINGS_LIMITS.contextTokens)),
  ),
  kvType: v.exactOptional(v.picklist(['f16', 'q8'])),
  sampling: v.exactOptional(v.strictObject({ temperature, topK, topP, minP, repetitionPenalty })),
  system: v.exactOptional(v.pipe(v.string(), v.maxLength(SETTINGS_LIMITS.systemChars))),
  adapters: v.exactOptional(
    v.pipe(
      v.array(v.strictObject({ id: v.string(), scale: v.pipe(v.number(), v.minValue(-MOST), v.maxValue(MOST)) })),
      v.maxLength(SETTINGS_LIMITS.adapters),
      v.readonly(),
    ),
  ),
});

/** Schemas of the parameters, for the receiving side. */
export const ParamsSchemas = {
  availability: v.undefined(),
  generate: v.strictObject({ input: InputSchema, options: GenerateParamsSchema, stream: v.boolean() }),
  measure: v.strictObject({ input: InputSchema, options: GenerateParamsSchema }),
  prefill: v.strictObject({ input: InputSchema, options: GenerateParamsSchema }),
  'permissions.query': v.undefined(),
  'permissions.request': v.undefined(),
  'engine.status': v.strictObject({ watch: v.boolean() }),
  'engine.load': v.strictObject({ id: v.optional(v.string()) }),
  'engine.unload': v.undefined(),
  'engine.profile': v.strictObject({ past: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1 << 20)) }),
  'models.list': v.undefined(),
  'models.delete': v.strictObject({ id: v.string() }),
  'models.watch': v.undefined(),
  'models.add': v.strictObject({ source, quantization }),
  'models.pause': v.strictObject({ id: v.string() }),
  'models.resume': v.strictObject({ id: v.string() }),
  'models.rename': v.strictObject({
    id: v.string(),
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(128)),
  }),
  'models.import': v.strictObject({ ticket, name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(128)) }),
  'models.export': v.strictObject({ id: v.string(), ticket }),
  'models.token': v.strictObject({ token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{0,256}$/)) }),
  'models.setDefault': v.strictObject({ id: v.string() }),
  'models.configure': v.strictObject({ id: v.string(), settings: ModelSettingsSchema }),
  'models.inspect': v.strictObject({ source, quantization }),
  'models.search': v.strictObject({
    query: v.pipe(v.string(), v.trim(), v.maxLength(200)),
    next: v.exactOptional(v.pipe(v.string(), v.maxLength(2048))),
  }),
  'models.hub': v.undefined(),
  'storage.estimate': v.undefined(),
} satisfies Record<Method, v.GenericSchema>;
