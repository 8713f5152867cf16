import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { POCKET } from '../../tests/fidelity/pocket.ts';
import { writeGguf } from '../../tests/gguf-writer.ts';
import { findModel, HostFixture } from '../../tests/host-fixture.ts';
import { parseGguf } from '../gguf/parse.ts';
import { PHONE } from '../gpu/memory.ts';
import type { ModelInfo } from '../protocol/models.ts';

async function listed(fixture: HostFixture, id: string): Promise<ModelInfo['fit']> {
  const models = await fixture.connect('list').models();
  return models.find((model) => model.id === id)!.fit;
}

test('without a GPU nothing is said', async () => {
  expect(await listed(new HostFixture(), 'pocket')).toBeUndefined();
});

test('what is not stored is told about, by its size', async () => {
  const fixture = new HostFixture();
  fixture.device = PHONE;
  fixture.store.complete.delete('other');
  expect(await listed(fixture, 'other')).toMatchObject({ verdict: 'fits', contextTokens: 512, basis: 'size' });
});

test('a stored one by its header, as soon as that is read', async () => {
  const fixture = new HostFixture();
  fixture.device = PHONE;
  const file = new File([readFileSync(POCKET)], 'pocket.gguf');
  const files = vi.spyOn(fixture.store, 'files').mockResolvedValue([{ name: 'pocket.gguf', file }]);
  const stop = new AbortController();
  let latest: ModelInfo | undefined;
  const watching = fixture.connect('watch').watchModels((models) => {
    latest = models.find(({ id }) => id === 'pocket');
  }, stop.signal);
  await vi.waitFor(() => {
    expect(latest?.fit).toMatchObject({ verdict: 'fits', contextTokens: 2048, basis: 'header' });
  }, 10_000);
  expect(await listed(fixture, 'pocket')).toMatchObject({ basis: 'header' });
  expect(files.mock.calls.filter(([id]) => id === 'pocket')).toHaveLength(1);
  stop.abort();
  await watching;
});

test('one whose header cannot be read, still by its size', async () => {
  const fixture = new HostFixture();
  fixture.device = PHONE;
  vi.spyOn(fixture.store, 'files').mockRejectedValue(new Error('gone'));
  expect(await listed(fixture, 'pocket')).toMatchObject({ basis: 'size' });
  await Promise.resolve();
  expect(await listed(fixture, 'pocket')).toMatchObject({ basis: 'size' });
});

test('with the adapters that are set for it', async () => {
  const fixture = new HostFixture();
  fixture.device = PHONE;
  const pocket = new Uint8Array(readFileSync(POCKET));
  const { metadata, tensors } = await parseGguf(new Blob([pocket]));
  const name = 'blk.0.attn_output.weight';
  const [cols, rows] = tensors.get(name)!.shape as [number, number];
  const architecture = metadata.string('general.architecture');
  const style = writeGguf({
    metadata: { 'general.type': 'adapter', 'general.architecture': architecture, 'adapter.type': 'lora' },
    tensors: [
      { name: `${name}.lora_a`, type: 'F32', shape: [cols, 8] },
      { name: `${name}.lora_b`, type: 'F32', shape: [8, rows] },
    ],
  });
  fixture.store.contents.set('pocket', pocket).set('style', style);
  fixture.store.complete.add('style');
  const client = fixture.connect('list');
  const told = (): Promise<number> =>
    vi.waitFor(async () => {
      const { fit } = findModel(await client.models(), 'pocket');
      expect(fit).toMatchObject({ verdict: 'fits', basis: 'header', reasons: [] });
      return fit!.gpuBytes;
    }, 10_000);
  const alone = await told();
  await client.configureModel('pocket', { adapters: [{ id: 'style', scale: 1 }] });
  expect(await told()).toBeGreaterThan(alone + (cols + rows) * 8 * 4);
  await client.configureModel('pocket', { adapters: [{ id: 'style', scale: 0 }] });
  expect(await told()).toBe(alone);
});
