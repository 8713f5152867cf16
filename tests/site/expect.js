// What a page that checks something needs.

export function check(holds, message) {
  if (!holds) throw new Error(message);
}
export function equal(actual, expected, what) {
  check(Object.is(actual, expected), `${what} is ${String(actual)}, not ${String(expected)}`);
}
export async function rejects(name, call, what = name) {
  let value;
  try {
    value = await call();
  } catch (error) {
    const right = error?.name === name || error === name;
    return check(right, `${what}: ${String(error)} instead of ${String(name)}`) ?? error;
  }
  throw new Error(`${what}: gave ${String(value)} instead of ${String(name)}`);
}
export async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}
