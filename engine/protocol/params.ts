/**
 * Schemas of the parameters of every method, for the side that serves them.
 *
 * @module
 */
import * as v from 'valibot';
import { GenerateParamsSchema, InputSchema, type Method } from './messages.ts';

/** Names one exchange of files. */
const ticket = v.pipe(v.string(), v.uuid());

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
  'models.add': v.strictObject({
    source: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)),
    quantization: v.exactOptional(v.pipe(v.string(), v.maxLength(32))),
  }),
  'models.pause': v.strictObject({ id: v.string() }),
  'models.resume': v.strictObject({ id: v.string() }),
  'models.rename': v.strictObject({
    id: v.string(),
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(128)),
  }),
  'models.import': v.strictObject({ ticket, name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(128)) }),
  'models.export': v.strictObject({ id: v.string(), ticket }),
  'models.token': v.strictObject({ token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{0,256}$/)) }),
  'storage.estimate': v.undefined(),
} satisfies Record<Method, v.GenericSchema>;
