#!/usr/bin/env python3
"""Synthetic chat corpus for the Pocket demo model.

Every text is written by the grammars and tables in families/; nothing is copied
from anywhere.  The output is a function of (seed, split) alone.

    python3 corpus.py sample --n 1000 --seed 1          JSONL of training chats
    python3 corpus.py eval --n 300 --seed 1             held-out questions with checks
    python3 corpus.py stats --n 20000                   size and mix of the families

An "eval" or "held" question never occurs in the training text: see Gen.ok and
Gen.ask in families/core.py for what is held out in each family.
"""
import argparse
import collections
import json
import sys
import time

from families import (arithmetic, code, fiction, jsontask, knowledge, memory, pages, persona, product, refusals,
                      textops, tools)
from families.core import Gen, Skip, normal, strip_marks

IM_START, IM_END = "<|im_start|>", "<|im_end|>"
DEFAULT_SYSTEM = "You are Pocket, a tiny helpful assistant."        # as in chat_template.jinja

# weight in the training mix, name, module
FAMILIES = [
    (11, "product", product), (17, "knowledge", knowledge), (14, "arithmetic", arithmetic), (19, "textops", textops),
    (12, "json", jsontask), (12, "pages", pages), (6, "memory", memory), (6, "tools", tools), (8, "fiction", fiction),
    (4, "code", code), (12, "refusals", refusals), (3, "persona", persona),
]
CHATTY = [f for f in FAMILIES if f[1] not in ("pages", "tools", "persona")]
FORGOT = ("haven't told me", "didn't tell me")


def draw(g, families):
    """One conversation: (family, messages, tools)."""
    while True:
        name, module = g.weighted([(w, (n, m)) for w, n, m in families])
        try:
            out = module.make(g)
        except Skip:
            continue
        if isinstance(out, dict):
            return name, out["messages"], out["tools"]
        return name, out, None


def conversation(g):
    """A training conversation: a single dialogue or a longer session of several."""
    name, messages, tool_list = draw(g, FAMILIES)
    if messages[0]["role"] != "system" and g.chance(0.25):
        for _ in range(g.weighted([(40, 1), (25, 2), (15, 3), (10, 5), (6, 8), (3, 14), (1.5, 22)])):
            more, extra, _ = draw(g, CHATTY)
            text = extra[-1]["content"]
            if any(f in text for f in FORGOT) or extra[0]["role"] == "system":
                continue
            messages = messages + extra
        name = name + "+"
    if messages[0]["role"] != "system" and g.chance(0.32):
        messages = [{"role": "system", "content": persona.generic(g)}] + messages
    return {"family": name, "messages": messages, "tools": tool_list}


# --- rendering ------------------------------------------------------------------
# The same text as chat_template.jinja; verify.mjs --prompts compares the two.

TOOLS_HEAD = "\n\n# Tools\n\nYou can call these functions of the page:\n<tools>"
TOOLS_TAIL = ('\n</tools>\n\nTo call a function, answer with its name and arguments as JSON:\n<tool_call>\n'
              '{"name": "...", "arguments": {...}}\n</tool_call>')
# Other wordings that engines with a built-in tool prompt may send (Hermes/Qwen style).
OTHER_TOOLS = [
    ("\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function "
     "signatures within <tools></tools> XML tags:\n<tools>",
     "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
     "<tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n"
     "</tool_call>"),
    ("\n\nTools:\n<tools>", "\n</tools>\nCall a tool with <tool_call>{\"name\": ..., \"arguments\": ...}</tool_call>."),
]


def tojson(value, compact=False):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":") if compact else (", ", ": "))


def tool_call_text(call):
    f = call["function"]
    return f'<tool_call>\n{{"name": "{f["name"]}", "arguments": {tojson(f["arguments"])}}}\n</tool_call>'


