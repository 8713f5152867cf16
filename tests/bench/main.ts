/**
 * `npm run bench`: how fast the engine is here. Results go to tests/bench/results, `npm run bench -- report` puts them into the docs.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { Gpu } from '../../engine/gpu/gpu.ts';
import { Stopwatch } from '../../engine/gpu/stopwatch.ts';
import { measureRoofline } from '../../engine/runtime/roofline.ts';
import { isWeightType, type WeightType } from '../../shaders/matmul/weights.ts';
import { compareWithLlamaCpp } from './engine.ts';
import { type Floors, measureFloors } from './floors.ts';
import type { KernelResult } from './kernel-result.ts';
import { measureKernels } from './kernels.ts';
import type { Comparison } from './measured.ts';
import { type ModelName, MODELS } from './models.ts';
import { writeReport } from './report.ts';
import { type Start, startInChromium, startInNode } from './start.ts';
import { keepResult, latestResults, readResult } from './results.ts';
import { measureSites, type Sites } from './sites.ts';
import { benchModel } from './write-model.ts';

const HELP = `Usage: npm run bench -- WHAT [options]

  floors              what the adapter costs before any model runs: memory, arithmetic, dispatches, submits
  kernels             each matrix product and the attention of real models, against the memory speed measured in the same run
  engine [FILES]      the whole engine in Node beside llama.cpp (node-llama-cpp) on the same files
  browser [FILES]     the same in Chromium beside wllama and WebLLM, whose npm packages are given
  start [FILES]       loading beside reading the file alone, in Node and in Chromium, and the first token after it
  sites [FILES]       several sites that decode at once, beside one alone
  all                 floors, kernels, engine, start, sites, browser
  make MODEL:TYPE     writes a file with random weights and prints its path
  report [RESULTS]    writes docs/PERFORMANCE.md and its chart from these results, or from the latest ones

A file is a path to a GGUF file, or MODEL:TYPE for one with random weights, which is made once:
MODEL  ${Object.keys(MODELS).join(' ')}
TYPE   Q4_0, Q8_0, Q4_K_M or another type of GGUF files

  --models A,B        of kernels [all on a GPU, smollm2-135m on a software adapter]
  --types A,B         of kernels [Q4_0,Q8_0,Q4_K,Q6_K]
  --batch 1,256       tokens of the products in kernels [1,8,256; 1,16 on a software adapter]
  --contexts 0,1024   tokens before the decode steps [0,1024,8192,32768 on a GPU, 0 on a software adapter]
  --prompt N          tokens of the prompt in engine, start and browser [512; 64 on a software adapter], in sites [64]
  --tokens N          decoded tokens [128; 16 on a software adapter]
  --runs N            of each engine; the median counts [5]
  --peer P            vulkan, cuda, or none to run alone [vulkan]
  --dawn FLAG         for Dawn, repeatable: --dawn=enable-dawn-features=vulkan_enable_f16_on_nvidia,allow_unsafe_apis
  --wllama DIR        wllama's npm package, unpacked (npm pack @wllama/wllama)
  --webllm DIR        WebLLM's npm package, unpacked (npm pack @mlc-ai/web-llm)
  --webllm-model DIR  the first file's model as WebLLM has it: MLC's weights and configuration, and the compiled library (.wasm)
  --browser-arg FLAG  for Chromium, repeatable
  --help`;

const text = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean' },
    models: text,
    types: { ...text, default: 'Q4_0,Q8_0,Q4_K,Q6_K' },
    batch: text,
    contexts: text,
    prompt: text,
    tokens: text,
    runs: { ...text, default: '5' },
    peer: { ...text, default: 'vulkan' },
    dawn: { ...text, multiple: true, default: [] },
    wllama: text,
    webllm: text,
    'webllm-model': text,
    'browser-arg': { ...text, multiple: true, default: [] },
  },
});
const [what = '', ...files] = positionals;
const WHERE = `Node ${process.versions.node}, Dawn`;
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Node gives exact timestamps when told to. */
async function openGpu(): Promise<Gpu> {
  const flags = ['disable-dawn-features=timestamp_quantization', ...values.dawn];
  return Gpu.open(await openDawn(flags), { timestamps: true });
}

