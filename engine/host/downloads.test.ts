import { beforeEach, expect, test, vi } from 'vitest';
import { findModel, HostFixture } from '../../tests/host-fixture.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { Preferences, PreferencesSchema } from './preferences.ts';

let at: HostFixture;
beforeEach(() => {
  at = new HostFixture();
  at.store.complete.clear();
  at.store.gate = new Promise(() => {});
});
/** The worker ends, and with it what it was doing. */
const crash = () => {
  const { disk, plans } = at.store;
  at.host.close('a');
  const after = new HostFixture();
  after.store.disk = disk;
  for (const [id, plan] of plans) after.store.plans.set(id, plan);
  at = after;
  at.store.complete.clear();
};
const other = async (name = 'look') => findModel(await at.connect(name).models(), 'other');

test('what a worker was fetching goes on when one of our own pages opens, not for a site', async () => {
  await at.connect('a').addModel('other');
  await vi.waitFor(() => expect(at.store.downloads).toBe(1));
  crash();
  await at.connect('page', false).availability();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(at.store.downloads).toBe(0);
  at.connect('a')
    .load()
    .catch(() => {});
  await vi.waitFor(() => expect(at.store.complete.has('other')).toBe(true));
  await vi.waitFor(async () => expect((await other()).state).toBe('stored'));
  crash();
  await at.connect('a').models();
  expect(at.store.downloads).toBe(0);
});

test('what the person paused stays so', async () => {
  const client = at.connect('a');
  await client.addModel('other');
  await vi.waitFor(async () => expect((await other()).state).toBe('downloading'));
  await client.pauseModel('other');
  expect(await other()).toMatchObject({ state: 'paused' });
  expect(await other()).not.toHaveProperty('resumes');
  crash();
  expect(await other()).toMatchObject({ state: 'paused' });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(at.store.downloads).toBe(0);
});

test('what the network broke off goes on when it is back', async () => {
  at.store.gate = Promise.reject(new LocalLLMError('network', 'The wire was cut.'));
  at.store.gate.catch(() => {});
  await at.connect('a').addModel('other');
  await vi.waitFor(async () =>
    expect(await other()).toMatchObject({ state: 'paused', resumes: true, error: { code: 'network' } }),
  );
  at.store.gate = Promise.resolve();
  at.host.online();
  await vi.waitFor(() => expect(at.store.complete.has('other')).toBe(true));
  expect(await other()).not.toHaveProperty('error');
});

test('what cannot be had is not tried again, and what is deleted leaves no error behind', async () => {
  at.store.gate = Promise.reject(new LocalLLMError('hash-mismatch', 'Other bytes.'));
  at.store.gate.catch(() => {});
  const client = at.connect('a');
  const listed = async () => findModel(await client.models(), 'other');
  await client.addModel('other');
  await vi.waitFor(async () => expect((await listed()).error?.code).toBe('hash-mismatch'));
  await vi.waitFor(async () => expect(await listed()).not.toHaveProperty('resumes'));
  const before = at.store.downloads;
  at.host.online();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(at.store.downloads).toBe(before);
  await client.deleteModel('other');
  const left = await listed();
  expect(left.state).toBe('absent');
  expect(left).not.toHaveProperty('error');
});

test('what another window is about to fetch is not taken for done', async () => {
  const elsewhere = new Preferences(async () => at.store.kept('preferences', PreferencesSchema));
  await elsewhere.want('new', true); // it has no record yet
  await at.connect('a').models();
  at.host.online();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await elsewhere.read()).downloads).toEqual(['new']);
});

test('what another window paused is not gone on with here', async () => {
  const gate = Promise.withResolvers<void>();
  const ensure = at.store.ensure.bind(at.store);
  vi.spyOn(at.store, 'ensure').mockImplementation(async (plan, options) => {
    // Another window has it; then its turn comes here.
    const done = ensure(plan, { ...options, onProgress: () => {} });
    await Promise.race([gate.promise, done]);
    options.onProgress(60, 100);
    return done;
  });
  const client = at.connect('a');
  await client.addModel('other');
  const elsewhere = new Preferences(async () => at.store.kept('preferences', PreferencesSchema));
  await elsewhere.want('other', false);
  gate.resolve();
  await vi.waitFor(async () => expect(findModel(await client.models(), 'other').state).toBe('paused'));
});
