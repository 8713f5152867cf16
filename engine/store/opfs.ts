/**
 * The origin private file system as the store needs it. The only place that touches its handles.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

/** One open file. Holds the file's lock: no other handle, in this or another tab, may be open for writing. */
export interface StoreFile {
  size(): number;
  /** Bytes read: fewer than asked for only at the end of the file. */
  read(into: Uint8Array, at: number): number;
  /** All of them. @throws LocalLLMError storage-full, storage */
  write(bytes: Uint8Array, at: number): void;
  truncate(bytes: number): void;
  /** Returns once what was written survives a crash. */
  flush(): void;
  close(): void;
}

/** One directory of files. */
export interface StoreDirectory {
  names(): Promise<string[]>;
  /** Bytes, or undefined where there is no such file. Needs no lock. */
  size(name: string): Promise<number | undefined>;
  /** Undefined where there is no such file, or while another writes it. Needs no lock. */
  readText(name: string): Promise<string | undefined>;
  /** The file as it is now, for reading elsewhere; undefined where there is none. */
  file(name: string): Promise<File | undefined>;
  /** 'write' makes the file where it is absent. @throws LocalLLMError storage where it is absent or in use */
  open(name: string, mode: 'read' | 'write'): Promise<StoreFile>;
  /** No error where it is absent. */
  remove(name: string): Promise<void>;
}

/** Where models are, below the origin's root. */
export const MODELS_DIRECTORY = 'models';

/** The directory `name` of this origin's OPFS. @throws LocalLLMError storage with advice where there is none */
export async function openOpfs(name: string): Promise<StoreDirectory> {
  const storage: StorageManager | undefined = globalThis.navigator?.storage;
  if (typeof storage?.getDirectory !== 'function') {
    throw new LocalLLMError(
      'storage',
      'This browser gives the page no file storage (OPFS). Use a current browser and open the page over https:// or localhost.',
    );
  }
  try {
    const root = await storage.getDirectory();
    return opfsDirectory(await root.getDirectoryHandle(name, { create: true }));
  } catch (cause) {
    throw new LocalLLMError(
      'storage',
      `File storage (OPFS) cannot be opened: ${messageOf(cause)}. Private windows of some browsers have none: use a normal window.`,
      { cause },
    );
  }
}

/** A directory handle as a `StoreDirectory`. */
export function opfsDirectory(directory: FileSystemDirectoryHandle): StoreDirectory {
  const file = (name: string) => unlessAbsent(async () => (await directory.getFileHandle(name)).getFile());
  return {
    async names() {
      const names: string[] = [];
      for await (const name of directory.keys()) names.push(name);
      return names;
    },
    file,
    size: async (name) => (await file(name))?.size,
    readText: async (name) => {
      try {
        return await (await file(name))?.text();
      } catch (error) {
        if (nameOf(error) === 'NotReadableError') return undefined;
        throw storageError(`${name} cannot be read`, error);
      }
    },
    async open(name, mode) {
      try {
        const handle = await directory.getFileHandle(name, { create: mode === 'write' });
        return storeFile(await createHandle(handle, mode), name);
      } catch (error) {
        if (nameOf(error) === 'NoModificationAllowedError') {
          throw new LocalLLMError('storage', `${name} is in use by another tab or window. Close it, then try again.`, {
            cause: error,
          });
        }
        throw storageError(`${name} cannot be opened`, error);
      }
    },
    async remove(name) {
      try {
        await unlessAbsent(() => directory.removeEntry(name));
      } catch (error) {
        throw storageError(`${name} cannot be deleted; if another tab uses it, close that tab`, error);
      }
    },
  };
}

async function createHandle(handle: FileSystemFileHandle, mode: 'read' | 'write'): Promise<FileSystemSyncAccessHandle> {
  if (typeof handle.createSyncAccessHandle !== 'function') throw noHandles('createSyncAccessHandle is missing');
  // Shared reading where the browser knows it; the others ignore the option and lock the file.
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- only newer DOM types know the option
  const create = handle.createSyncAccessHandle as (options?: {
    mode: 'read-only' | 'readwrite';
  }) => Promise<FileSystemSyncAccessHandle>;
  try {
    return await create.call(handle, { mode: mode === 'read' ? 'read-only' : 'readwrite' });
  } catch (error) {
    // WebKit on Linux knows the function, and refuses every file.
    if (nameOf(error) === 'NotSupportedError') throw noHandles(messageOf(error), error);
    throw error;
  }
}

const noHandles = (why: string, cause?: unknown): LocalLLMError =>
  new LocalLLMError(
    'storage',
    `This browser cannot read stored files fast enough for a model (${why}). Update it, or use another one.`,
    { cause },
  );

function storeFile(handle: FileSystemSyncAccessHandle, name: string): StoreFile {
  const checked = <T>(what: string, act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw storageError(`${name} cannot be ${what}`, error);
    }
  };
  return {
    size: () => checked('measured', () => handle.getSize()),
    read(into, at) {
      let done = 0;
      while (done < into.length) {
        const count = checked('read', () => handle.read(into.subarray(done), { at: at + done }));
        if (count === 0) break;
        done += count;
      }
      return done;
    },
    write(bytes, at) {
      let done = 0;
      while (done < bytes.length) {
        const count = checked('written', () => handle.write(bytes.subarray(done), { at: at + done }));
        if (count === 0)
          throw new LocalLLMError('storage-full', `${name} cannot grow: the disk is full. Free some space.`);
        done += count;
      }
    },
    truncate: (bytes) => checked('cut', () => handle.truncate(bytes)),
    flush: () => checked('saved', () => handle.flush()),
    close: () => handle.close(),
  };
}

async function unlessAbsent<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (nameOf(error) === 'NotFoundError') return undefined;
    throw error;
  }
}

function storageError(what: string, error: unknown): LocalLLMError {
  if (error instanceof LocalLLMError) return error;
  const full = nameOf(error) === 'QuotaExceededError';
  return new LocalLLMError(
    full ? 'storage-full' : 'storage',
    full ? `${what}: the storage is full. Free some space.` : `${what}: ${messageOf(error)}.`,
    { cause: error },
  );
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : undefined);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
