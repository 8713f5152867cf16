/**
 * Messages → the prompt, by the model's own chat template.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Message, Tool, ToolCall } from '../protocol/messages.ts';
import { strftime } from './strftime.ts';
import { runTemplate } from './guarded-interpreter.ts';
import { LimitError } from './template-limits.ts';
import { type ToolCallFormat, toolCallFormat } from './tool-call-format.ts';
import { parseTemplate, type Program } from './template-source.ts';
import { plainJson } from './template-values.ts';
import {
  chooseMarks,
  cutAtMarks,
  cutAtTexts,
  isHarmless,
  mapStrings,
  type Marks,
  markText,
  type PromptPart,
} from './untrusted-text.ts';

export type { PromptPart } from './untrusted-text.ts';

/** A message, with what a thinking model thought before it wrote `content`. */
export interface ChatMessage extends Message {
  /** Templates that know thinking see it as `reasoning_content`. */
  reasoning?: string;
}

export interface RenderOptions {
  tools?: readonly Tool[];
  /** End with what begins the model's answer. */
  addGenerationPrompt: boolean;
  /** Further variables of the template, as `enable_thinking`; trusted as the template itself is. */
  variables?: Readonly<Record<string, unknown>>;
}

export interface ChatTemplate {
  /** How the model writes calls, as its template shows. */
  readonly toolCallFormat: ToolCallFormat;
  /** @throws LocalLLMError template when the template fails or refuses, not-supported for tools it does not know */
  render(messages: readonly ChatMessage[], options: RenderOptions): string;
  /**
   * The same text in parts: what comes from messages and tools is not `special`, so that no text in it becomes a
   * control token.
   */
  renderParts(messages: readonly ChatMessage[], options: RenderOptions): PromptPart[];
}

/** Texts of the vocabulary's special tokens, empty or absent where it has none. */
export interface SpecialTexts {
  bos?: string;
  eos?: string;
  /** The tokenizer puts `bos` first by itself: taken away where the template writes it too, as llama.cpp does. */
  addsBos?: boolean;
}

/** What a file without a template gets. */
const CHATML =
  "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/**
 * Whether a template asks if `tools` is none. Where there are no tools it then gets none, as from `transformers`; others
 * may loop over them unasked and get an empty list.
 */
const ASKS_FOR_NONE = /\btools\s+(?:is\s+(?:not\s+)?(?:none|defined)|[!=]=\s*none)\b/i;

/** What templates call the tools. */
const KNOWS_TOOLS = /\b(?:tools|functions|xml_tools)\b/;

/** Replaces an untrusted string: `free` ones are prose, the others names and values that templates may compare. */
type Replace = (text: string, free: boolean) => string;

/** How a chat is put to a template that cannot take it as it is. */
interface Shape {
  messages: readonly ChatMessage[];
  /** Arguments of calls as JSON texts. */
  textualArguments: boolean;
}

/**
 * The shapes to try: as they are, then as llama.cpp adapts chats (the system message within the first one after it, textual
 * arguments), then with neighbours of one role as one message, for templates that insist on turns taken in turn.
 */
function shapesOf(messages: readonly ChatMessage[]): Shape[] {
  const [first, second, ...others] = messages;
  const given = [messages];
  if (first?.role === 'system' && second !== undefined) {
    given.push([{ ...second, content: `${first.content}\n${second.content}` }, ...others]);
  }
  for (const each of given.slice()) {
    const joined = joinNeighbours(each);
    if (joined.length < each.length) given.push(joined);
  }
  const calls = messages.some(({ toolCalls = [] }) => toolCalls.length > 0);
  return given.flatMap((each) =>
    (calls ? [false, true] : [false]).map((textualArguments) => ({ messages: each, textualArguments })),
  );
}

/** Users' or assistant's messages that follow one another become one; calls and their results stay as they are. */
function joinNeighbours(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    const plain = message.role !== 'tool' && (message.toolCalls ?? []).length === 0;
    if (plain && last?.role === message.role && (last.toolCalls ?? []).length === 0) {
      joined[joined.length - 1] = { ...last, content: `${last.content}\n\n${message.content}` };
    } else joined.push(message);
  }
  return joined;
}

