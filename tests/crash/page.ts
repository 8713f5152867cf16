/**
 * A page with the web app's own way to the weight store, and nothing else.
 *
 * @module
 */
import { type Client, createClient } from '../../engine/client/index.ts';
import { connectToWorker } from '../../pwa/worker/connect.ts';

declare global {
  /** What the test calls. */
  var store: {
    client: Client;
    /** SHA-256 of a stored model's one file, in hexadecimal digits. */
    sha256: (id: string) => Promise<string>;
    /** Copies a file of so many bytes, all alike but the first, into the store. */
    copy: (name: string, bytes: number) => Promise<{ id: string }>;
  };
}

const client = createClient(connectToWorker());

globalThis.store = {
  client,
  async sha256(id) {
    const [file] = await client.exportModel(id);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file!.arrayBuffer()));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
  copy: (name, bytes) =>
    client.importModel(name, [new File(['GGUF', new Uint8Array(bytes - 4).fill(7)], `${name}.gguf`)]),
};
