/**
 * `npm test`: builds, runs every unit test and every browser test, and ends with one line `N passed, N failed`.
 *
 * A runner that dies, reports nothing or executes no test counts as one failure, and so does a test that was skipped.
 * `npm test -- unit` or `npm test -- browser` runs one part, `npm test -- ci` also `npm run check`.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from './chromium.ts';

const ROOT = join(import.meta.dirname, '..');

interface Tally {
  passed: number;
  failed: number;
}

/** Runs a command with the terminal's own streams; resolves with its exit code. */
function run(command: string, args: string[]): Promise<number> {
  // Vulkan's loader complains at every start where the session has no such folder.
  const env = { XDG_RUNTIME_DIR: tmpdir(), ...process.env };
  const child = spawn(command, args, { cwd: ROOT, env, stdio: 'inherit', shell: process.platform === 'win32' });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Runs a test runner and counts what its JSON report says. */
async function runTests(name: string, args: string[], count: (report: never) => Tally): Promise<Tally> {
  const report = join(ROOT, 'test-results', `${name}.json`);
  await rm(report, { force: true });
  const code = await run(process.execPath, [join(ROOT, 'node_modules', ...args[0]!.split('/')), ...args.slice(1)]);
  let tally: Tally;
  try {
    tally = count(JSON.parse(await readFile(report, 'utf8')) as never);
  } catch (error) {
    console.error(`${name} left no report: ${String(error)}`);
    return { passed: 0, failed: 1 };
  }
  if (tally.passed + tally.failed === 0) console.error(`${name} executed no test.`);
  else if (code !== 0 && tally.failed === 0) console.error(`${name} ended with exit code ${code}.`);
  else return tally;
  return { ...tally, failed: 1 };
}

interface VitestReport {
  numPassedTests: number;
  numTotalTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

/** A file that could not even be loaded has no tests of its own to fail: it counts as one. */
function countVitest(report: VitestReport): Tally {
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return { passed: report.numPassedTests, failed: report.numTotalTests - report.numPassedTests + broken.length };
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  errors: unknown[];
}

function countPlaywright({ stats, errors }: PlaywrightReport): Tally {
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky + stats.skipped + errors.length };
}

const UNIT = () =>
  runTests(
    'vitest',
    ['vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', '--outputFile.json=test-results/vitest.json'],
    countVitest,
  );

const BROWSER = async (): Promise<Tally> => {
  try {
    console.log(`Browser tests run in ${findChromium()}`);
  } catch (error) {
    console.error((error as Error).message);
    return { passed: 0, failed: 1 };
  }
  return runTests('playwright', ['@playwright/test/cli.js', 'test'], countPlaywright);
};

/** A step that has no tests of its own: it counts only when it fails. */
const script = (name: string) => async (): Promise<Tally> => {
  const code = await run('npm', ['run', '--silent', name]);
  if (code !== 0) console.error(`npm run ${name} failed.`);
  return { passed: 0, failed: code === 0 ? 0 : 1 };
};
const BUILD = script('build');

const PARTS: Record<string, (() => Promise<Tally>)[]> = {
  all: [BUILD, UNIT, BROWSER],
  unit: [UNIT],
  browser: [BUILD, BROWSER],
  ci: [script('check'), BUILD, UNIT, BROWSER],
};

const part = PARTS[process.argv[2] ?? 'all'];
if (!part) {
  console.error(
    `There is no part "${process.argv[2]}": choose unit, browser or ci (all of it and npm run check), or leave it out.`,
  );
  process.exit(2);
}
const total: Tally = { passed: 0, failed: 0 };
for (const step of part) {
  const tally = await step();
  total.passed += tally.passed;
  total.failed += tally.failed;
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