/** Messages and tools as templates expect them, the shape of OpenAI's API; `replace` sees every untrusted string. */
function templateVariables(
  { messages, textualArguments }: Shape,
  tools: readonly Tool[] | undefined,
  replace: Replace,
): Record<string, unknown> {
  const value = (text: string) => replace(text, false);
  const argumentsOf = (given: unknown) => {
    const replaced = mapStrings(given, value);
    return textualArguments ? plainJson(replaced) : replaced;
  };
  const call = ({ id, name, arguments: given }: ToolCall) => ({
    ...(id === undefined ? {} : { id: value(id) }),
    type: 'function',
    function: { name: value(name), arguments: argumentsOf(given) },
  });
  const tool = ({ name, description, parameters }: Tool) => ({
    type: 'function',
    function: {
      name: value(name),
      description: replace(description ?? '', true),
      parameters: mapStrings(parameters ?? { type: 'object', properties: {} }, value),
    },
  });
  const made = tools === undefined || tools.length === 0 ? undefined : tools.map(tool);
  return {
    messages: messages.map(({ role, content, reasoning, toolCalls, toolCallId }) => ({
      role,
      content: replace(content, true),
      ...(reasoning === undefined ? {} : { reasoning_content: replace(reasoning, true) }),
      ...(toolCalls === undefined || toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(call) }),
      ...(toolCallId === undefined ? {} : { tool_call_id: value(toolCallId) }),
    })),
    // SmolLM3 and firefunction have names of their own for them.
    ...(made && { tools: made, xml_tools: made }),
    functions: made === undefined ? '' : plainJson(made, '  '),
  };
}

class JinjaChatTemplate implements ChatTemplate {
  readonly toolCallFormat: ToolCallFormat;
  private readonly source: string;
  private readonly program: Program;
  private readonly special: SpecialTexts;

  constructor(source: string, special: SpecialTexts) {
    this.source = source;
    this.program = parseTemplate(source);
    this.toolCallFormat = toolCallFormat(source);
    this.special = special;
  }

  render(messages: readonly ChatMessage[], options: RenderOptions): string {
    return this.runAdapted(messages, options, (text) => text).prompt;
  }

  renderParts(messages: readonly ChatMessage[], options: RenderOptions): PromptPart[] {
    const untrusted = new Set<string>();
    const { prompt, shape } = this.runAdapted(messages, options, (text, free) => {
      if (free || !isHarmless(text)) untrusted.add(text);
      return text;
    });
    const marks = chooseMarks([this.source, prompt, ...untrusted]);
    const parts = marks && this.renderMarked(shape, options, prompt, marks);
    return parts ?? cutAtTexts(prompt, [...untrusted]);
  }

  private renderMarked(shape: Shape, options: RenderOptions, plain: string, marks: Marks): PromptPart[] | undefined {
    try {
      const marked = this.run(shape, options, (text, free) =>
        free || !isHarmless(text) ? markText(text, marks) : text,
      );
      return cutAtMarks(marked, plain, marks);
    } catch {
      // The template renders these messages, but not with marks in them: it looks into them.
      return undefined;
    }
  }

  /** The first shape that the template takes; what it says of the first one where it takes none. */
  private runAdapted(
    messages: readonly ChatMessage[],
    options: RenderOptions,
    replace: Replace,
  ): { prompt: string; shape: Shape } {
    let first: unknown;
    for (const shape of shapesOf(messages)) {
      try {
        return { prompt: this.run(shape, options, replace), shape };
      } catch (error) {
        first ??= error;
        const fails = error instanceof LocalLLMError && error.code === 'template';
        if (!fails || error.cause instanceof LimitError) throw error;
      }
    }
    throw first;
  }

  private run(
    shape: Shape,
    { tools, addGenerationPrompt, variables: given = {} }: RenderOptions,
    replace: Replace,
  ): string {
    if (tools !== undefined && tools.length > 0 && !KNOWS_TOOLS.test(this.source)) {
      throw new LocalLLMError(
        'not-supported',
        "This model's chat template knows no tools. Leave `tools` out, or choose another model.",
      );
    }
    let inputChars = this.source.length;
    const variables = templateVariables(shape, tools, (text, free) => {
      inputChars += text.length;
      return replace(text, free);
    });
    const { bos = '', eos = '', addsBos = false } = this.special;
    const prompt = runTemplate(
      this.program,
      {
        tools: ASKS_FOR_NONE.test(this.source) ? null : [],
        // Of llama.cpp, for templates that ask for one or the other.
        datetime: strftime(new Date(), '%b %d %Y'),
        date_string: strftime(new Date(), '%d %b %Y'),
        ...variables,
        add_generation_prompt: addGenerationPrompt,
        bos_token: bos,
        eos_token: eos,
        ...given,
      },
      inputChars,
    );
    return addsBos && bos !== '' && prompt.startsWith(bos) ? prompt.slice(bos.length) : prompt;
  }
}

/** Which template a model is used with: the one in its file, or ChatML in its place. */
export type TemplateChoice = 'own' | 'chatml';

/**
 * The chat template of a model: its file's `tokenizer.chat_template`; ChatML when it has none, or where `choice` says so.
 *
 * @throws LocalLLMError template, with the line where it can be told, when the source cannot be read or is too long
 */
export function createChatTemplate(
  source: string | undefined,
  special: SpecialTexts = {},
  choice: TemplateChoice = 'own',
): ChatTemplate {
  return new JinjaChatTemplate(choice === 'chatml' || source === undefined ? CHATML : source, special);
}
