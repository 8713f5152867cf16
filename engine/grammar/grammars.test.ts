// Answers drawn at random from what grammars allow, checked by another implementation of the standard.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { randomSchema } from '../../tests/random-schema.ts';
import { uniform } from '../runtime/sampler.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Constraint } from '../protocol/messages.ts';
import type { AnswerRules } from './constraint-grammar.ts';
import type { AnswerGrammar } from './answer-grammar.ts';
import { Grammars } from './grammars.ts';

const UTF8 = new TextEncoder();
/** Every byte, then pieces that cross what grammars tell apart; the last one ends answers. */
const PIECES = (
  '{"~"}~": ~", "~"},~[]~]]~}}~true~null~12~0.5~-~ab~yes~\\n~\\u00~é~😀~name~"name": ~<tool_call>~' +
  '\n{"name": "~</tool~_call>~é"~\n  '
).split('~');
const END = 256 + PIECES.length;
const tokenizer = {
  vocabSize: END + 1,
  eogIds: new Set([END]),
  bytes: (id: number) =>
    id < 256 ? Uint8Array.of(id) : id === END ? new Uint8Array(0) : UTF8.encode(PIECES[id - 256]),
};
const grammars = new Grammars(tokenizer);
afterAll(() => grammars.close(new LocalLLMError('aborted', 'done')));
const { signal } = new AbortController();
const held = (rules: AnswerRules, marks?: ReadonlyMap<number, string>) => grammars.open('one', rules, signal, marks);
const toSchema = (schema: object): Constraint => ({ type: 'json-schema', schema: { ...schema } });
const toRegExp = ({ source, flags }: RegExp): Constraint => ({ type: 'regexp', source, flags });

const allows = (grammar: AnswerGrammar, id: number) => ((grammar.mask![id >> 5]! >>> (id & 31)) & 1) === 1;

/** Takes tokens as they come until nothing or the end is drawn; undefined where that takes too long. */
async function draw(grammar: AnswerGrammar, random: () => number, most = 200): Promise<string | undefined> {
  const bytes: number[] = [];
  try {
    for (let count = 0; count < most; count++) {
      if (grammar.ended)
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
      const allowed = Array.from({ length: END + 1 }, (_, id) => id).filter((id) => allows(grammar, id));
      expect(allowed.length).toBeGreaterThan(0);
      const id = allowed.includes(END) && random() < 0.3 ? END : allowed[Math.floor(random() * allowed.length)]!;
      if (id === END) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
      bytes.push(...tokenizer.bytes(id));
      grammar.accept(id);
      await grammar.next;
      if (grammar.failure) throw grammar.failure;
    }
    return undefined;
  } finally {
    grammar.close();
  }
}

/** Whether a text may be all of an answer. */
async function accepts(rules: AnswerRules, text: string): Promise<boolean> {
  const grammar = await held(rules);
  try {
    for (const byte of UTF8.encode(text)) {
      if (!allows(grammar, byte)) return false;
      grammar.accept(byte);
      await grammar.next;
    }
    return grammar.ended || allows(grammar, END);
  } finally {
    grammar.close();
  }
}

let seed = 1;
const random = () => uniform(seed++, 5);

