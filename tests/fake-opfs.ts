/**
 * An origin private file system in memory, as strict as the browsers': exclusive locks, a quota, and crashes that lose what
 * was not flushed.
 *
 * @module
 */
import { opfsDirectory, type StoreDirectory } from '../engine/store/opfs.ts';

interface FakeFile {
  bytes: Uint8Array<ArrayBuffer>;
  /** What a crash leaves. */
  durable: Uint8Array<ArrayBuffer>;
  writers: number;
  readers: number;
}

export class FakeOpfs {
  readonly files = new Map<string, FakeFile>();
  /** Bytes that all files together may have. */
  quota = Infinity;
  /** So many more operations on the disk, then the process is dead: each further one fails, and nothing of it happens. */
  operationsLeft = Infinity;

  /** The store's view of it. */
  directory(): StoreDirectory {
    const { files } = this;
    return opfsDirectory({
      async *keys() {
        yield* files.keys();
      },
      getFileHandle: async (name: string, options?: { create?: boolean }) => {
        this.#operate();
        let file = files.get(name);
        if (!file) {
          if (!options?.create) throw new DOMException('no such file', 'NotFoundError');
          file = { bytes: new Uint8Array(), durable: new Uint8Array(), writers: 0, readers: 0 };
          files.set(name, file);
        }
        return this.#handle(file);
      },
      removeEntry: async (name: string) => {
        this.#operate();
        const file = files.get(name);
        if (!file) throw new DOMException('no such file', 'NotFoundError');
        if (file.writers + file.readers > 0) throw new DOMException('in use', 'NoModificationAllowedError');
        files.delete(name);
      },
    } as unknown as FileSystemDirectoryHandle);
  }

  /**
   * The same disk after the power went: open handles are gone, and so is what was not flushed. With `random` (0…1), any part of that may
   * have reached the disk all the same, sector by sector.
   */
  afterCrash(random?: () => number): FakeOpfs {
    const after = new FakeOpfs();
    for (const [name, { bytes, durable }] of this.files) {
      const left = random ? torn(durable, bytes, random) : durable.slice();
      after.files.set(name, { bytes: left, durable: left.slice(), writers: 0, readers: 0 });
    }
    return after;
  }

  #operate(): void {
    if (this.operationsLeft-- <= 0) throw new DOMException('killed', 'AbortError');
  }

  get usage(): number {
    return [...this.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  #handle(file: FakeFile) {
    return {
      getFile: async () => new File([file.bytes.slice()], 'file'),
      createSyncAccessHandle: async ({ mode }: { mode: string }) => {
        const reading = mode === 'read-only';
        if (file.writers > 0 || (!reading && file.readers > 0)) {
          throw new DOMException('in use', 'NoModificationAllowedError');
        }
        if (reading) file.readers++;
        else file.writers++;
        return this.#syncHandle(file, reading);
      },
    };
  }

  #syncHandle(file: FakeFile, reading: boolean) {
    let open = true;
    const check = () => {
      this.#operate();
      if (!open) throw new DOMException('closed', 'InvalidStateError');
    };
    return {
      getSize: () => file.bytes.length,
      read: (into: Uint8Array, { at }: { at: number }) => {
        check();
        const piece = file.bytes.subarray(at, at + into.length);
        into.set(piece);
        return piece.length;
      },
      write: (bytes: Uint8Array, { at }: { at: number }) => {
        check();
        if (reading) throw new DOMException('read-only', 'NoModificationAllowedError');
        const length = Math.max(file.bytes.length, at + bytes.length);
        if (this.usage + length - file.bytes.length > this.quota) {
          throw new DOMException('quota', 'QuotaExceededError');
        }
        this.#resize(file, length);
        file.bytes.set(bytes, at);
        return bytes.length;
      },
      truncate: (length: number) => {
        check();
        this.#resize(file, length);
      },
      flush: () => {
        check();
        file.durable = file.bytes.slice();
      },
      close: () => {
        if (!open) return;
        open = false;
        if (reading) file.readers--;
        else file.writers--;
      },
    };
  }

  /** Over a buffer that grows by doubling: large files arrive in many small pieces. */
  #resize(file: FakeFile, length: number): void {
    const { buffer } = file.bytes;
    if (length <= buffer.byteLength) {
      new Uint8Array(buffer, file.bytes.length).fill(0);
      file.bytes = new Uint8Array(buffer, 0, length);
      return;
    }
    const grown = new Uint8Array(new ArrayBuffer(length * 2), 0, length);
    grown.set(file.bytes);
    file.bytes = grown;
  }
}

const SECTOR_BYTES = 512;

/** What a disk may hold of a file between two flushes: each sector old or new, the length anything between. */
function torn(old: Uint8Array, now: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  const [short, long] = [old.length, now.length].sort((a, b) => a - b) as [number, number];
  const result = new Uint8Array(short + Math.round((long - short) * random()));
  const lucky = random();
  for (let at = 0; at < result.length; at += SECTOR_BYTES) {
    const from = random() < lucky ? now : old;
    result.set(from.subarray(at, Math.min(at + SECTOR_BYTES, result.length)), at);
  }
  return result;
}
