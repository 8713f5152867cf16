// What WebKitGTK lacks and Safari has: synchronous handles of files. These write to the real file system, only later.
const pending = new Map();
const { getFile } = FileSystemFileHandle.prototype;
FileSystemFileHandle.prototype.getFile = async function () {
  await pending.get(this.name);
  return getFile.call(this);
};
FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
  let bytes = new Uint8Array(await (await this.getFile()).arrayBuffer());
  let changed = false;
  const resize = (length) => {
    const resized = new Uint8Array(length);
    resized.set(bytes.subarray(0, length));
    bytes = resized;
    changed = true;
  };
  const save = () => {
    if (!changed) return;
    changed = false;
    const copy = bytes.slice();
    const before = pending.get(this.name);
    const write = async () => {
      await before;
      const stream = await this.createWritable();
      await stream.write(copy);
      await stream.close();
    };
    pending.set(this.name, write());
  };
  return {
    getSize: () => bytes.length,
    read(into, { at = 0 } = {}) {
      const part = bytes.subarray(at, at + into.byteLength);
      new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(part);
      return part.length;
    },
    write(from, { at = 0 } = {}) {
      const part = new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
      if (at + part.length > bytes.length) resize(at + part.length);
      bytes.set(part, at);
      changed = true;
      return part.length;
    },
    truncate: resize,
    flush: save,
    close: save,
  };
};
