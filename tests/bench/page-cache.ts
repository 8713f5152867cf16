/**
 * The system's page cache: what was read or written lately is there, and reads faster than from any disk.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Whether this system lets go of files on request. */
export const canForget = process.platform === 'linux';

/** The next read of these files comes from the disk. */
export async function forget(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    // Written first: what is not on the disk yet stays.
    await promisify(execFile)('dd', [
      `of=${path}`,
      'oflag=nocache',
      'conv=notrunc,fdatasync',
      'count=0',
      'status=none',
    ]);
  }
}

/** Of a folder, all below it. */
export async function largeFiles(folder: string, least = 1 << 20): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined); // a browser's files come and go
    if (stats?.isFile() && stats.size >= least) found.push(path);
  }
  return found;
}
