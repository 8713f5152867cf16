// What grammars allow, on vocabularies of every kind: byte-level BPE, SPM with tokens for bytes, BPE without the alphabet of bytes.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { Grammars } from '../../engine/grammar/grammars.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { uniform } from '../../engine/runtime/sampler.ts';
import { createTokenizer } from '../../engine/tokenizer/tokenizer.ts';
import { vocabulary } from './llama-cpp-vocabulary.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-zà-ÿ]{1,9}$' },
    count: { type: 'integer', minimum: -12, maximum: 3000 },
    tags: { type: 'array', items: { enum: ['naïve', 'a "b"', '😀'] }, minItems: 1, maxItems: 3 },
    share: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    done: { type: ['boolean', 'null'] },
  },
  required: ['name', 'count', 'tags', 'done'],
};
const validate = new Ajv2020().compile(SCHEMA);

test.each(['llama-bpe', 'llama-spm', 'gemma-4', 'starcoder'])('%s', async (name) => {
  const { metadata } = await parseGguf(new Blob([new Uint8Array(vocabulary(name))]));
  const tokenizer = createTokenizer(metadata);
  const grammars = new Grammars(tokenizer);
  const { signal } = new AbortController();
  try {
    for (let seed = 0; seed < 4; seed++) {
      const rules = { constraint: { type: 'json-schema', schema: SCHEMA } } as const;
      const grammar = await grammars.open('one', rules, signal);
      const decoder = tokenizer.decoder();
      let text = '';
      for (let position = 0; !grammar.ended; position++) {
        expect(grammar.failure).toBeUndefined();
        const allowed: number[] = [];
        grammar.mask!.forEach((word, at) => {
          for (let rest = word; rest !== 0; rest &= rest - 1) allowed.push(at * 32 + 31 - Math.clz32(rest & -rest));
        });
        const id = allowed[Math.floor(uniform(seed, position) * allowed.length)]!;
        text += decoder.push(id);
        grammar.accept(id);
        await grammar.next;
      }
      text += decoder.flush();
      if (!validate(JSON.parse(text))) throw new Error(`${text}: ${JSON.stringify(validate.errors)}`);
      grammar.close();
    }
  } finally {
    grammars.close(new LocalLLMError('aborted', 'done'));
  }
});
