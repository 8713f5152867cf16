// What the Prompt API's explainer and IDL promise of `LanguageModel`, checked from an ordinary page, with whatever model answers.
// https://webmachinelearning.github.io/prompt-api/ and https://github.com/webmachinelearning/prompt-api
import { check, equal, read, rejects } from './expect.js';

const { LanguageModel } = window.localLLM;
const status = document.querySelector('[role=status]');
const list = document.querySelector('#results');
const FRANCE = 'What is the capital of France?';
const SYSTEM = { role: 'system', content: 'You answer questions about countries.' };
const user = (content) => ({ role: 'user', content });
const assistant = (content) => ({ role: 'assistant', content });

/** A session that is destroyed afterwards. */
const withSession = (options, use) => async () => {
  const session = await LanguageModel.create(options);
  try {
    await use(session);
  } finally {
    session.destroy();
  }
};
const withPlain = (use) => withSession({ samplingMode: 'most-predictable' }, use);

const checks = {
  'create tells of the download from 0 to 1': async () => {
    const loaded = [];
    const session = await LanguageModel.create({
      monitor(monitor) {
        monitor.addEventListener('downloadprogress', (event) => {
          check(event instanceof ProgressEvent, 'no ProgressEvent');
          equal(event.total, 1, 'total');
          loaded.push(event.loaded);
        });
      },
    });
    equal(loaded.at(0), 0, 'the first event');
    equal(loaded.at(-1), 1, 'the last event');
    equal(session.contextUsage, 0, 'contextUsage');
    check(session.contextWindow > 0, `contextWindow is ${session.contextWindow}`);
    equal(session.samplingMode, 'balanced', 'samplingMode');
    check(session instanceof LanguageModel && session instanceof EventTarget, 'not an instance');
    session.destroy();
  },
  'the interface has its members and no constructor': async () => {
    const members = ['prompt', 'promptStreaming', 'append', 'measureContextUsage', 'clone', 'destroy'];
    for (const name of members) equal(typeof LanguageModel.prototype[name], 'function', name);
    const attributes = ['contextUsage', 'contextWindow', 'oncontextoverflow', 'samplingMode'];
    for (const name of [...members, ...attributes]) {
      const property = Object.getOwnPropertyDescriptor(LanguageModel.prototype, name);
      check(property?.enumerable, `${name} is not enumerable`);
    }
    equal(LanguageModel.name, 'LanguageModel', 'name');
    equal(LanguageModel.create.length, 0, 'create.length');
    equal(LanguageModel.availability.length, 0, 'availability.length');
    await rejects('TypeError', async () => new LanguageModel());
    await rejects('TypeError', () => LanguageModel.prototype.prompt.call({}, 'x'));
    for (const old of ['inputUsage', 'inputQuota', 'measureInputUsage', 'onquotaoverflow', 'topK', 'temperature']) {
      check(!(old in LanguageModel.prototype), `${old} is for extensions only`);
    }
  },
  'availability follows the options': async () => {
    equal(await LanguageModel.availability(), 'available', 'without options');
    const text = [{ type: 'text', languages: ['en', 'ja'] }];
    equal(await LanguageModel.availability({ expectedInputs: text, expectedOutputs: text }), 'available', 'text');
    equal(await LanguageModel.availability({ expectedInputs: [{ type: 'image' }] }), 'unavailable', 'images');
    equal(await LanguageModel.availability({ expectedOutputs: [{ type: 'audio' }] }), 'unavailable', 'audio');
    await rejects('TypeError', () => LanguageModel.availability({ expectedInputs: [{ type: 'taste' }] }));
    await rejects('TypeError', () => LanguageModel.availability({ samplingMode: 'wild' }));
    await rejects('RangeError', () =>
      LanguageModel.availability({ expectedInputs: [{ type: 'text', languages: ['?'] }] }),
    );
  },
  'create refuses what it cannot have': async () => {
    await rejects('NotSupportedError', () => LanguageModel.create({ expectedInputs: [{ type: 'image' }] }));
    await rejects('TypeError', () => LanguageModel.create({ initialPrompts: [user('x'), SYSTEM] }));
    await rejects('SyntaxError', () => LanguageModel.create({ initialPrompts: [{ ...user('x'), prefix: true }] }));
    await rejects('QuotaExceededError', () => LanguageModel.create({ initialPrompts: [user('word '.repeat(20_000))] }));
    const reason = new Error('The page changed its mind.');
    equal(await rejects('Error', () => LanguageModel.create({ signal: AbortSignal.abort(reason) })), reason, 'reason');
    equal(
      await rejects('Error', () =>
        LanguageModel.create({
          monitor() {
            throw reason;
          },
        }),
      ),
      reason,
      'reason',
    );
  },
  'prompt answers, and the session remembers': withPlain(async (session) => {
    const answer = await session.prompt(FRANCE);
    check(/Paris/.test(answer), answer);
    const usage = session.contextUsage;
    check(usage > 0, `contextUsage is ${usage}`);
    await session.prompt([
      {
        role: 'user',
        content: [
          { type: 'text', value: 'And of ' },
          { type: 'text', value: 'Italy?' },
        ],
      },
    ]);
    check(session.contextUsage > usage, `contextUsage stays ${session.contextUsage}`);
  }),
  'promptStreaming gives the answer in pieces': withPlain(async (session) => {
    const chunks = await read(session.promptStreaming(FRANCE));
    check(chunks.length > 1, `${chunks.length} chunk`);
    check(/Paris/.test(chunks.join('')), chunks.join(''));
    const again = await LanguageModel.create({ samplingMode: 'most-predictable' });
    equal(await again.prompt(FRANCE), chunks.join(''), 'the whole answer');
    again.destroy();
  }),
  'prompts of one session run in the order of the calls': withPlain(async (session) => {
    const ended = [];
    await Promise.all(['a', 'b', 'c'].map((name) => session.append(name).then(() => ended.push(name))));
    equal(ended.join(), 'a,b,c', 'the order');
  }),
  'what is no prompt is refused, by name': withPlain(async (session) => {
    await rejects('TypeError', () => session.prompt([user('x'), SYSTEM]));
    await rejects('TypeError', () => session.prompt([{ role: 'robot', content: 'x' }]));
    await rejects('TypeError', () => session.prompt([{ role: 'user', content: [{ type: 'text', value: 1 }] }]));
    await rejects('NotSupportedError', () =>
      session.prompt([{ role: 'user', content: [{ type: 'image', value: 1 }] }]),
    );
    await rejects('SyntaxError', () => session.prompt([{ ...assistant('x'), prefix: true }, user('y')]));
    await rejects('TypeError', () => session.prompt('x', { omitResponseConstraintInput: true }));
    await rejects('TypeError', () => session.prompt('x', { responseConstraint: 'a+' }));
    equal(session.contextUsage, 0, 'contextUsage');
  }),
  'a system message comes first or not at all': async () => {
    const session = await LanguageModel.create();
    await session.append([SYSTEM]);
    await rejects('TypeError', () => session.append([SYSTEM]));
    await rejects('TypeError', () => session.prompt([SYSTEM, user(FRANCE)]));
    await session.append(FRANCE);
    session.destroy();
  },
  'an aborted prompt leaves no trace': withPlain(async (session) => {
    await session.prompt(FRANCE);
    const usage = session.contextUsage;
    const controller = new AbortController();
    const reason = new Error('enough');
    const stream = session.promptStreaming('Tell me a story.', { signal: controller.signal });
    const queued = session.prompt('And another.', { signal: controller.signal });
    const reader = stream.getReader();
    await reader.read();
    controller.abort(reason);
    equal(await rejects('Error', () => queued), reason, 'the reason of the queued prompt');
    equal(
      await rejects('Error', async () => {
        while (!(await reader.read()).done);
      }),
      reason,
      'the reason of the stream',
    );
    equal(session.contextUsage, usage, 'contextUsage');
    check(typeof (await session.prompt(FRANCE)) === 'string', 'no answer');
  }),
  'destroy ends what runs and refuses what comes': async () => {
    const session = await LanguageModel.create();
    const running = session.prompt('Tell me a story.');
    session.destroy();
    await rejects('AbortError', () => running);
    await rejects('InvalidStateError', () => session.prompt('x'));
    await rejects('InvalidStateError', async () => session.promptStreaming('x'));
    await rejects('InvalidStateError', () => session.append('x'));
    await rejects('InvalidStateError', () => session.clone());
    await rejects('InvalidStateError', () => session.measureContextUsage('x'));
    const controller = new AbortController();
    const signalled = await LanguageModel.create({ signal: controller.signal });
    const asked = signalled.prompt('Tell me a story.');
    controller.abort();
    await rejects('AbortError', () => asked);
    await rejects('InvalidStateError', () => signalled.prompt('x'));
  },
  'a clone has the conversation and goes its own way': withSession({ initialPrompts: [SYSTEM] }, async (session) => {
    const clone = await session.clone();
    equal(clone.contextUsage, session.contextUsage, 'contextUsage');
    equal(clone.contextWindow, session.contextWindow, 'contextWindow');
    const usage = session.contextUsage;
    await clone.append(FRANCE);
    check(clone.contextUsage > usage, 'the clone took nothing');
    equal(session.contextUsage, usage, 'contextUsage of the original');
    clone.destroy();
    await session.append(FRANCE);
    await rejects('AbortError', () => session.clone({ signal: AbortSignal.abort() }));
  }),
  'measureContextUsage counts and changes nothing': withPlain(async (session) => {
    const short = await session.measureContextUsage(FRANCE);
    const long = await session.measureContextUsage(FRANCE.repeat(10));
    check(short > 0 && long > short, `${short} and ${long}`);
    const responseConstraint = { type: 'object', properties: { capital: { type: 'string' } } };
    check((await session.measureContextUsage(FRANCE, { responseConstraint })) > short, 'the schema counts nothing');
    const omitted = { responseConstraint, omitResponseConstraintInput: true };
    equal(await session.measureContextUsage(FRANCE, omitted), short, 'without the schema');
    equal(session.contextUsage, 0, 'contextUsage');
    await session.append(FRANCE);
    check(Math.abs(session.contextUsage - short) <= 8, `${session.contextUsage} used, ${short} measured`);
  }),
  'overflow evicts the oldest turns and fires contextoverflow': withSession(
    { initialPrompts: [SYSTEM] },
    async (session) => {
      const initial = session.contextUsage;
      const words = (count) => 'word '.repeat(count);
      const measured = await Promise.all([100, 200].map((count) => session.measureContextUsage(words(count))));
      const perWord = (measured[1] - measured[0]) / 100;
      await session.append([user(words(100)), assistant('Noted.')]);
      const before = session.contextUsage;
      check(before > initial, 'nothing was appended');
      // The event comes before the answer; aborting that brings nothing back.
      const controller = new AbortController();
      const types = [];
      session.addEventListener('contextoverflow', ({ type }) => types.push(type));
      session.oncontextoverflow = () => controller.abort();
      const { signal } = controller;
      const tokens = session.contextWindow - (initial + before) / 2;
      await rejects('AbortError', () => session.prompt(words(tokens / perWord), { signal }));
      equal(types.join(), 'contextoverflow', 'what was fired');
      check(session.contextUsage < before, 'nothing went');
      check(session.contextUsage >= initial - 8, `the initial prompts went: ${session.contextUsage} of ${initial}`);
      const usage = session.contextUsage;
      const error = await rejects('QuotaExceededError', () => session.prompt(words(session.contextWindow * 2)));
      check(error instanceof DOMException, 'no DOMException');
      check(error.requested > error.quota && error.quota > 0, `${error.requested} of ${error.quota}`);
      equal(session.contextUsage, usage, 'contextUsage after the refusal');
    },
  ),
  'an answer goes on from a prefix': withPlain(async (session) => {
    const prefix = 'The capital of France is';
    const answer = await session.prompt([user(FRANCE), { ...assistant(prefix), prefix: true }]);
    check(!answer.startsWith(prefix), answer);
    check(/^\s*\W*Paris/.test(answer), answer);
  }),
  'a RegExp holds the answer': withPlain(async (session) => {
    const answer = await session.prompt('Is Paris in France?', { responseConstraint: /(yes|no), [a-z]{3,8}!/ });
    check(/^(yes|no), [a-z]{3,8}!$/.test(answer), answer);
  }),
  'a JSON Schema holds the answer': withPlain(async (session) => {
    const responseConstraint = {
      type: 'object',
      required: ['capital', 'rating'],
      additionalProperties: false,
      properties: { capital: { type: 'string', maxLength: 12 }, rating: { enum: [1, 2, 3] } },
    };
    const { capital, rating, ...rest } = JSON.parse(await session.prompt(FRANCE, { responseConstraint }));
    equal(typeof capital, 'string', 'capital');
    check([1, 2, 3].includes(rating), `rating is ${rating}`);
    equal(Object.keys(rest).length, 0, 'further members');
  }),
  'a page that replaces its globals keeps its session': withPlain(async (session) => {
    const names = [
      'Promise',
      'ReadableStream',
      'AbortController',
      'AbortSignal',
      'Event',
      'DOMException',
      'MessagePort',
    ];
    const own = names.map((name) => [name, window[name]]);
    for (const name of names) window[name] = () => check(false, `${name} was called`);
    try {
      const chunks = await read(session.promptStreaming(FRANCE));
      check(chunks.length > 1, `${chunks.length} chunk`);
      await rejects('TypeError', () => session.prompt(null));
    } finally {
      for (const [name, value] of own) window[name] = value;
    }
  }),
};

async function runAll() {
  const results = [];
  for (const [name, run] of Object.entries(checks)) {
    status.textContent = name;
    const start = performance.now();
    const error = await run().then(
      () => undefined,
      (failure) => `${failure?.name}: ${failure?.message}`,
    );
    results.push({ name, ...(error === undefined ? {} : { error }), ms: Math.round(performance.now() - start) });
    list.append(Object.assign(document.createElement('li'), { textContent: `${name}: ${error ?? 'holds'}` }));
  }
  window.results = results;
  status.textContent = 'done';
}

document.querySelector('#run').addEventListener('click', () => void runAll());
