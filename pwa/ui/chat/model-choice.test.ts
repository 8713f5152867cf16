import { expect, test, vi } from 'vitest';
import { LocalLLMError, type ModelInfo } from '../../../engine/client/index.ts';
import { choosable, ModelChoice, obstacleOf } from './model-choice.ts';

function model(id: string, facts: Partial<ModelInfo> = {}): ModelInfo {
  const rest = { license: '', bytes: 1, storedBytes: 1, loaded: false, kind: 'model', settings: {} } as const;
  return { id, name: id, state: 'stored', isDefault: false, ...rest, ...facts };
}
const POCKET = model('pocket', { isDefault: true, loaded: true });
const QWEN = model('qwen');
const chosen = (id: string) => [POCKET, QWEN].map((one) => ({ ...one, isDefault: one.id === id }));

/** A client whose other end the test plays. */
function scripted() {
  let watching: ((models: ModelInfo[]) => void) | undefined;
  let breakOff: (error: Error) => void = () => {};
  const answers: PromiseWithResolvers<ModelInfo[]>[] = [];
  const asked: string[] = [];
  const answer = (words: string) => {
    asked.push(words);
    answers.push(Promise.withResolvers());
    return answers.at(-1)!.promise;
  };
  const choice = new ModelChoice({
    watchModels: (onModels) => {
      watching = onModels;
      return new Promise((_, reject) => (breakOff = reject));
    },
    setDefaultModel: (id) => answer(`default ${id}`),
    configureModel: (id, settings) => answer(`configure ${id} ${JSON.stringify(settings)}`),
  });
  return {
    choice,
    asked,
    last: () => answers.at(-1)!,
    tell: (models: ModelInfo[]) => watching!(models),
    breakOff: (error: Error) => breakOff(error),
  };
}

test('a choice is under way until the engine answers', async () => {
  const { choice, asked, last } = scripted();
  const done = choice.choose(QWEN);
  expect(choice.value.switchingTo).toBe(QWEN);
  expect(asked).toEqual(['default qwen']);
  last().resolve(chosen('qwen'));
  await done;
  expect(choice.value).toEqual({ models: chosen('qwen') });
  expect(choice.model?.id).toBe('qwen');
});

test('another one that is chosen meanwhile takes its place, also the one that answers now', async () => {
  const { choice, asked, last } = scripted();
  const first = choice.choose(QWEN);
  const firstAnswer = last();
  const second = choice.choose(POCKET);
  expect(asked).toEqual(['default qwen', 'default pocket']);
  firstAnswer.reject(new LocalLLMError('aborted', 'Another model was chosen.'));
  await first;
  expect(choice.value).toEqual({ switchingTo: POCKET });
  last().resolve(chosen('pocket'));
  await second;
  expect(choice.value).toEqual({ models: chosen('pocket') });
});

test('the one that is waited for is chosen once more, so that long answers end', async () => {
  const { choice, asked, last } = scripted();
  const done = choice.choose(QWEN);
  const first = last();
  const again = choice.choose(QWEN);
  expect(asked).toEqual(['default qwen', 'default qwen']);
  for (const answer of [first, last()]) answer.resolve(chosen('qwen'));
  await Promise.all([done, again]);
  expect(choice.value).toEqual({ models: chosen('qwen') });
});

test('a failure is told until it is dismissed or something is chosen; an abort is not one', async () => {
  const { choice, last } = scripted();
  let done = choice.choose(QWEN);
  last().reject(new LocalLLMError('out-of-memory', 'too large'));
  await done;
  expect(choice.value).toEqual({ failed: { model: QWEN, error: expect.objectContaining({ code: 'out-of-memory' }) } });
  choice.dismiss();
  expect(choice.value).toEqual({});
  done = choice.choose(QWEN);
  last().reject(new LocalLLMError('aborted', 'stopped'));
  await done;
  expect(choice.value).toEqual({});
});

test('a connection that breaks is told of and made again', async () => {
  vi.useFakeTimers();
  try {
    const { choice, tell, breakOff } = scripted();
    const stop = choice.start();
    tell([POCKET]);
    breakOff(new LocalLLMError('disconnected', 'The engine went away.'));
    await vi.advanceTimersByTimeAsync(0);
    expect(choice.value).toEqual({ models: [POCKET], problem: 'The engine went away.' });
    await vi.advanceTimersByTimeAsync(5_000);
    tell([POCKET, QWEN]);
    expect(choice.value).toEqual({ models: [POCKET, QWEN] });
    stop();
  } finally {
    vi.useRealTimers();
  }
});

test('settings are handed on, and a refusal is the asker’s', async () => {
  const { choice, asked, last } = scripted();
  const done = choice.configure('qwen', { system: 'Be brief.' });
  expect(asked).toEqual(['configure qwen {"system":"Be brief."}']);
  last().reject(new LocalLLMError('storage', 'full'));
  await expect(done).rejects.toThrow('full');
});

test('adapters and models that are not here cannot be chosen, the default can wherever it is', () => {
  const models = [
    model('z-arriving', { state: 'downloading' }),
    model('absent', { state: 'absent' }),
    model('lora', { kind: 'adapter' }),
    model('b'),
    model('a', { state: 'absent', isDefault: true }),
    model('half', { state: 'paused' }),
  ];
  expect(choosable(models).map(({ id }) => id)).toEqual(['a', 'b', 'z-arriving']);
});

test('what stands in the way of a model is said', () => {
  const fit = { contextTokens: 0, gpuBytes: 1, systemBytes: 1, basis: 'header', verdict: 'wont-fit' } as const;
  expect(obstacleOf(QWEN)).toBeUndefined();
  expect(obstacleOf(model('x', { state: 'downloading' }))).toContain('arrived');
  expect(obstacleOf(model('x', { fit: { ...fit, reasons: ['It takes 5.5 GB.'] } }))).toBe('It takes 5.5 GB.');
  expect(obstacleOf(model('x', { loaded: true, fit: { ...fit, reasons: [] } }))).toBeUndefined();
});
