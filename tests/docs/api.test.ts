import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import type { GenerateResult } from '../../engine/protocol/messages.ts';
import { FakeLLM } from '../fake-llm.ts';
import type { Asked, Said } from '../fake-llm.ts';

const ROOT = join(import.meta.dirname, '../..');
const API = join(ROOT, 'docs/API.md');
const text = await readFile(API, 'utf8');

/** Answers as a model would that was asked what the examples ask. */
function say({ messages, options }: Asked): Said {
  const { content, role } = messages.at(-1)!;
  const { responseConstraint: constraint, tools } = options;
  if (constraint?.type === 'json-schema') return '{"city":"Lyon","rating":3}';
  if (constraint) return 'yes';
  if (role === 'tool') return `It says: ${content}`;
  if (tools) {
    const toolCalls: GenerateResult['toolCalls'] = [{ id: 'call00001', name: 'weather', arguments: { city: 'Oslo' } }];
    return { text: '', toolCalls, finishReason: 'tool-calls' };
  }
  return messages.at(-1)?.prefix ? ' Paris.' : 'Paris, says the model.';
}

/** What each example shows, in their order on the page. */
const SHOWN = [
  ['localLLM'],
  ['Ask away.'],
  ['Paris, says the model.', 'stop after 5 tokens'],
  ['Paris, ', 'says ', 'the ', 'model.', 'stop'],
  ['AbortError'],
  ['The capital is Paris.'],
  ['Lyon: 3'],
  ['It says: Rain in Oslo.'],
  ['0 %', '100 %', 'Paris, says the model.', 'Paris, ', 'says ', 'the ', 'model.', '21 of 100 tokens'],
  ['Paris, says the model.', 'Paris, says the model.'],
  ['That is too long.', 'QuotaExceededError: true'],
  ['yes'],
  ['It says: Rain in Oslo.'],
  ['It says: Rain.'],
  ['granted', 'granted'],
];
const examples = [...text.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!);

test('every example has its expectation', () => {
  expect(examples).toHaveLength(SHOWN.length);
});

test.each(examples.map((code, at) => [at, code] as const))('example %i runs as it stands', async (at, code) => {
  const fake = new FakeLLM();
  fake.say = say;
  const page = new EventTarget();
  page.addEventListener('localllm:request', () => {
    const detail = { info: { name: 'localLLM' }, provider: fake.llm };
    page.dispatchEvent(new CustomEvent('localllm:announce', { detail }));
  });
  const shown: string[] = [];
  const given = {
    localLLM: fake.llm,
    show: (piece: string) => shown.push(piece),
    addEventListener: page.addEventListener.bind(page),
    dispatchEvent: page.dispatchEvent.bind(page),
  };
  const AsyncFunction = (async () => {}).constructor as new (
    ...source: string[]
  ) => (...args: unknown[]) => Promise<void>;
  await new AsyncFunction(...Object.keys(given), code)(...Object.values(given));
  expect(shown).toEqual(SHOWN[at]);
});

/** The declarations of a module without its imports and what only our own code calls. */
async function declarations(path: string): Promise<string> {
  const source = await readFile(join(ROOT, path), 'utf8');
  const { outputText } = ts.transpileDeclaration(source, { compilerOptions: { removeComments: false } });
  return outputText
    .replace(/^\/\*\*.*?@module\s+\*\/\n/s, '')
    .replace(/^import .*?;\n/gms, '')
    .replace(/(\/\*\*(?:(?!\*\/).)*\*\/\n)?^export declare function .*?;\n/gms, '')
    .trim();
}

test('the types on the page are those of the code', async () => {
  const types = [
    await declarations('engine/client/local-llm.ts'),
    await declarations('engine/client/language-model-types.ts'),
  ];
  const block = `<!-- types -->\n<!-- prettier-ignore -->\n\`\`\`ts\n${types.join('\n\n')}\n\`\`\`\n\n<!-- /types -->`;
  const [before, rest] = text.split('<!-- types -->');
  await expect(`${before}${block}${rest!.split('<!-- /types -->')[1]}`).toMatchFileSnapshot(API);
});
