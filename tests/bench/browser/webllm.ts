/**
 * WebLLM, from its npm package on the server, with a model that was compiled for it.
 *
 * @module
 */
import { type Peer, timeStream } from './peer.ts';

interface Chunk {
  choices: { text?: string }[];
  usage?: { prompt_tokens: number };
}
/** What is used of the package, whose types are not at hand. */
interface WebLlm {
  completions: { create(request: object): Promise<AsyncIterable<Chunk>> };
  resetChat(): Promise<void>;
  unload(): Promise<void>;
}
interface Package {
  CreateMLCEngine(id: string, config: object, options: object): Promise<WebLlm>;
}

export interface WebLlmOptions {
  /** Where the package, the model's folder and its compiled library lie on the server. */
  folder: string;
  model: string;
  library: string;
  contextTokens: number;
}

const ID = 'model';

export async function openWebLlm({ folder, model, library, contextTokens }: WebLlmOptions): Promise<Peer> {
  const { CreateMLCEngine } = (await import(/* @vite-ignore */ `${folder}/lib/index.js`)) as Package;
  const record = {
    model_id: ID,
    model: new URL(model, location.href).href,
    model_lib: new URL(library, location.href).href,
  };
  const engine = await CreateMLCEngine(
    ID,
    { appConfig: { model_list: [record] } },
    { context_window_size: contextTokens },
  );
  return {
    measure: (prompt, tokens) =>
      timeStream(tokens, async (onToken) => {
        await engine.resetChat();
        const chunks = await engine.completions.create({
          prompt,
          max_tokens: tokens,
          temperature: 0,
          ignore_eos: true,
          stream: true,
          stream_options: { include_usage: true },
        });
        let promptTokens = 0;
        for await (const { choices, usage } of chunks) {
          if (choices.length > 0) onToken();
          promptTokens = usage?.prompt_tokens ?? promptTokens;
        }
        return promptTokens;
      }),
    close: () => engine.unload(),
  };
}
