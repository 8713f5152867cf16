/**
 * Messages → the prompt, by the model's own chat template.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Message, Tool, ToolCall } from '../protocol/messages.ts';
import { parseTemplate, type Program, runTemplate } from './guarded-interpreter.ts';
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

export interface RenderOptions {
  tools?: readonly Tool[];
  /** End with what begins the model's answer. */
  addGenerationPrompt: boolean;
}

export interface ChatTemplate {
  /** @throws LocalLLMError template when the template fails or refuses, not-supported for tools it does not know */
  render(messages: readonly Message[], options: RenderOptions): string;
  /**
   * The same text in parts: what comes from messages and tools is not `special`, so that no text in it becomes a
   * control token.
   */
  renderParts(messages: readonly Message[], options: RenderOptions): PromptPart[];
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

/** Replaces an untrusted string: `free` ones are prose, the others names and values that templates may compare. */
type Replace = (text: string, free: boolean) => string;

/** Messages and tools as templates expect them, the shape of OpenAI's API; `replace` sees every untrusted string. */
function templateVariables(messages: readonly Message[], tools: readonly Tool[] | undefined, replace: Replace) {
  const value = (text: string) => replace(text, false);
  const call = ({ id, name, arguments: given }: ToolCall) => ({
    ...(id === undefined ? {} : { id: value(id) }),
    type: 'function',
    function: { name: value(name), arguments: mapStrings(given, value) },
  });
  const tool = ({ name, description, parameters }: Tool) => ({
    type: 'function',
    function: {
      name: value(name),
      description: replace(description ?? '', true),
      parameters: mapStrings(parameters ?? { type: 'object', properties: {} }, value),
    },
  });
  return {
    messages: messages.map(({ role, content, toolCalls, toolCallId }) => ({
      role,
      content: replace(content, true),
      ...(toolCalls === undefined || toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(call) }),
      ...(toolCallId === undefined ? {} : { tool_call_id: value(toolCallId) }),
    })),
    ...(tools === undefined || tools.length === 0 ? {} : { tools: tools.map(tool) }),
  };
}

class JinjaChatTemplate implements ChatTemplate {
  private readonly source: string;
  private readonly program: Program;
  private readonly special: SpecialTexts;

  constructor(source: string, special: SpecialTexts) {
    this.source = source;
    this.program = parseTemplate(source);
    this.special = special;
  }

  render(messages: readonly Message[], options: RenderOptions): string {
    return this.run(messages, options, (text) => text);
  }

  renderParts(messages: readonly Message[], options: RenderOptions): PromptPart[] {
    const untrusted = new Set<string>();
    const plain = this.run(messages, options, (text, free) => {
      if (free || !isHarmless(text)) untrusted.add(text);
      return text;
    });
    const marks = chooseMarks([this.source, plain, ...untrusted]);
    const parts = marks && this.renderMarked(messages, options, plain, marks);
    return parts ?? cutAtTexts(plain, [...untrusted]);
  }

  private renderMarked(
    messages: readonly Message[],
    options: RenderOptions,
    plain: string,
    marks: Marks,
  ): PromptPart[] | undefined {
    try {
      const marked = this.run(messages, options, (text, free) =>
        free || !isHarmless(text) ? markText(text, marks) : text,
      );
      return cutAtMarks(marked, plain, marks);
    } catch {
      // The template renders these messages, but not with marks in them: it looks into them.
      return undefined;
    }
  }

  private run(messages: readonly Message[], { tools, addGenerationPrompt }: RenderOptions, replace: Replace): string {
    if (tools !== undefined && tools.length > 0 && !/\btools\b/.test(this.source)) {
      throw new LocalLLMError(
        'not-supported',
        "This model's chat template knows no tools. Leave `tools` out, or choose another model.",
      );
    }
    let inputChars = this.source.length;
    const variables = templateVariables(messages, tools, (text, free) => {
      inputChars += text.length;
      return replace(text, free);
    });
    const { bos = '', eos = '', addsBos = false } = this.special;
    const prompt = runTemplate(
      this.program,
      {
        tools: ASKS_FOR_NONE.test(this.source) ? null : [],
        ...variables,
        add_generation_prompt: addGenerationPrompt,
        bos_token: bos,
        eos_token: eos,
      },
      inputChars,
    );
    return addsBos && bos !== '' && prompt.startsWith(bos) ? prompt.slice(bos.length) : prompt;
  }
}

/**
 * The chat template of a model: its file's `tokenizer.chat_template`, ChatML when it has none.
 *
 * @throws LocalLLMError template, with the line where it can be told, when the source cannot be read or is too long
 */
export function createChatTemplate(source: string | undefined, special: SpecialTexts = {}): ChatTemplate {
  return new JinjaChatTemplate(source ?? CHATML, special);
}
