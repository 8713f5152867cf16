import { beforeEach, expect, test } from 'vitest';
import { FakeOpfs } from '../../tests/fake-opfs.ts';
import { KeptRecord } from '../store/kept-record.ts';
import { Preferences, PreferencesSchema, settingsIn, shapesIn, speedIn } from './preferences.ts';

let disk: FakeOpfs;
/** As another window, or a new worker, sees them. */
const open = () =>
  new Preferences(async () => new KeptRecord(disk.directory(), 'preferences', PreferencesSchema, (act) => act()));
const NOTHING = { defaultId: undefined, settings: {}, speeds: {}, shapes: {}, downloads: [], hubToken: undefined };
const damage = (change: (value: Record<string, unknown>) => void) => {
  const [file] = [...disk.files.values()];
  const line = JSON.parse(new TextDecoder().decode(file!.bytes).trim().split('\n').at(-1)!) as {
    number: number;
    value: Record<string, unknown>;
  };
  change(line.value);
  file!.bytes = new TextEncoder().encode(JSON.stringify({ ...line, number: line.number + 1 }));
};
beforeEach(() => {
  disk = new FakeOpfs();
});

test('without a file everything is as the catalogue has it', async () => {
  expect(await open().read()).toEqual(NOTHING);
  for (const id of ['__proto__', 'constructor']) {
    expect(await open().settingsOf(id)).toEqual({});
    expect(speedIn(await open().read(), id)).toBeUndefined();
    await open().keepSpeed(id, 'gpu', {}, { prefill: 1, decode: 1 });
    expect(await open().read()).toEqual(NOTHING); // of such a model nothing is kept
  }
});

test('what is set stays', async () => {
  await open().setDefault('big');
  await open().configure('big', {
    contextTokens: 8192,
    kvType: 'q8',
    sampling: { temperature: 0.5 },
    system: 'Be brief.',
  });
  await open().setToken('hf_secret');
  await open().want('other', true);
  await open().want('other', true);
  expect(await open().read()).toEqual({
    defaultId: 'big',
    settings: { big: { contextTokens: 8192, kvType: 'q8', sampling: { temperature: 0.5 }, system: 'Be brief.' } },
    speeds: {},
    shapes: {},
    downloads: ['other'],
    hubToken: 'hf_secret',
  });
  await open().configure('big', {});
  await open().setToken(undefined);
  await open().want('other', false);
  expect(await open().read()).toEqual({
    defaultId: 'big',
    settings: {},
    speeds: {},
    shapes: {},
    downloads: [],
    hubToken: undefined,
  });
});

test('of a model that is deleted nothing stays, and an adapter is detached', async () => {
  const adapters = [{ id: 'style', scale: 1 }];
  await open().setDefault('big');
  await open().configure('big', { system: 'Be brief.', adapters: [...adapters, { id: 'tone', scale: 0.5 }] });
  await open().configure('small', { adapters });
  await open().keepSpeed('big', 'gpu', {}, { prefill: 100, decode: 10 });
  await open().forget('style');
  expect((await open().read()).settings).toEqual({
    big: { system: 'Be brief.', adapters: [{ id: 'tone', scale: 0.5 }] },
    small: {},
  });
  await open().forget('big');
  expect(await open().read()).toEqual({ ...NOTHING, settings: { small: {} } });
});

test('speed belongs to an adapter and to the settings that matter', async () => {
  const preferences = open();
  await preferences.keepSpeed('big', 'gpu', {}, { prefill: 100, decode: 10 });
  await preferences.keepSpeed('big', 'other gpu', {}, { prefill: 300, decode: 30 });
  await preferences.keepSpeed('big', 'gpu', {}, { prefill: 110, decode: 11 });
  expect(speedIn(await preferences.read(), 'big')).toEqual({ prefill: 110, decode: 11 });
  expect(speedIn(await preferences.read(), 'big', 'other gpu')).toEqual({ prefill: 300, decode: 30 });
  await preferences.configure('big', { contextTokens: 512, system: 'x' });
  expect(speedIn(await preferences.read(), 'big')).toEqual({ prefill: 110, decode: 11 });
  await preferences.configure('big', { kvType: 'q8' });
  expect(speedIn(await preferences.read(), 'big')).toBeUndefined();
  for (let i = 0; i < 20; i++) await preferences.keepSpeed('big', `gpu ${i}`, {}, { prefill: 1, decode: 1 });
  expect((await preferences.read()).speeds['big']).toHaveLength(8);
});

test('what is damaged becomes its default, and nothing else is lost', async () => {
  await open().setDefault('big');
  await open().configure('big', { kvType: 'q8' });
  await open().configure('some', { kvType: 'q8', system: 'y', sampling: { topK: 7 } });
  await open().configure('small', { system: 'x' });
  await open().setToken('hf_secret');
  await open().keepShapes('mine', { head: 'x' });
  await open().keepShapes('other', { head: 'z' });
  damage((value) => {
    (value['settings'] as Record<string, unknown>)['big'] = { kvType: 'q5', contextTokens: 'long' };
    Object.assign((value['settings'] as Record<string, object>)['some']!, { kvType: 5, ofAnotherVersion: true });
    value['downloads'] = ['a', 7, 'b'];
    value['speeds'] = 'fast';
    (value['shapes'] as Record<string, unknown>)['mine'] = { head: 7 };
    value['hubToken'] = 'two\nlines';
  });
  const read = await open().read();
  expect(read).toEqual({
    defaultId: 'big',
    settings: { big: {}, some: { system: 'y', sampling: { topK: 7 } }, small: { system: 'x' } },
    speeds: {},
    shapes: { mine: {}, other: { head: 'z' } },
    downloads: ['a', 'b'],
    hubToken: undefined,
  });
  expect(settingsIn(read, 'small')).toEqual({ system: 'x' });
});

test('the best kernels of each adapter, the latest of them', async () => {
  await open().keepShapes('one', { head: 'a', down: 'b' });
  await open().keepShapes('two', { head: 'c' });
  await open().keepShapes('one', { head: 'd' });
  const read = await open().read();
  expect([shapesIn(read, 'one'), shapesIn(read, 'two')]).toEqual([{ head: 'd', down: 'b' }, { head: 'c' }]);
  expect(shapesIn(read, '__proto__')).toEqual({});

  const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`product ${i}`, 'e'] as const));
  await open().keepShapes('one', many);
  const kept = Object.keys(shapesIn(await open().read(), 'one'));
  expect([kept.length, kept.at(-1)]).toEqual([100, 'product 149']);
});