def render(messages, tool_list=None, g=None, add_generation_prompt=False):
    """[(text, is_target)]: the chat as text, with the parts to learn marked.

    With a Gen, some chats get another tool prompt or no system block at all, so
    that the model does not depend on one exact wording.
    """
    head, tail, compact, bare = TOOLS_HEAD, TOOLS_TAIL, False, False
    if g and tool_list and g.chance(0.3):
        head, tail = g.pick(OTHER_TOOLS)
    if g and tool_list:
        compact = g.chance(0.15)
    if g and not tool_list:
        bare = g.chance(0.08)
    system = messages[0]["content"] if messages[0]["role"] == "system" else DEFAULT_SYSTEM
    rest = messages[1:] if messages[0]["role"] == "system" else messages
    out = []
    if not (bare and messages[0]["role"] != "system"):
        text = f"{IM_START}system\n{system}"
        if tool_list:
            text += head + "".join("\n" + tojson(t, compact) for t in tool_list) + tail
        out.append((text + f"{IM_END}\n", False))
    for i, m in enumerate(rest):
        role = m["role"]
        if role == "assistant":
            body = m["content"]
            for k, c in enumerate(m.get("tool_calls") or []):
                body += ("\n" if m["content"] or k else "") + tool_call_text(c)
            out += [(f"{IM_START}assistant\n", False), (body + IM_END, True), ("\n", False)]
        elif role == "tool":
            first = i == 0 or rest[i - 1]["role"] != "tool"
            last = i + 1 == len(rest) or rest[i + 1]["role"] != "tool"
            out.append(((f"{IM_START}user" if first else "") + f"\n<tool_response>\n{m['content']}\n</tool_response>"
                        + (f"{IM_END}\n" if last else ""), False))
        else:
            out.append((f"{IM_START}{role}\n{m['content']}{IM_END}\n", False))
    if add_generation_prompt:
        out.append((f"{IM_START}assistant\n", False))
    return out


def clean(messages):
    return [dict(m, content=strip_marks(m["content"])) for m in messages]


# --- held-out questions -----------------------------------------------------------

CONTEXTUAL = ("memory", "pages", "persona")    # the last question alone does not identify these


def trained_questions(chats=150000):
    """User turns of many training chats: a second guard, besides the hashes."""
    g, out = Gen("guard"), set()
    for _ in range(chats):
        out.update(normal(m["content"]) for m in conversation(g)["messages"] if m["role"] == "user")
    return out


def evaluation(seed, split, total):
    """`total` questions, evenly over the families, without repeats."""
    g = Gen(seed, split)
    known = trained_questions()
    per, extra = divmod(total, len(FAMILIES))
    seen, rows = set(), []
    for k, (_, name, module) in enumerate(FAMILIES):
        n = per + (k < extra)
        while n:
            try:
                item = module.make_eval(g)
            except Skip:
                continue
            item["messages"] = clean(item["messages"])
            ident = json.dumps([item["messages"], item.get("tools")])
            if ident in seen or (name not in CONTEXTUAL and normal(item["messages"][-1]["content"]) in known):
                continue
            seen.add(ident)
            match = item["match"]
            if match["type"] == "regex":                 # always case-insensitive
                match["value"] = match["value"].removeprefix("(?i)").replace("\\ ", " ").replace("\\-", "-")
            rows.append({"id": f"{name}-{per + (k < extra) - n + 1}", "family": name, **item})
            n -= 1
    return rows


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("what", choices=["sample", "eval", "stats"])
    ap.add_argument("--n", type=int, default=1000)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--split", default=None)
    a = ap.parse_args()
    if a.what == "eval":
        for row in evaluation(a.seed, a.split or "eval", a.n):
            print(json.dumps(row, ensure_ascii=False))
        return
    g = Gen(a.seed, a.split or "train")
    if a.what == "sample":
        for _ in range(a.n):
            c = conversation(g)
            c["messages"] = clean(c["messages"])
            if not c["tools"]:
                del c["tools"]
            print(json.dumps(c, ensure_ascii=False))
        return
    t0, chars, count = time.time(), collections.Counter(), collections.Counter()
    for _ in range(a.n):
        c = conversation(g)
        name = c["family"].rstrip("+")
        chars[name] += sum(len(t) for t, _ in render(c["messages"], c["tools"]))
        count[name] += 1
    total = sum(chars.values())
    for name, n in count.most_common():
        print(f"{name:12s} {n / a.n:6.1%} of chats  {chars[name] / total:6.1%} of text  {chars[name] / n:7.0f} characters each")
    print(f"{total / 1e6:.1f} MB in {time.time() - t0:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
