/**
 * Which family a chat template belongs to, by the texts that mark its turns. For people to read: prompts are rendered by the
 * template itself, whatever it is called.
 *
 * @module
 */

/** Marks that a template holds, all of them; the first family that fits is taken. */
const FAMILIES = [
  ['Phi-4', ['<|im_start|>', '<|im_sep|>']],
  ['ChatML', ['<|im_start|>']],
  ['Llama-3', ['<|start_header_id|>']],
  ['Llama-4', ['<|header_start|>']],
  ['Llama-2', ['[INST]', '<<SYS>>']],
  ['Mistral', ['[INST]']],
  ['Gemma', ['<start_of_turn>']],
  ['Gemma-4', ['<|turn>']],
  ['Granite', ['<|start_of_role|>']],
  ['Command-R', ['<|START_OF_TURN_TOKEN|>']],
  ['DeepSeek', ['<｜Assistant｜>']],
  ['DeepSeek', ['### Instruction:', '<|EOT|>']],
  ['DeepSeek', ["'Assistant: ' + message['content'] + eos_token"]],
  ['Kimi', ['<|im_middle|>']],
  ['Harmony', ['<|start|>', '<|channel|>']],
  ['GLM', ['[gMASK]']],
  ['Phi-3', ['<|user|>', '<|assistant|>', '<|end|>']],
  ['Zephyr', ['<|user|>', '<|assistant|>']],
  ['Vicuna', ['USER: ', 'ASSISTANT:']],
] as const satisfies readonly (readonly [string, readonly string[]])[];

export type TemplateFamily = (typeof FAMILIES)[number][0] | 'none' | 'custom';

/** What models that think write around their thoughts, and the switches of their templates. */
const THINKING =
  /<\|?\/?think|enable_thinking|reasoning_content|\[THINK\]|<\|START_THINKING\|>|<seed:think|<\|channel\|>/;

export interface TemplateTraits {
  /** `none` where there is no template, `custom` where no family is known by it. */
  family: TemplateFamily;
  /** Whether it renders tools. */
  tools: boolean;
  /** Whether it knows of thoughts before an answer. */
  thinking: boolean;
}

export function templateTraits(source: string | undefined): TemplateTraits {
  if (source === undefined) return { family: 'none', tools: false, thinking: false };
  const found = FAMILIES.find(([, marks]) => marks.every((mark) => source.includes(mark)));
  return { family: found?.[0] ?? 'custom', tools: /\btools\b/.test(source), thinking: THINKING.test(source) };
}
