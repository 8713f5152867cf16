import { expect, test } from 'vitest';
import { llamaCppFile, llamaCppFiles } from '../../tests/fidelity/llama-cpp-vocabulary.ts';
import { templateTraits } from './template-family.ts';

/** Real models' templates: family, then whether they know tools (t) and thinking (h). */
const EXPECTED = `
Apertus-8B-Instruct custom th
Apriel-1.6-15b-Thinker-fixed custom th
Bielik-11B-v3.0-Instruct ChatML th
ByteDance-Seed-OSS custom th
Cohere2MoE Command-R th
CohereForAI-c4ai-command-r-plus-tool_use Command-R t
CohereForAI-c4ai-command-r7b-12-2024-tool_use Command-R th
GLM-4.6 GLM th
GLM-4.7-Flash GLM th
GigaChat3-10B-A1.8B custom t
GigaChat3.1-10B-A1.8B custom t
HuggingFaceTB-SmolLM3-3B ChatML h
Kimi-K2-Instruct Kimi t
Kimi-K2-Thinking Kimi th
Kimi-K3 custom th
LFM2-8B-A1B ChatML t
LFM2.5-8B-A1B ChatML th
LFM2.5-Instruct ChatML th
MiMo-VL ChatML t
MiniMax-M1 custom t
MiniMax-M2 custom th
MiniMax-M3 custom th
Mistral-Small-3.2-24B-Instruct-2506 Mistral t
NVIDIA-Nemotron-3-Nano-30B-A3B-BF16 ChatML th
NVIDIA-Nemotron-Nano-v2 custom th
NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use ChatML t
NousResearch-Hermes-3-Llama-3.1-8B-tool_use ChatML t
Qwen-QwQ-32B ChatML th
Qwen-Qwen2.5-7B-Instruct ChatML t
Qwen-Qwen3-0.6B ChatML th
Qwen3-Coder ChatML t
Qwen3.5-4B ChatML th
Reka-Edge custom th
Spark2.5 custom th
StepFun3.5-Flash ChatML th
deepseek-ai-DeepSeek-R1-Distill-Llama-8B DeepSeek h
deepseek-ai-DeepSeek-R1-Distill-Qwen-32B DeepSeek h
deepseek-ai-DeepSeek-V3.1 DeepSeek h
deepseek-ai-DeepSeek-V3.2 DeepSeek th
deepseek-ai-DeepSeek-V4-Flash-0731 DeepSeek th
deepseek-ai-DeepSeek-V4 DeepSeek th
fireworks-ai-llama-3-firefunction-v2 Llama-3
google-gemma-2-2b-it Gemma
google-gemma-4-31B-it-interleaved Gemma-4 th
google-gemma-4-31B-it Gemma-4 th
ibm-granite-granite-3.3-2B-Instruct Granite th
ibm-granite-granite-4.0 Granite t
ibm-granite-granite-4.1 Granite t
inclusionai-ling-3.0-flash custom th
llama-cpp-deepseek-r1 DeepSeek th
llama-cpp-rwkv-world custom h
meetkai-functionary-medium-v3.1 Llama-3 t
meetkai-functionary-medium-v3.2 Llama-3 t
meta-llama-Llama-3.1-8B-Instruct Llama-3 t
meta-llama-Llama-3.2-3B-Instruct Llama-3 t
meta-llama-Llama-3.3-70B-Instruct Llama-3 t
microsoft-Phi-3.5-mini-instruct Phi-3
mistralai-Ministral-3-14B-Reasoning-2512 Mistral th
mistralai-Mistral-Nemo-Instruct-2407 Mistral t
moonshotai-Kimi-K2 Kimi t
muse-glimmer custom th
openai-gpt-oss-120b Harmony th
openbmb-MiniCPM5-1B ChatML th
poolside-Laguna-S-2.1 custom th
poolside-Laguna-XS-2.1 custom th
poolside-Laguna-XS.2 custom th
tencent-Hy3 custom th
unsloth-Apriel-1.5 Phi-3 th
unsloth-mistral-Devstral-Small-2507 Mistral t
upstage-Solar-Open-100B custom th
`;

test("real models' templates", () => {
  const files = llamaCppFiles('models/templates').filter((file) => file.endsWith('.jinja'));
  const lines = files.map((file) => {
    const { family, tools, thinking } = templateTraits(llamaCppFile(file).toString());
    const name = file.slice('models/templates/'.length, -'.jinja'.length);
    return `${name} ${family} ${tools ? 't' : ''}${thinking ? 'h' : ''}`.trim();
  });
  expect(lines).toEqual(EXPECTED.trim().split('\n'));
});

test.each([
  ['none', undefined],
  ['custom', '{{ messages[0].content }}'],
  ['Llama-2', "{{ bos_token + '[INST] <<SYS>>\\n' + system + '\\n<</SYS>>' }}"],
  ['Mistral', "{{ bos_token + '[INST] ' + message['content'] + ' [/INST]' }}"],
  ['Zephyr', "{{ '<|user|>\\n' + message['content'] + eos_token }}{{ '<|assistant|>' }}"],
  ['Phi-4', "{{ '<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>' }}"],
  ['Llama-4', "{{ '<|header_start|>' + role + '<|header_end|>' }}"],
  ['Vicuna', "{{ 'USER: ' + content + ' ASSISTANT:' }}"],
])('%s', (family, template) => {
  expect(templateTraits(template)).toEqual({ family, tools: false, thinking: false });
});
