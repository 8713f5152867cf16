/**
 * JSON Schemas drawn at random, of what the engine can hold answers to.
 *
 * @module
 */
type Random = () => number;

/** A schema whose values are mostly short. `depth`: levels that may follow. */
export function randomSchema(random: Random, depth = 2): Record<string, unknown> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const chance = (share: number) => random() < share;
  const bounds = () => {
    const low = Math.floor(random() * 400) - 200;
    return [low, low + Math.floor(random() * 500)] as const;
  };
  const leaf: (() => Record<string, unknown>)[] = [
    () => ({ type: 'boolean' }),
    () => ({ type: 'null' }),
    () => ({ enum: [1, 'one "two"', null, ['x'], { a: 'é' }].slice(0, 1 + Math.floor(random() * 5)) }),
    () => ({ const: pick(['x', 3.5, false, 'line\nbreak']) }),
    () => {
      const [minimum, maximum] = bounds();
      return { type: 'integer', minimum, maximum };
    },
    () => {
      const [low, high] = bounds();
      return {
        type: 'number',
        ...(chance(0.5) ? { minimum: low / 8 } : { exclusiveMinimum: low / 100 }),
        maximum: high / 10,
      };
    },
    () => ({ type: 'string', minLength: Math.floor(random() * 3), maxLength: 3 + Math.floor(random() * 6) }),
    () => ({
      type: 'string',
      pattern: pick(['^[a-c]{2,3}$', '^(?:yes|no)!?$', '^\\d+-\\w$', '^[^x]$', 'b', '^.\\.$']),
      maxLength: 6,
    }),
    () => ({ type: 'string', format: pick(['date', 'ipv4']) }),
    () => ({ type: ['integer', 'string'], maxLength: 2, minimum: 0, exclusiveMaximum: 9 }),
  ];
  const nested: (() => Record<string, unknown>)[] = [
    () => {
      const names = ['name', 'näme', 'a"b', 'list', 'n'].filter(() => chance(0.5));
      const properties = Object.fromEntries(names.map((name) => [name, randomSchema(random, depth - 1)]));
      const more = chance(0.3) ? { additionalProperties: randomSchema(random, 0) } : {};
      const closed = chance(0.3) ? { additionalProperties: false } : more;
      return { type: 'object', properties, required: names.filter(() => chance(0.6)), ...closed };
    },
    () => {
      const minItems = Math.floor(random() * 2);
      return {
        type: 'array',
        items: randomSchema(random, depth - 1),
        minItems,
        maxItems: minItems + Math.floor(random() * 3),
      };
    },
    () => ({
      type: 'array',
      prefixItems: [randomSchema(random, 0), randomSchema(random, 0)],
      items: chance(0.5) ? false : randomSchema(random, 0),
      maxItems: 3,
      minItems: Math.floor(random() * 3),
    }),
    () => ({ anyOf: [randomSchema(random, depth - 1), randomSchema(random, depth - 1)] }),
    () => ({
      oneOf: ['cat', 'dog'].map((kind) => ({
        type: 'object',
        properties: { kind: { const: kind }, value: randomSchema(random, depth - 1) },
        required: ['kind'],
      })),
    }),
    () => ({
      $defs: { tree: { type: 'object', properties: { v: randomSchema(random, 0) }, required: ['v'] } },
      allOf: [{ type: 'object', properties: { w: { type: 'boolean' } }, required: ['w'] }],
      properties: { x: randomSchema(random, 0) },
    }),
  ];
  return pick(depth > 0 ? [...leaf, ...nested, ...nested, ...nested] : leaf)();
}
