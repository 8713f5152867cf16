/**
 * Where the fields of a sound GGUF header lie: so that the fuzzer damages counts and lengths more often than texts.
 *
 * @module
 */

export interface Field {
  /** Byte in the file. */
  at: number;
  bytes: 1 | 2 | 4 | 8;
}

const ITEM_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8] as const;
const STRING = 8;
const ARRAY = 9;
/** Items of an array whose own fields are listed. */
const LISTED_ITEMS = 8;

/** Counts, lengths, types, dimensions, offsets and values, in the file's order. */
export function headerFields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 4;
  const word = () => {
    fields.push({ at, bytes: 4 });
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const long = () => {
    fields.push({ at, bytes: 8 });
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
  const text = () => {
    const length = long();
    at += length;
  };
  const item = (type: number) => {
    if (type === STRING) return text();
    const size = ITEM_BYTES[type] as Field['bytes'];
    fields.push({ at, bytes: size });
    at += size;
  };
  word();
  const tensors = long();
  const keys = long();
  for (let key = 0; key < keys; key++) {
    text();
    const type = word();
    if (type !== ARRAY) {
      item(type);
      continue;
    }
    const itemType = word();
    const length = long();
    for (let i = 0; i < length; i++) {
      item(itemType);
      if (i >= LISTED_ITEMS) fields.pop();
    }
  }
  for (let tensor = 0; tensor < tensors; tensor++) {
    text();
    const dimensions = word();
    for (let axis = 0; axis < dimensions; axis++) long();
    word();
    long();
  }
  return fields;
}
