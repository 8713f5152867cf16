/**
 * Files in Node as `ByteSource`s.
 *
 * @module
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ByteSource, roomFor } from '../gguf/source.ts';
import { MAX_PARTS, partName, readPartName } from '../gguf/split.ts';
import { LocalLLMError } from '../protocol/errors.ts';

export type FileSource = ByteSource & { readonly name: string; close(): Promise<void> };

/**
 * Opens a file for reading; close it after use.
 * @throws LocalLLMError bad-argument where there is no such file, storage where it cannot be opened
 */
export async function openFileSource(path: string): Promise<FileSource> {
  const source = await openIfThere(path);
  if (source) return source;
  throw new LocalLLMError('bad-argument', `There is no file ${path}. Check the path.`);
}

/**
 * Opens a model: the file, and where its name says that it is the first of several parts, those of the others that lie
 * beside it. Whether that is all of them, `openModel` finds out.
 * @throws LocalLLMError as `openFileSource`
 */
export async function openModelFiles(path: string): Promise<{ parts: FileSource[]; close(): Promise<void> }> {
  const parts = [await openFileSource(path)];
  const close = async () => {
    for (const part of parts) await part.close();
  };
  const named = readPartName(basename(path));
  if (named?.number !== 1) return { parts, close };
  try {
    for (let number = 2; number <= Math.min(named.count, MAX_PARTS); number++) {
      const part = await openIfThere(join(dirname(path), partName(named.prefix, number, named.count)));
      if (part) parts.push(part);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { parts, close };
}

async function openIfThere(path: string): Promise<FileSource | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new LocalLLMError('storage', `${path} cannot be opened: ${message}. Check its permissions.`, {
      cause: error,
    });
  }
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

function fileSource(file: FileHandle, path: string, size: number): FileSource {
  return {
    size,
    name: basename(path),
    close: () => file.close(),
    async read(offset, length, into) {
      const bytes = roomFor(length, into);
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
