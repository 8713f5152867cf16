/**
 * What a site that may use the model can do to another that may: nothing.
 *
 * @module
 */
import { type AskingPage, ENDLESS, expect, test } from '../e2e/fixtures.ts';
import { answerPermission, engineStatus } from '../pages.ts';
import { overwriteGlobals } from './hostile-page.ts';

const FRANCE = 'What is the capital of France?';

test('a granted page: replaced globals see no frames, floods slow only itself, a shared prompt tells nothing', async ({
  extension,
  openSite,
}) => {
  const victim = await openSite('victim');
  await victim.ask(FRANCE);
  await answerPermission(extension.context, 'Always allow');
  await expect(victim.status).toHaveText('done');
  const flood = await openSite('flood');
  await flood.ask(FRANCE);
  await answerPermission(extension.context, 'Always allow');
  await expect(flood.status).toHaveText('done');

  await test.step('a script of the page replaces what the provider uses', async () => {
    const replaced = await victim.page.evaluate(() => {
      const { localLLM } = window;
      const attempts = [
        () => void (localLLM.generate = async () => ({ text: 'forged' }) as never),
        () => void Object.defineProperty(window, 'localLLM', { value: {} }),
        () => void delete (window as { localLLM?: unknown }).localLLM,
        () => void Object.setPrototypeOf(localLLM, {}),
      ];
      for (const attempt of attempts) {
        try {
          attempt();
        } catch {
          // that is what is hoped for
        }
      }
      return window.localLLM !== localLLM || !Object.isFrozen(localLLM);
    });
    expect(replaced).toBe(false);
    await victim.page.evaluate(overwriteGlobals);
    const text = await victim.page.evaluate(async (question) => {
      const stream = window.localLLM.generateStreaming(question, { temperature: 0 });
      let read = '';
      for await (const delta of stream) read += delta;
      return read;
    }, FRANCE);
    expect(text).toContain('Paris');
    const loot = await victim.page.evaluate(() =>
      window.loot!.filter((item) => {
        const frame = item as { t?: unknown; method?: unknown } | null;
        return item === 'data' || frame?.t !== undefined || frame?.method !== undefined;
      }),
    );
    expect(loot).toEqual([]);
  });

  await test.step('200 sessions, 10 MB of prompt', async () => {
    const started = flood.page.evaluate(async (options) => {
      const { LanguageModel } = window.localLLM;
      const sessions = [];
      while (sessions.length < 200) sessions.push(await LanguageModel.create());
      const big = await window.localLLM.generate('x'.repeat(10 << 20)).then(
        () => 'answered',
        (error: Error) => error.name,
      );
      const stop = new AbortController();
      const endings = sessions.map((session) =>
        session.prompt('Tell me a story.', { signal: stop.signal }).then(
          () => 'answered',
          (error: Error) => error.name,
        ),
      );
      const more = Array.from({ length: 60 }, () =>
        window.localLLM.generate('Tell me a story.', { ...options, signal: stop.signal }).then(
          () => 'answered',
          (error: Error) => error.name,
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 6000));
      stop.abort();
      for (const session of sessions) session.destroy();
      return { big, endings: await Promise.all([...endings, ...more]) };
    }, ENDLESS);
    await flood.page.waitForTimeout(1500);
    // Meanwhile the other site is answered as if nobody else were there.
    await victim.page.reload();
    await victim.page.waitForFunction(() => 'localLLM' in window);
    await victim.ask(FRANCE);
    await expect(victim.status).toHaveText('done');
    const { big, endings } = await started;
    expect(big).toBe('QuotaExceededError');
    expect(endings.filter((ending) => ending === 'QuotaExceededError').length).toBeGreaterThan(200);
    expect(new Set(endings)).toEqual(new Set([...new Set(endings)].filter((e) => /Quota|Abort|answered/.test(e))));
    await expect.poll(async () => (await engineStatus(extension)).running).toBe(0);
  });

  await test.step('what one site has asked is no faster for another', async () => {
    const text = (subject: string, turn: number) =>
      `${turn}: ${`The ${subject} of the house is what nobody knows. `.repeat(5)}`;
    const time = (asking: AskingPage, prompt: string) =>
      asking.page.evaluate(async (input) => {
        const { usage, timing } = await window.localLLM.generate(input, { maxTokens: 1, temperature: 0 });
        return { cached: usage.cachedTokens, ms: timing.ttftMs };
      }, prompt);
    const TURNS = [0, 1, 2];
    for (const turn of TURNS) await time(victim, text('secret', turn));
    // Kept for the one who asked …
    expect((await time(victim, text('secret', 2))).cached).toBeGreaterThan(30);
    const [hits, misses]: [number[], number[]] = [[], []];
    for (const turn of TURNS) {
      const [hit, miss] = [await time(flood, text('secret', turn)), await time(flood, text('colour', turn))];
      // … and computed anew for anybody else: what precedes the prompt in the template is all that the site has of its own.
      expect(hit.cached).toBeLessThan(25);
      hits.push(hit.ms);
      misses.push(miss.ms);
    }
    const list = (times: number[]) => times.map((ms) => ms.toFixed(0)).join(', ');
    console.log(
      `first tokens: ${list(hits)} ms of what the other site has asked, ${list(misses)} ms of what nobody has`,
    );
  });
});
