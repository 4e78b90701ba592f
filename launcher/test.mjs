// `sonde test` and `sonde soak`: every project from fast to slow, then one closing line summed over all of them.
//   node launcher/test.mjs test|soak [PROJECT ...]
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PROJECTS = ['fast', 'store', 'kernel', 'browser', 'e2e'];
/** Runs of minutes and more. */
const LONG = ['soak'];
/** What a project may take of a soak: a parser that never returns cannot be stopped by the tests themselves. */
const SOAK_PROJECT_MS = 2 * 3_600_000;

const [mode, ...chosen] = process.argv.slice(2);
const unknown = chosen.find(
  (name) => !['types', 'lint', 'shell', ...PROJECTS, ...(mode === 'soak' ? LONG : [])].includes(name),
);
if (unknown !== undefined) {
  process.stderr.write(`sonde: no tests called "${unknown}"; known: types lint shell ${PROJECTS.join(' ')}\n`);
  process.exit(2);
}
const wanted = (name) => chosen.length === 0 || chosen.includes(name);
// Long runs: ten times the mutated captures a parser, and a longer patience.
const longer = { SONDE_FUZZ: process.env.SONDE_FUZZ ?? '200000', SONDE_SOAK: '1' };
const env = { ...process.env, ...(mode === 'soak' ? longer : {}) };
const total = { passed: 0, failed: 0, skipped: 0 };
const folder = mkdtempSync(join(tmpdir(), 'sonde-test-'));

const run = (file, args) => spawnSync(file, args, { cwd: ROOT, stdio: 'inherit', env }).status ?? 1;
const began = Date.now();
const elapsed = () => (mode === 'soak' ? ` (after ${Math.round((Date.now() - began) / 60_000)} min)` : '');
const heading = (name) => process.stdout.write(`\n== ${name}${elapsed()}\n`);

/** As `run`, in a process group of its own that ends when its time is over. */
const run_bounded = (file, args) =>
  new Promise((done) => {
    const child = spawn(file, args, { cwd: ROOT, stdio: 'inherit', env, detached: true });
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // It has ended by itself.
      }
    };
    let interrupted = false;
    const pass_on = (signal) => {
      interrupted = true;
      end(signal);
    };
    const over = setTimeout(() => {
      process.stdout.write(`\nsonde: not ended after ${SOAK_PROJECT_MS / 60_000} min, stopped\n`);
      end('SIGKILL');
    }, SOAK_PROJECT_MS);
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, pass_on);
    child.on('close', (code) => {
      clearTimeout(over);
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, pass_on);
      if (interrupted) process.exit(1);
      done(code ?? 1);
    });
  });

/** A check that is not made of tests counts as one. */
const check = (name, file, args) => {
  if (!wanted(name)) return;
  heading(name);
  if (run(file, args) === 0) total.passed++;
  else total.failed++;
};

const project = async (name) => {
  if (!wanted(name)) return;
  heading(name);
  const report = join(folder, `${name}.json`);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [
    vitest,
    'run',
    '--project',
    name,
    '--passWithNoTests',
    // Of long runs each test is told when it ends.
    `--reporter=${mode === 'soak' ? 'verbose' : 'default'}`,
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const code = mode === 'soak' ? await run_bounded(process.execPath, args) : run(process.execPath, args);
  let failed = 0;
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    total.passed += result.numPassedTests;
    total.skipped += result.numPendingTests + result.numTodoTests;
    failed = result.numFailedTests;
  } catch {
    // No report: the run itself broke, which the exit code says.
  }
  // A file that cannot be loaded, or an error outside of tests, fails no test but must fail the run.
  total.failed += code !== 0 && failed === 0 ? 1 : failed;
};

check('types', process.execPath, ['node_modules/typescript/bin/tsc', '-b']);
check('lint', process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'lint', '--error-on-warnings', '.']);
check('shell', 'shellcheck', ['sonde', '.ci/run']);
for (const name of mode === 'soak' ? [...PROJECTS, ...LONG] : PROJECTS) await project(name);
rmSync(folder, { recursive: true, force: true });

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
