import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Client, type HubModel, LocalLLMError } from '../../../engine/client/index.ts';
import { HubSearch, PAUSE_MS } from './search.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const hit = (id: string): HubModel => ({ id, downloads: 1, likes: 1, gated: false });
const ids = ({ value }: HubSearch) => value.hits.map(({ id }) => id);

type SearchHub = Client['searchHub'];
/** Answers page by page; the last two hits of a page come again on the next one, as when the order changed meanwhile. */
function pages(): { search: HubSearch; asked: string[]; searchHub: SearchHub } {
  const asked: string[] = [];
  const searchHub: SearchHub = async (query, next = '0') => {
    asked.push(next === '0' ? query : `${query} after ${next}`);
    const from = Number(next);
    const models = [from - 1, from, from + 1].filter((n) => n >= 0).map((n) => hit(`${query}/${n}`));
    return { models, ...(from < 4 && { next: String(from + 2) }) };
  };
  return { search: new HubSearch({ searchHub }), asked, searchHub };
}

test('nothing is sent before a person stops typing, or with too little', async () => {
  const { search, asked } = pages();
  for (const text of ['q', 'qw', 'qwe', 'qwen ']) search.type(text);
  await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
  expect(asked).toEqual([]);
  expect(search.value.busy).toBe('waiting');
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual(['qwen']);
  expect(ids(search)).toEqual(['qwen/0', 'qwen/1']);
  search.type(' q');
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(asked).toEqual(['qwen']);
  expect(search.value).toEqual({ query: '', hits: [] });
});

test('the next key ends what is asked; the late answer is not shown', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const answers: (() => void)[] = [];
  const searchHub: SearchHub = (query, _next, signal) => {
    signals.push(signal);
    return new Promise((resolve) => answers.push(() => resolve({ models: [hit(query)] })));
  };
  const search = new HubSearch({ searchHub });
  void search.ask('first');
  search.type('second');
  expect(signals[0]!.aborted).toBe(true);
  answers[0]!();
  await vi.advanceTimersByTimeAsync(PAUSE_MS);
  expect(ids(search)).toEqual([]);
  answers[1]!();
  await vi.advanceTimersByTimeAsync(0);
  expect(search.value).toEqual({ query: 'second', hits: [hit('second')] });
});

test('more comes after what is there, each once, to the end', async () => {
  const { search, asked } = pages();
  await search.ask('a model');
  await search.more();
  await search.more();
  await search.more();
  expect(asked).toEqual(['a model', 'a model after 2', 'a model after 4']);
  expect(ids(search)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `a model/${n}`));
  expect(search.value.next).toBeUndefined();
});

test('a refusal is told; what was found stays for more of it, and can be asked for again', async () => {
  const { search, searchHub } = pages();
  await search.ask('llama');
  const refusal = new LocalLLMError('network', 'Try again in 40 seconds.');
  const asking = vi.fn<SearchHub>().mockRejectedValueOnce(refusal).mockImplementation(searchHub);
  const limited = new HubSearch({ searchHub: asking });
  await limited.ask('llama');
  expect(limited.value).toEqual({ query: 'llama', hits: [], error: refusal });
  await limited.ask('llama');
  expect(ids(limited)).toEqual(ids(search));
  asking.mockRejectedValueOnce(refusal);
  await limited.more();
  expect(limited.value).toMatchObject({ error: refusal, next: '2' });
  expect(ids(limited)).toEqual(['llama/0', 'llama/1']);
  await limited.more();
  expect(ids(limited)).toEqual(['llama/0', 'llama/1', 'llama/2', 'llama/3']);
});
