#!/usr/bin/env node
/**
 * `localllm`: the engine on a file, in Node.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { AdapterSource } from '../runtime/engine.ts';
import { adapterFrom } from './adapters.ts';
import { bench } from './bench.ts';
import { dump } from './dump.ts';
import { generate } from './generate.ts';
import { inspect } from './inspect.ts';
import { logprobs } from './logprobs.ts';
import { profile } from './profile.ts';
import { tokenize } from './tokenize.ts';

const integer = (low: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low)
    throw new InvalidArgumentError(`It must be an integer of at least ${low}.`);
  return value;
};
const decimal = (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
};
const ids = (text: string) => text.split(',').map((part) => integer(0)(part));
const context = new Option('--context <tokens>', "context length [the model's own, at most 4096]").argParser(
  integer(1),
);
const lora = new Option('--lora <file[:scale]...>', 'attach LoRA adapters, each at a scale [1]').argParser(
  (text: string, before?: readonly AdapterSource[]) => [...(before ?? []), adapterFrom(text)],
);
const kvType = (type: KvType) =>
  new Option('--kv <type>', 'element type of the KV cache').choices(['f16', 'f32', 'q8']).default(type);

const program = new Command('localllm').description(
  'Runs GGUF models on WebGPU. Each command explains itself with --help.',
);

program
  .command('inspect')
  .description(
    'Says what a file is, the memory it needs, and whether it is supported or all reasons why not (exit code 1).',
  )
  .argument('<file>', 'a GGUF file; of a split model the first part')
  .addOption(context)
  .addOption(kvType('f16'))
  .option('--json', 'print one JSON object')
  .action(inspect);

program
  .command('tokenize')
  .description("Prints the token ids of a text, as the model's tokenizer makes them.")
  .argument('<file>', 'a GGUF file')
  .requiredOption('--text <text>', 'the text')
  .option('--special', 'read texts of special tokens, such as <|im_end|>, as these tokens', false)
  .option('--json', 'print {ids, pieces}')
  .action(tokenize);

program
  .command('generate')
  .description('Answers a prompt, streamed to standard output.')
  .argument('<file>', 'a GGUF file')
  .requiredOption('--prompt <text>', 'what to ask')
  .option('--system <text>', 'system message')
  .addOption(
    new Option('--template <template>', "chat template: the file's own, or ChatML")
      .choices(['own', 'chatml'])
      .default('own'),
  )
  .option('--raw', 'continue the prompt as plain text, without the chat template')
  .option('--max-tokens <n>', 'most tokens of the answer', integer(1))
  .option('--temperature <t>', '0 takes the most likely token', decimal)
  .option('--top-k <n>', 'draw among the n most likely; 0: all', integer(0))
  .option('--top-p <p>', 'draw among the most likely that together reach p', decimal)
  .option('--min-p <p>', 'leave out what is less likely than p times the most likely', decimal)
  .option('--seed <n>', 'same seed, same text', integer(0))
  .option('--repetition-penalty <p>', '1: none', decimal)
  .option('--presence-penalty <p>', '0: none', decimal)
  .option('--frequency-penalty <p>', '0: none', decimal)
  .option('--stop <text...>', 'end before any of these')
  .option('--json', 'print the whole result as JSON instead')
  .addOption(lora)
  .addOption(context)
  .addOption(kvType('f16'))
  .action(generate);

program
  .command('logprobs')
  .description("Prints the prompt's ids, the top log-probabilities after it, and greedy tokens.")
  .argument('<file>', 'a GGUF file')
  .option('--prompt <text>', 'plain text; special tokens are read as such')
  .addOption(new Option('--ids <list>', 'token ids instead: 1,2,3').argParser(ids).conflicts('prompt'))
  .option('--top <n>', 'log-probabilities', integer(1), 20)
  .option('--greedy <n>', 'greedy tokens', integer(0), 0)
  .option('--json', 'print {ids, top, greedy, text}')
  .addOption(lora)
  .addOption(context)
  .addOption(kvType('f32'))
  .action(logprobs);

program
  .command('dump')
  .description('Writes the values inside the forward as .npy files: one for each named tap and layer.')
  .argument('<file>', 'a GGUF file')
  .requiredOption('--prompt <text>', 'plain text; special tokens are read as such')
  .requiredOption('--out <folder>', 'where the files go')
  .addOption(context)
  .addOption(kvType('f32'))
  .action(dump);

program
  .command('bench')
  .description('Measures prefill and decode.')
  .argument('<file>', 'a GGUF file')
  .option('--pp <n>', 'prompt tokens', integer(1), 512)
  .option('--tg <n>', 'generated tokens', integer(1), 128)
  .option('--runs <n>', 'measured runs; the median is printed', integer(1), 5)
  .option('--json', 'print one JSON object')
  .addOption(kvType('f16'))
  .action(bench);

program
  .command('profile')
  .description("The GPU's time for each kernel of one forward: a decode step, or a prefill chunk.")
  .argument('<file>', 'a GGUF file')
  .option('--past <n>', 'tokens before', integer(0), 0)
  .option('--tokens <n>', 'tokens of the forward', integer(1), 1)
  .option('--runs <n>', 'runs; the median is printed', integer(1), 20)
  .option('--json', 'print every dispatch as JSON')
  .addOption(kvType('f16'))
  .action(profile);

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  await program.parseAsync();
  // Dawn keeps the process alive; everything is written by now.
  process.exit(process.exitCode ?? 0);
} catch (error) {
  const failure = LocalLLMError.from(error);
  process.stderr.write(`localllm: ${failure.message}\n`);
  if (failure.code === 'internal' && failure.cause instanceof Error) process.stderr.write(`${failure.cause.stack}\n`);
  process.exit(failure.code === 'bad-argument' ? 2 : 1);
}