describe('schemas', () => {
  test('whatever is drawn parses and validates', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    let complete = 0;
    for (let i = 0; i < 80; i++) {
      const schema = randomSchema(random);
      const validate = ajv.compile(schema);
      for (let k = 0; k < 4; k++) {
        const text = await draw(await held({ constraint: toSchema(schema) }), random);
        if (text === undefined) continue;
        complete++;
        const value: unknown = JSON.parse(text);
        if (!validate(value))
          throw new Error(`${text} against ${JSON.stringify(schema)}: ${ajv.errorsText(validate.errors)}`);
      }
    }
    expect(complete).toBeGreaterThan(130);
  });

  test.each<[object, string[], string[]]>([
    [
      { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string' } }, required: ['b'] },
      ['{"b": "x"}', '{"a":1,"b":"é\\n"}', '{\n  "b": ""\n}'],
      ['{"a": 1}', '{"b": 1}', '{"b": "x", "c": 1}', '{"b": "\n"}', ''],
    ],
    [{ type: 'array', items: { type: 'number' }, minItems: 1 }, ['[1.5, -2e3]', '[0]'], ['[]', '[01]', '[1,]', '[.5]']],
    [
      {
        $ref: '#/$defs/node',
        $defs: {
          node: {
            type: 'object',
            properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
            required: ['next'],
          },
        },
      },
      ['{"next": {"next": null}}'],
      ['{"next": {}}'],
    ],
    [
      { type: 'object', additionalProperties: { type: 'boolean' }, properties: { ab: { type: 'null' } } },
      ['{"a": true, "abc": false}', '{"ab": null, "b": true}'],
      ['{"ab": true}', '{"c": 1}'],
    ],
    [{}, ['{"a": [1, {"b": null}]}', '"x"', 'false'], ['nil']],
    [{ type: 'string', pattern: '^a', maxLength: 3 }, ['"a"', '"abc"'], ['"abcd"', '"ba"']],
    [
      { type: 'string', minLength: 70, maxLength: 150 },
      [`"${'é'.repeat(70)}"`, `"${'a\\n'.repeat(75)}"`],
      [`"${'é'.repeat(69)}"`, `"${'a\\n'.repeat(75)}b"`],
    ],
    [{ type: 'string', maxLength: 200 }, ['""', `"${'é'.repeat(170)}"`], [`"${'x'.repeat(201)}"`]],
    [{ type: 'string', maxLength: 64 }, [`"${'x'.repeat(64)}"`], [`"${'x'.repeat(65)}"`]],
    [{ type: 'string', pattern: '[0-9]' }, ['"x1y"', '"\\n1"'], ['"xy"']],
    [{ type: 'object' }, ['{}', '{"any": ["thing"]}'], ['[]']],
  ])('%j', async (schema, good, bad) => {
    for (const text of good)
      expect([text, await accepts({ constraint: toSchema(schema) }, text)]).toEqual([text, true]);
    for (const text of bad)
      expect([text, await accepts({ constraint: toSchema(schema) }, text)]).toEqual([text, false]);
  });

  test.each<[object, RegExp]>([
    [{ type: 'array', uniqueItems: true }, /#.*"uniqueItems"/],
    [{ properties: { a: { not: { type: 'string' } } } }, /#\/properties\/a.*"not"/],
    [{ type: 'object', patternProperties: { a: {} } }, /"patternProperties"/],
    [{ type: 'integer', multipleOf: 7 }, /"multipleOf"/],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, /oneOf/],
    [{ $ref: 'https://example.org/schema' }, /\$ref/],
    [{ $ref: '#/$defs/none' }, /which is not there/],
    [{ type: 'text' }, /the type "text"/],
    [{ type: 'string', minLength: -1 }, /"minLength"/],
    [{ type: 'integer', minimum: 3, maximum: 2 }, /accepts no value/],
    [{ enum: [] }, /"enum"/],

    [{ $ref: '#' }, /without end|accepts no value/],
    [{ allOf: [{ $ref: '#' }] }, /without end/],
  ])('%j is refused by name', async (schema, message) => {
    const error: unknown = await held({ constraint: toSchema(schema) }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(LocalLLMError);
    expect(['bad-argument', 'not-supported']).toContain((error as LocalLLMError).code);
    expect((error as LocalLLMError).message).toMatch(message);
  });
});

describe('regular expressions', () => {
  test.each(
    [
      /^[a-z]{2,5}(?:-\d+)?$/,
      /yes|no|maybe/i,
      /\w+@\w+\.(?:com|org)/,
      /[^a-z\d]{1,3}/i,
      /.{0,4}/,
      /(?<year>\d{4})-\d\d/,
      /[\u{1F600}-\u{1F64F}]+|é/u,
      /\p{Lu}\p{Ll}{1,2}/u,
      /a|b?^|/,
      /\x41\u00e9\cA\/\]/,
      /[\]\-a\b]+?x*?/,
      /\s\S\D\W/,
    ].filter((expression) => expression.source !== 'a|b?^|'),
  )('%s matches all that is drawn', async (expression) => {
    const whole = new RegExp(`^(?:${expression.source})$`, expression.flags);
    let complete = 0;
    for (let i = 0; i < 20; i++) {
      const text = await draw(await held({ constraint: toRegExp(expression) }), random);
      if (text === undefined) continue;
      complete++;
      if (!whole.test(text)) throw new Error(`${JSON.stringify(text)} against ${expression}`);
    }
    expect(complete).toBeGreaterThan(5);
  });

  test.each<[RegExp, string[], string[]]>([
    [/colou?r/i, ['color', 'COLOUR'], ['colr']],
    [/.*/, ['', 'two words 😀'], ['a\nb']],
    [/.*/s, ['a\nb'], []],
    [/^$/, [''], ['a']],
  ])('%s', async (expression, good, bad) => {
    for (const text of good)
      expect([text, await accepts({ constraint: toRegExp(expression) }, text)]).toEqual([text, true]);
    for (const text of bad)
      expect([text, await accepts({ constraint: toRegExp(expression) }, text)]).toEqual([text, false]);
  });

  test.each<[string, string, string, RegExp]>([
    ['(a', '', 'bad-argument', /no regular expression/],
    ['a', 'q', 'bad-argument', /no regular expression/],
    ['(a)\\1', '', 'not-supported', /back reference/],
    ['(?=a)a', '', 'not-supported', /look-ahead/],
    ['a\\b', '', 'not-supported', /\\b/],
    ['a', 'v', 'not-supported', /flag v/],
    ['(a^b|c)d', '', 'not-supported', /\^ or \$/],
    ['a{50000}', '', 'not-supported', /counts too far/],
    ['[^\\s\\S]', '', 'bad-argument', /Nothing that can be written/],
  ])('/%s/%s: %s', async (source, flags, code, message) => {
    const error: unknown = await held({ constraint: { type: 'regexp', source, flags } }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code });
    expect((error as LocalLLMError).message).toMatch(message);
  });
});

