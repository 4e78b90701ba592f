// `sonde test` and `sonde soak`: every project from fast to slow, then one closing line summed over all of them.
//   node launcher/test.mjs test|soak [PROJECT ...]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PROJECTS = ['fast', 'store', 'kernel', 'browser', 'e2e'];
/** Runs of minutes and more. */
const LONG = ['soak'];

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
const heading = (name) => process.stdout.write(`\n== ${name}\n`);

/** A check that is not made of tests counts as one. */
const check = (name, file, args) => {
  if (!wanted(name)) return;
  heading(name);
  if (run(file, args) === 0) total.passed++;
  else total.failed++;
};

const project = (name) => {
  if (!wanted(name)) return;
  heading(name);
  const report = join(folder, `${name}.json`);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const code = run(process.execPath, [
    vitest,
    'run',
    '--project',
    name,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
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
for (const name of mode === 'soak' ? [...PROJECTS, ...LONG] : PROJECTS) project(name);
rmSync(folder, { recursive: true, force: true });

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
