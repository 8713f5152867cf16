/** Whether an answer satisfies the check of an eval.jsonl row; evaluate.py does the same. */

export type Match =
  | { type: "exact" | "contains" | "regex"; value: string }
  | { type: "json" | "tool_call"; value: unknown };

export function check(match: Match, answer: string): boolean {
  const text = answer.trim();
  switch (match.type) {
    case "exact":
      return text === match.value.trim();
    case "contains":
      return text.includes(match.value);
    case "regex":
      return new RegExp(match.value, "i").test(text);
    case "json":
      return equal(parsed(text), match.value);
    case "tool_call":
      return equal(parsed(/^<tool_call>\s*(\{[\s\S]*\})\s*<\/tool_call>$/.exec(text)?.[1]), match.value);
  }
}

/** The JSON value, or undefined where there is none. */
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Deep equality of JSON values; the order of keys does not count. */
export function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
