import type { TemplateChoice } from '../chat/chat-template.ts';
import { openDawn } from '../gpu/dawn.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateParams } from '../protocol/messages.ts';
import { createEngine } from '../runtime/create-engine.ts';
import { openModelFiles } from './file-source.ts';
import { loadOptions, type ModelOptions, print } from './with-model.ts';

export async function generate(
  path: string,
  options: ModelOptions & GenerateParams & { prompt: string; template: TemplateChoice; json?: boolean },
): Promise<void> {
  const { prompt, template, json, context, kv, lora, ...params } = options;
  const load = loadOptions({
    ...(context === undefined ? {} : { context }),
    ...(kv === undefined ? {} : { kv }),
    ...(lora === undefined ? {} : { lora }),
  });
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const files = await openModelFiles(path);
  try {
    const engine = await createEngine({ gpu: await openDawn() });
    await engine.load(files.parts, { ...load, template, signal: abort.signal });
    const result = await engine.generate({
      input: prompt,
      options: params,
      owner: 'cli',
      priority: 0,
      signal: abort.signal,
      onDelta: (text) => json || print(text),
    });
    if (json) print(`${JSON.stringify({ ...result, adapter: engine.info()?.adapter })}\n`);
    else if (!result.text.endsWith('\n')) print('\n');
    if (!json && result.finishReason === 'length') process.stderr.write('(cut: no room for more tokens)\n');
    await engine.unload();
  } catch (error) {
    if (LocalLLMError.from(error).code === 'aborted') process.exit(130);
    throw error;
  } finally {
    await files.close();
  }
}
