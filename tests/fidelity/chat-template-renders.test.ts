// Prompts of real models' templates, held against those that Jinja itself rendered (chat-templates/render.py).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ChatMessage, createChatTemplate, type RenderOptions } from '../../engine/chat/chat-template.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { Tool } from '../../engine/protocol/messages.ts';
import { llamaCppFile, llamaCppFiles } from './llama-cpp-vocabulary.ts';

interface Chat {
  messages: ChatMessage[];
  withTools?: boolean;
  addGenerationPrompt?: boolean;
  variables?: Record<string, unknown>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`chat-templates/${name}.json`, import.meta.url), 'utf8'));
const { tools, chats } = read('scenarios') as { tools: Tool[]; chats: Record<string, Chat> };
const renders = read('renders') as Record<string, Record<string, string>>;

const NAMES = llamaCppFiles('models/templates').flatMap((file) => /([^/]+)\.jinja$/.exec(file)?.[1] ?? []);

beforeEach(() => {
  // The day of the stored prompts, in local time.
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(2026, 10, 21, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The prompt's digest, or `!` for a refusal as it should be. */
function digest(render: () => string): string {
  try {
    return createHash('sha256').update(render()).digest('hex').slice(0, 16);
  } catch (error) {
    if (!(error instanceof LocalLLMError)) throw error;
    if (error.code === 'template') return '!';
    if (error.code === 'not-supported') return 'knows no tools';
    throw error;
  }
}

test("Jinja's prompts are stored for every template of llama.cpp", () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(70);
  expect(Object.keys(renders).toSorted()).toEqual(NAMES.toSorted());
});

// Templates that leave tools out of the prompt: ours refuses them rather than losing them without a word.
const WITHOUT_TOOLS = new Set([
  'HuggingFaceTB-SmolLM3-3B',
  'deepseek-ai-DeepSeek-R1-Distill-Llama-8B',
  'deepseek-ai-DeepSeek-R1-Distill-Qwen-32B',
  'deepseek-ai-DeepSeek-V3.1',
  'google-gemma-2-2b-it',
  'llama-cpp-rwkv-world',
  'microsoft-Phi-3.5-mini-instruct',
]);

test.each(NAMES)('%s renders as Jinja renders it', (name) => {
  const template = createChatTemplate(llamaCppFile(`models/templates/${name}.jinja`).toString(), {
    bos: '<s>',
    eos: '</s>',
  });
  const found = Object.entries(chats).map(([chat, { messages, withTools, addGenerationPrompt = true, variables }]) => {
    const options: RenderOptions = {
      addGenerationPrompt,
      ...(withTools ? { tools } : {}),
      ...(variables ? { variables } : {}),
    };
    return [chat, digest(() => template.render(messages, options))];
  });
  const expected = Object.entries(renders[name]!).map(([chat, stored]) =>
    WITHOUT_TOOLS.has(name) && chats[chat]!.withTools ? [chat, 'knows no tools'] : [chat, stored],
  );
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
});
