/**
 * A file in Node as a `ByteSource`.
 *
 * @module
 */
import { type FileHandle, open } from 'node:fs/promises';
import type { ByteSource } from '../gguf/source.ts';
import { LocalLLMError } from '../protocol/errors.ts';

/**
 * Opens a file for reading; close it after use.
 * @throws LocalLLMError bad-argument where there is no such file, storage where it cannot be opened
 */
export async function openFileSource(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') {
      throw new LocalLLMError('bad-argument', `There is no file ${path}. Check the path.`, { cause });
    }
    throw new LocalLLMError('storage', `${path} cannot be opened: ${cause.message}. Check its permissions.`, { cause });
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      throw new LocalLLMError('bad-argument', `${path} is not a file. Give the path of a GGUF file.`);
    }
    return fileSource(file, path, stats.size);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function fileSource(file: FileHandle, path: string, size: number): ByteSource & { close(): Promise<void> } {
  return {
    size,
    close: () => file.close(),
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      // One read may return less than was asked for.
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done).catch((cause: Error) => {
          throw new LocalLLMError('storage', `${path} cannot be read: ${cause.message}.`, { cause });
        });
        if (bytesRead === 0) {
          throw new LocalLLMError(
            'bad-file',
            `${path} ends at byte ${offset + done}; ${length} bytes were asked for from ${offset}. It is cut short: get it again.`,
          );
        }
        done += bytesRead;
      }
      return bytes;
    },
  };
}