function describeFloors(costs: Floors): void {
  say(`${costs.adapter}: reads ${(costs.bytesPerSecond / 1e9).toFixed(1)} GB/s`);
  say(`f32 arithmetic: ${(costs.flopsPerSecond / 1e12).toFixed(2)} TFLOP/s`);
  say(
    `a dispatch in a pass: ${costs.dispatchMicroseconds.toFixed(1)} µs, with its own: ${costs.passMicroseconds.toFixed(1)} µs`,
  );
  say(`a submit and its readback: ${costs.readbackMilliseconds.toFixed(2)} ms`);
  for (const [depth, steps] of Object.entries(costs.stepsPerSecond)) {
    say(`steps of 130 dispatches, ${depth} under way: ${steps.toFixed(0)} a second`);
  }
}

async function floors(): Promise<void> {
  const gpu = await openGpu();
  const measured = await measureFloors(gpu);
  describeFloors(measured);
  say(keepResult('floors', WHERE, measured));
  gpu.device.destroy();
}

async function kernels(): Promise<void> {
  const gpu = await openGpu();
  const stopwatch = new Stopwatch(gpu, 5000);
  const roofline = await measureRoofline(gpu);
  say(`${gpu.adapterName}: the stream reads ${(roofline.bytesPerSecond / 1e9).toFixed(1)} GB/s`);
  const results: KernelResult[] = [];
  const { software } = gpu.adapter;
  await measureKernels(gpu, stopwatch, {
    models: (values.models?.split(',') ?? (software ? ['smollm2-135m'] : Object.keys(MODELS))).map(modelNamed),
    types: values.types.split(',').map(typeNamed),
    tokens: integers(values.batch ?? (software ? '1,16' : '1,8,256')),
    contexts: contextsFor(software, [0, 1024, 8192, 32_768]),
    roofline,
    onResult: (result) => {
      results.push(result);
      const { model, kernel, type, shape, tokens, microseconds, gigabytesPerSecond, ofRoofline, ofStream } = result;
      say(
        `${model.padEnd(13)} ${kernel.padEnd(17)} ${type.padEnd(5)} ${shape.padEnd(34)} ${String(tokens).padStart(4)} ` +
          `${microseconds.toFixed(1).padStart(9)} µs ${gigabytesPerSecond.toFixed(0).padStart(5)} GB/s  ${ofRoofline.toFixed(2)} ${ofStream?.toFixed(2) ?? ''}`,
      );
    },
  });
  stopwatch.release();
  const roof = {
    gigabytesPerSecond: roofline.bytesPerSecond / 1e9,
    teraflopsPerSecond: roofline.flopsPerSecond / 1e12,
  };
  say(keepResult('kernels', WHERE, { adapter: gpu.adapterName, ...roof, results }));
  gpu.device.destroy();
}

async function engine(): Promise<void> {
  const { software } = await adapterHere();
  const comparisons: Comparison[] = [];
  for (const path of await modelFiles(software)) {
    say(`\n${path}`);
    comparisons.push(
      await compareWithLlamaCpp(path, {
        ...sizes(software),
        contexts: contextsFor(software, [0, 1024, 8192, 32_768]),
        peer: peerNamed(values.peer),
        dawn: values.dawn,
        say,
      }),
    );
    const { theirs } = comparisons.at(-1)!;
    if (theirs) say(`${theirs.name} ran on ${theirs.on}.`);
  }
  say(keepResult('engine', WHERE, comparisons));
}

async function start(): Promise<void> {
  const { software } = await adapterHere();
  const { prompt, runs } = sizes(software);
  const paths = await modelFiles(software);
  const starts: Start[] = [];
  const onStart = (measured: Start) => {
    starts.push(measured);
    say(describeStart(measured));
  };
  await startInNode(paths, { prompt, runs, dawn: values.dawn, onStart });
  await startInChromium(paths, { prompt, runs, args: values['browser-arg'], onStart });
  say(keepResult('start', WHERE, starts));
}

function describeStart(measured: Start): string {
  const { model, where, from, readMs, loadMs, firstPrefillMs, prefillMs, firstTokenRatio, peakBytes } = measured;
  const memory = peakBytes === undefined ? '' : ` with at most ${(peakBytes / 1e6).toFixed(0)} MB`;
  return (
    `${model} in ${where} from the ${from}: read ${readMs.toFixed(0)} ms, loaded ${loadMs.toFixed(0)} ms${memory}, ${(loadMs / readMs).toFixed(2)} × read; ` +
    `first prompt ${firstPrefillMs.toFixed(1)} ms, later ${prefillMs.toFixed(1)} ms; to the first token ${firstTokenRatio.toFixed(2)} × (load + prefill)`
  );
}