describe('tools', () => {
  const tools = [
    { name: 'find', parameters: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } },
    { name: 'stop' },
  ];
  const hermes: AnswerRules = { tools: { tools, marks: { format: 'hermes', begin: '<tool_call>', arguments: '' } } };

  test.each<[AnswerRules, string[], string[]]>([
    [
      hermes,
      [
        'Text, <b> and <tool_cal.',
        'So <tool_call>\n{"name": "find", "arguments": {"n": 1}}\n</tool_call>\n<tool_call>{"name": "stop", "arguments": {}}</tool_call> done',
      ],
      [
        '<tool_call>',
        '<tool_call>{"name": "find", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "none", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "stop", "arguments": {"a": 1}}</tool_call>',
      ],
    ],
    [
      { ...hermes, constraint: { type: 'regexp', source: 'yes|no', flags: '' } },
      ['yes', '<tool_call>{"name": "stop", "arguments": {}}</tool_call>'],
      ['maybe', 'yes <tool_call>{"name": "stop", "arguments": {}}</tool_call>'],
    ],
    [
      { tools: { tools, marks: { format: 'llama-3', begin: '<|python_tag|>', arguments: '' } } },
      ['', 'It is {"name": "x"}', '{"name": "find", "parameters": {"n": 2}}'],
      ['{"name": "find", "parameters": {}}', '{', '{"a": 1}'],
    ],
    [
      { tools: { tools, marks: { format: 'mistral-list', begin: '[TOOL_CALLS]', arguments: '' } } },
      [
        'Hello',
        'x[TOOL_CALLS] [{"name": "find", "arguments": {"n": 2}}, {"name": "stop", "arguments": {}, "id": "abcdefghi"}]',
      ],
      ['[TOOL_CALLS][]', '[TOOL_CALLS][{"name": "find", "arguments": {"n": 2}}] more'],
    ],
    [
      { tools: { tools, marks: { format: 'mistral-args', begin: '[TOOL_CALLS]', arguments: '[ARGS]' } } },
      ['Hello', 'x[TOOL_CALLS]find[ARGS]{"n": 2}[TOOL_CALLS]stop[ARGS]{}'],
      ['[TOOL_CALLS]none[ARGS]{}', '[TOOL_CALLS]find[ARGS]{}'],
    ],
  ])('%j', async (rules, good, bad) => {
    for (const text of good) expect([text, await accepts(rules, text)]).toEqual([text, true]);
    for (const text of bad) expect([text, await accepts(rules, text)]).toEqual([text, false]);
  });

  test('a control token begins a call, letters do not', async () => {
    const mark = '\u{10fff0}';
    const rules: AnswerRules = { tools: { tools, marks: { format: 'llama-3', begin: mark, arguments: '' } } };
    const grammar = await held(rules, new Map([[7, mark]]));
    expect(allows(grammar, 7)).toBe(true);
    grammar.accept(7);
    await grammar.next;
    expect([allows(grammar, 0x7b), allows(grammar, 0x61), allows(grammar, END)]).toEqual([true, false, false]);
    grammar.close();
    // Its bytes, spelled out.
    expect(await accepts(rules, mark)).toBe(false);
  });

  test.each<[object, RegExp]>([
    [{ name: 'f', parameters: { type: 'array' } }, /"f" have the type/],
    [{ name: 'f', parameters: { properties: { a: { not: {} } } } }, /parameters of "f".*"not"/],
  ])('%j is refused', async (tool, message) => {
    const rules = { tools: { ...hermes.tools!, tools: [tool as never] } };
    await expect(held(rules)).rejects.toThrow(message);
  });
});
