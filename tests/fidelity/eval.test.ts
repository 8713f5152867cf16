// Pocket's eval through our engine: its score, and how many answers are letter for letter those of llama.cpp.
// LOCALLLM_EVAL=all runs every prompt also on a software adapter, which otherwise takes one of five of each family.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { check } from '../../models/pocket/check.ts';
import type { Engine } from '../../engine/runtime/engine.ts';
import { createChatTemplate } from '../../engine/chat/chat-template.ts';
import { openEngine } from './load-engine.ts';
import { EVAL_ROWS, type EvalRow, POCKET, TEMPLATE } from './pocket.ts';
import { Reference } from './reference.ts';
import { floatTwin } from './twin.ts';

const MAX_TOKENS = 220;
/**
 * Of llama.cpp's answers on the file itself, and on its F32 twin. On the file it rounds activations to 8 bits, which alone
 * changes 10 of its 300 answers: a sample of 60 may by chance have many of these.
 */
const MIN_EQUAL = 0.95;
const MIN_EQUAL_SAMPLE = 0.9;
const MIN_EQUAL_TWIN = 0.98;
const MIN_SCORE = 280 / 300;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(POCKET, { sampling: { temperature: 0 } });
});
afterAll(() => engine.unload());

function chosenRows(): readonly EvalRow[] {
  const software = /swiftshader|llvmpipe|software/i.test(engine.info()?.adapter ?? '');
  const all = !software || process.env['LOCALLLM_EVAL'] === 'all';
  return all ? EVAL_ROWS : EVAL_ROWS.filter((_, i) => i % 5 === 0);
}

const toolsOf = (row: EvalRow) => row.tools?.map((tool) => tool.function);

/** As the model wrote it: where tools were given, the calls are part of the checked text. */
async function answer(row: EvalRow): Promise<string> {
  const tools = toolsOf(row);
  let raw = '';
  const result = await engine.generate({
    input: row.messages,
    options: { maxTokens: MAX_TOKENS, ...(tools ? { tools } : {}) },
    owner: row.id,
    priority: 1,
    signal: new AbortController().signal,
    onDelta: (text) => (raw += text),
  });
  const calls = (result.toolCalls ?? []).map(({ name, arguments: given }) =>
    JSON.stringify({ name, arguments: given }),
  );
  expect(raw.trim()).toBe(result.text.trim()); // the deltas are the text, without the calls
  return calls.length > 0 ? `<tool_call>\n${calls.join('\n')}\n</tool_call>` : result.text;
}

test(
  'answers and scores as in llama.cpp',
  async () => {
    const rows = chosenRows();
    const answers = await Promise.all(rows.map(answer));
    const template = createChatTemplate(TEMPLATE);
    const prompts = rows.map((row) => {
      const tools = toolsOf(row);
      return template.render(row.messages, { ...(tools ? { tools } : {}), addGenerationPrompt: true });
    });
    const equal = await countEqual(answers, prompts, POCKET);
    const equalTwin = await countEqual(answers, prompts, await floatTwin(POCKET, 'F32'));
    const right = rows.filter((row, i) => check(row.match, answers[i]!));
    for (const family of new Set(rows.map((row) => row.family))) {
      const of = (list: readonly EvalRow[]) => list.filter((row) => row.family === family).length;
      console.log(`${family.padEnd(12)} ${of(right)}/${of(rows)}`);
    }
    console.log(`score ${right.length}/${rows.length}, as llama.cpp ${equal}, as on the F32 twin ${equalTwin}`);
    expect(equalTwin / rows.length).toBeGreaterThanOrEqual(MIN_EQUAL_TWIN);
    const all = rows.length === EVAL_ROWS.length;
    expect(equal / rows.length).toBeGreaterThanOrEqual(all ? MIN_EQUAL : MIN_EQUAL_SAMPLE);
    expect(right.length / rows.length).toBeGreaterThanOrEqual(MIN_SCORE);
  },
  30 * 60_000,
);

/** How many answers are those of llama.cpp on a file. */
async function countEqual(ours: readonly string[], prompts: readonly string[], path: string): Promise<number> {
  const reference = await Reference.open(path);
  const theirs = await reference.answers(prompts, MAX_TOKENS);
  await reference.close();
  return ours.filter((text, i) => text.trim() === theirs[i]!.trim() || sameCall(text, theirs[i]!)).length;
}

/** Calls are parsed and written anew: equal where they mean the same. */
function sameCall(ours: string, theirs: string): boolean {
  const parse = (text: string) => /^<tool_call>\s*(\{[\s\S]*\})\s*<\/tool_call>$/.exec(text.trim())?.[1];
  const [a, b] = [parse(ours), parse(theirs)];
  return a !== undefined && b !== undefined && check({ type: 'json', value: JSON.parse(b) }, a);
}
