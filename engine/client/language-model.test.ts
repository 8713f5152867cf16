import { afterEach, describe, expect, test } from 'vitest';
import { assistant, FakeLLM, held, prefix, session, SYSTEM, thrownBy, tool, user } from '../../tests/fake-llm.ts';
import { installGlobal } from './install-global.ts';
import type { LanguageModelCreateOptions } from './language-model-types.ts';

describe('the class', () => {
  const { LanguageModel } = new FakeLLM().llm;

  test('has the members of the IDL, and none can be changed', () => {
    const members = ['prompt', 'promptStreaming', 'append', 'measureContextUsage', 'clone', 'destroy'];
    const attributes = ['contextUsage', 'contextWindow', 'samplingMode', 'oncontextoverflow'];
    expect(Object.keys(LanguageModel.prototype).sort()).toEqual([...members, ...attributes].sort());
    expect(Object.keys(LanguageModel).sort()).toEqual(['availability', 'create']);
    expect(Object.isFrozen(LanguageModel) && Object.isFrozen(LanguageModel.prototype)).toBe(true);
    expect(Object.prototype.toString.call(LanguageModel.prototype)).toBe('[object LanguageModel]');
    expect((LanguageModel as unknown as { name: string }).name).toBe('LanguageModel');
  });

  test('cannot be constructed, and its methods take no other object', async () => {
    expect(() => new (LanguageModel as unknown as new () => object)()).toThrow(TypeError);
    expect(await thrownBy(() => LanguageModel.prototype.prompt.call({} as never, 'x'))).toBeInstanceOf(TypeError);
    const { model } = await session();
    expect(model).toBeInstanceOf(EventTarget);
    // A page can copy the constructor's session no more than call it with one of its own.
    expect(() => new (model.constructor as new (given: object) => object)(model)).toThrow(TypeError);
  });
});

