#!/usr/bin/env python3
"""Renders llama.cpp's chat templates with Jinja itself, set up as in `transformers`, for chat-template-renders.test.ts.

Three things are as in llama.cpp, for templates that count on them: lists may be changed, what `map` and `select` give is
a list, and `safe` does nothing. What llama.cpp adapts is adapted: arguments of calls become text for a template that fails on objects, and
the system message is put before the first one for a template that refuses it.

    python3 render.py --source <bare clone of llama.cpp>                      writes renders.json beside this script
    python3 render.py --source <…> --show <template> <chat>                   prints one prompt

renders.json holds, for each template and chat, the first 16 hexadecimal digits of the prompt's SHA-256, or "!" where
the template refuses. The vitest test file makes the clone (tests/.cache/llama.cpp-*.git). Needs Python's jinja2.
"""
import argparse
import datetime
import hashlib
import json
import pathlib
import subprocess

import jinja2
import jinja2.ext
import jinja2.sandbox

HERE = pathlib.Path(__file__).parent
DATE = datetime.datetime(2026, 11, 21, 12, 0, 0)


class Generation(jinja2.ext.Extension):
    """`{% generation %}` only marks the assistant's text."""

    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def environment():
    env = jinja2.sandbox.SandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"]
    )

    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    env.filters["tojson"] = tojson
    # Jinja's own makes what is added to it HTML.
    env.filters["safe"] = lambda value: value
    for name in ("map", "select", "reject", "selectattr", "rejectattr", "unique"):
        lazy = env.filters[name]

        def listing(*arguments, lazy=lazy, **named):
            return list(lazy(*arguments, **named))

        # What says that a filter wants the context or the environment.
        listing.__dict__.update(lazy.__dict__)
        env.filters[name] = listing
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = DATE.strftime
    return env


def call(given, textual):
    named = {"id": given["id"]} if "id" in given else {}
    arguments = json.dumps(given["arguments"], ensure_ascii=False) if textual else given["arguments"]
    return {**named, "type": "function", "function": {"name": given["name"], "arguments": arguments}}


def message(given, textual):
    made = {"role": given["role"], "content": given["content"]}
    if "reasoning" in given:
        made["reasoning_content"] = given["reasoning"]
    if given.get("toolCalls"):
        made["tool_calls"] = [call(one, textual) for one in given["toolCalls"]]
    if "toolCallId" in given:
        made["tool_call_id"] = given["toolCallId"]
    return made


def merged(messages):
    if messages[0]["role"] != "system" or len(messages) < 2:
        return None
    first, second, *others = messages
    return [{**second, "content": first["content"] + "\n" + second["content"]}, *others]


def variables(chat, tools, messages, textual):
    tools = [{"type": "function", "function": one} for one in tools] if chat.get("withTools") else None
    return {
        "messages": [message(one, textual) for one in messages],
        "tools": tools,
        # Of SmolLM3 and firefunction.
        "xml_tools": tools,
        "functions": json.dumps(tools, ensure_ascii=False, indent=2) if tools else "",
        "datetime": DATE.strftime("%b %d %Y"),
        "date_string": DATE.strftime("%d %b %Y"),
        "add_generation_prompt": chat.get("addGenerationPrompt", True),
        "bos_token": "<s>",
        "eos_token": "</s>",
        **chat.get("variables", {}),
    }


def attempts(chat, tools):
    for messages in (chat["messages"], merged(chat["messages"])):
        for textual in (False, True) if messages else ():
            given = variables(chat, tools, messages, textual)
            yield given
            if given["tools"] is None:
                # A template that uses `tools` unasked: llama.cpp leaves them undefined.
                yield {name: value for name, value in given.items() if name != "tools"}


def render(template, chat, tools):
    """The first attempt that succeeds, the first one's error where none does."""
    first = None
    for given in attempts(chat, tools):
        try:
            return template.render(**given)
        except Exception as error:  # whatever fails in a template
            first = first or error
    raise first


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--source", required=True)
    options.add_argument("--show", nargs=2)
    options = options.parse_args()

    def git(*arguments):
        return subprocess.run(["git", "-C", options.source, *arguments], check=True, capture_output=True).stdout.decode()

    given = json.loads((HERE / "scenarios.json").read_text())
    env = environment()
    renders = {}
    for path in git("ls-tree", "--name-only", "HEAD", "models/templates/").split():
        if not path.endswith(".jinja"):
            continue
        name = path.split("/")[-1].removesuffix(".jinja")
        if options.show and options.show[0] != name:
            continue
        template = env.from_string(git("show", f"HEAD:{path}"))
        found = renders.setdefault(name, {})
        for chat_name, chat in given["chats"].items():
            try:
                text = render(template, chat, given["tools"])
                found[chat_name] = hashlib.sha256(text.encode()).hexdigest()[:16]
            except Exception as error:
                text = f"! {type(error).__name__}: {error}"
                found[chat_name] = "!"
            if options.show and options.show[1] == chat_name:
                print(text, end="")
    if not options.show:
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(found)}" for name, found in renders.items())
        (HERE / "renders.json").write_text(f"{{\n{lines}\n}}\n")


main()