async function sites(): Promise<void> {
  const { software } = await adapterHere();
  const { tokens, runs } = sizes(software);
  const measured: Sites[] = [];
  for (const path of await modelFiles(software)) {
    say(`\n${path}`);
    const prompt = integer(values.prompt ?? '64');
    measured.push(await measureSites(path, { prompt, tokens, runs, dawn: values.dawn, say }));
  }
  say(keepResult('sites', WHERE, measured));
}

async function browser(): Promise<void> {
  const { benchInBrowser } = await import('./browser.ts');
  const { software } = await adapterHere();
  const measured = await benchInBrowser(await modelFiles(software), {
    ...sizes(software),
    contexts: contextsFor(software, [0, 1024, 8192]),
    wllama: values.wllama,
    webllm: webllmNamed(values.webllm, values['webllm-model']),
    args: values['browser-arg'],
    say,
  });
  describeFloors(measured.floors);
  say(keepResult('browser', measured.where, { floors: measured.floors, comparisons: measured.comparisons }));
}

function webllmNamed(folder: string | undefined, model: string | undefined) {
  if (folder === undefined && model === undefined) return undefined;
  if (folder !== undefined && model !== undefined) return { package: folder, model };
  throw new Error('WebLLM needs both --webllm DIR and --webllm-model DIR.');
}

async function adapterHere(): Promise<{ software: boolean }> {
  const gpu = await openGpu();
  const { software } = gpu.adapter;
  gpu.device.destroy();
  return { software };
}

const sizes = (software: boolean) => ({
  prompt: integer(values.prompt ?? (software ? '64' : '512')),
  tokens: integer(values.tokens ?? (software ? '16' : '128')),
  runs: integer(values.runs),
});

function contextsFor(software: boolean, usual: number[]): number[] {
  return values.contexts === undefined ? (software ? [0] : usual) : integers(values.contexts);
}

/** Paths of what was named, or of what is worth measuring here. */
async function modelFiles(software: boolean): Promise<string[]> {
  const usual = software
    ? ['smollm2-135m:Q4_0']
    : [
        'qwen2.5-0.5b:Q4_0',
        'qwen2.5-0.5b:Q8_0',
        'llama3.2-1b:Q4_0',
        'llama3.2-1b:Q8_0',
        'llama3.2-1b:Q4_K_M',
        'phi3-mini:Q4_0',
      ];
  const paths: string[] = [];
  for (const file of files.length > 0 ? files : usual) paths.push(await modelFile(file));
  return paths;
}

async function modelFile(name: string): Promise<string> {
  const [model = '', type] = name.split(':');
  return type !== undefined && Object.hasOwn(MODELS, model) ? benchModel(modelNamed(model), type) : name;
}

function modelNamed(name: string): ModelName {
  if (Object.hasOwn(MODELS, name)) return name as ModelName;
  throw new Error(`There is no model ${name}: choose among ${Object.keys(MODELS).join(', ')}.`);
}

function typeNamed(name: string): WeightType {
  if (isWeightType(name)) return name;
  throw new Error(`No kernel multiplies ${name}: give Q4_0, Q8_0 or another type of weights.`);
}

function peerNamed(name: string): 'vulkan' | 'cuda' | 'none' {
  if (name === 'vulkan' || name === 'cuda' || name === 'none') return name;
  throw new Error(`--peer is ${name}: give vulkan, cuda or none.`);
}

function integer(value: string): number {
  const number = Number(value);
  if (value !== '' && Number.isInteger(number) && number >= 0) return number;
  throw new Error(`"${value}" should be a whole number.`);
}
const integers = (list: string) => list.split(',').map(integer);

const COMMANDS: Record<string, () => Promise<void>> = {
  floors,
  kernels,
  engine,
  start,
  sites,
  browser,
  all: async () => {
    for (const command of [floors, kernels, engine, start, sites, browser]) await command();
  },
  make: async () => {
    for (const file of files) say(await modelFile(file));
  },
  report: async () => {
    for (const path of writeReport(files.length > 0 ? files.map(readResult) : latestResults())) say(path);
  },
};
const command = COMMANDS[what];
if (values.help || !command) {
  say(HELP);
  process.exit(values.help ? 0 : 2);
}
await command();
// Dawn keeps the process alive; everything is written by now.
process.exit(0);