describe('create', () => {
  test('knows the window and the usage of the initial prompts, and has them computed', async () => {
    const fake = new FakeLLM();
    const initialPrompts = [SYSTEM, user('Two words'), assistant('Yes')] as const;
    const model = await fake.llm.LanguageModel.create({ initialPrompts });
    expect(model.contextWindow).toBe(100);
    expect(model.contextUsage).toBe(fake.tokens([...initialPrompts]));
    expect(fake.asked.at(-1)).toMatchObject({ method: 'prefill', messages: initialPrompts });
    expect((await session()).model.contextUsage).toBe(0);
  });

  test.each<[unknown, string]>([
    [null, 'options: expected an object'],
    [{ samplingMode: 'wild' }, 'options.samplingMode'],
    [{ samplingMode: 'toString' }, 'options.samplingMode'],
    [{ monitor: 1 }, 'options.monitor'],
    [{ signal: {} }, 'options.signal'],
    [{ initialPrompts: 'x' }, 'options.initialPrompts: expected an array'],
    [{ initialPrompts: [user('x'), SYSTEM] }, 'options.initialPrompts.1.role'],
    [{ initialPrompts: [{ role: 'tool', content: 'x' }] }, 'options.initialPrompts.0.role'],
    [{ expectedInputs: [{ type: 'smell' }] }, 'options.expectedInputs.0.type'],
    [{ tools: [{ name: 'a', description: '', inputSchema: 5 }] }, 'options.tools.0.inputSchema'],
    [{ tools: [{ name: 'a', description: '', inputSchema: {} }] }, 'expectedOutputs'],
    [{ tools: [tool('a', () => ''), tool('a', () => '')] }, 'options.tools.1.name'],
    [{ tools: [tool('a', () => ''), { name: 'b', description: '', inputSchema: {} }] }, 'every tool'],
  ])('refuses %j with a TypeError', async (options, named) => {
    const fake = new FakeLLM();
    for (const method of ['create', 'availability'] as const) {
      const error = await thrownBy(() => fake.llm.LanguageModel[method](options as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`LanguageModel.${method}: `);
      expect(error.message).toContain(named);
    }
    expect(fake.asked).toEqual([]);
  });

  test('refuses malformed language tags with a RangeError, a prefix with a SyntaxError', async () => {
    const { create } = new FakeLLM().llm.LanguageModel;
    const malformed = { expectedInputs: [{ type: 'text', languages: ['no tag'] }] } as const;
    expect(await thrownBy(() => create(malformed))).toBeInstanceOf(RangeError);
    const initialPrompts = [user('x'), prefix('y')];
    expect((await thrownBy(() => create({ initialPrompts }))).name).toBe('SyntaxError');
  });

  test('what no model takes is unavailable', async () => {
    const fake = new FakeLLM();
    const { LanguageModel } = fake.llm;
    for (const options of [
      { expectedInputs: [{ type: 'image' }] },
      { expectedOutputs: [{ type: 'audio' }] },
    ] as const) {
      expect(await LanguageModel.availability(options)).toBe('unavailable');
      expect((await thrownBy(() => LanguageModel.create(options))).name).toBe('NotSupportedError');
    }
    const text = { expectedInputs: [{ type: 'text', languages: ['en', 'ja'] }] } as const;
    expect(await LanguageModel.availability(text)).toBe('available');
    fake.availability = 'unavailable';
    expect(await LanguageModel.availability()).toBe('unavailable');
    expect((await thrownBy(() => LanguageModel.create())).name).toBe('NotSupportedError');
    expect(fake.asked).toEqual([]);
  });

  test('both ends of the download are told, whatever there was to load', async () => {
    const seen: [number, number][] = [];
    const fake = new FakeLLM();
    // What goes back, and what comes twice, is not told.
    fake.progress = [0, 0.25, 0.5, 0.5, 0.4];
    const options: LanguageModelCreateOptions = {
      monitor: (monitor) => {
        monitor.addEventListener('downloadprogress', (event) => {
          const { loaded, total } = event as ProgressEvent;
          seen.push([loaded, total]);
        });
        monitor.ondownloadprogress = () => seen.push([-1, -1]);
        monitor.ondownloadprogress = null;
      },
    };
    await session(options, fake);
    expect(seen.map(([loaded]) => loaded)).toEqual([0, 0.25, 0.5, 1]);
    expect(seen.every(([, total]) => total === 1)).toBe(true);
    seen.length = 0;
    await session(options);
    expect(seen.map(([loaded]) => loaded)).toEqual([0, 1]);
    const own = new Error('mine');
    const monitor = () => {
      throw own;
    };
    expect(await thrownBy(() => session({ monitor }))).toBe(own);
  });

  test('initial prompts beyond the window are a QuotaExceededError', async () => {
    const error = await thrownBy(() => session({ initialPrompts: [user('word '.repeat(120))] }));
    expect(error).toMatchObject({ name: 'QuotaExceededError', requested: 123, quota: 100 });
  });

  test('its signal ends the creation, and later the session, with its reason', async () => {
    const before = new AbortController();
    before.abort('early');
    expect(await thrownBy(() => session({ signal: before.signal }))).toBe('early');
    const stop = new AbortController();
    const creating = thrownBy(() => session({ signal: stop.signal }));
    stop.abort('meanwhile');
    expect(await creating).toBe('meanwhile');
    const later = new AbortController();
    const { model, fake } = await session({ signal: later.signal });
    held(fake);
    const asked = thrownBy(() => model.prompt('x'));
    later.abort('late');
    expect(await asked).toBe('late');
    expect((await thrownBy(() => model.prompt('x'))).name).toBe('InvalidStateError');
  });

  test('samples as the mode says, and as the model likes by default', async () => {
    const { model, fake } = await session({ samplingMode: 'most-predictable' });
    expect(model.samplingMode).toBe('most-predictable');
    await model.prompt('x');
    expect(fake.asked.at(-1)?.options).toEqual({ temperature: 0, thinking: false });
    // Of older drafts, for extensions alone: let be in pages.
    const plain = await session({ temperature: 2, topK: 3 } as LanguageModelCreateOptions);
    expect(plain.model.samplingMode).toBe('balanced');
    await plain.model.prompt('x');
    expect(plain.fake.asked.at(-1)?.options).toEqual({ thinking: false });
  });
});

describe('the global', () => {
  const names = ['LanguageModel', 'LanguageModelToolCall', 'LanguageModelToolSuccess', 'LanguageModelToolError'];
  afterEach(() => names.forEach((name) => Reflect.deleteProperty(globalThis, name)));
  const globals = globalThis as unknown as Record<string, new (init: object) => object>;

  test('is installed once, replaceable, where there is none', () => {
    const [one, other] = [new FakeLLM().llm, new FakeLLM().llm];
    expect(installGlobal(one)).toBe(true);
    expect(installGlobal(other)).toBe(false);
    expect(globals['LanguageModel']).toBe(one.LanguageModel);
    expect(Object.keys(globalThis)).not.toContain('LanguageModel');
    const response = new globals['LanguageModelToolSuccess']!({ callId: 1, name: 'a', result: [] });
    expect(response).toEqual({ callId: '1', name: 'a', result: [] });
    expect(new globals['LanguageModelToolError']!({ callId: 'b', name: 'a', errorMessage: 'c' })).toMatchObject({
      errorMessage: 'c',
    });
    const own = class extends EventTarget {};
    globals['LanguageModel'] = own;
    expect(globals['LanguageModel']).toBe(own);
  });
});
