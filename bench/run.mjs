// `sonde bench [NAME ...]`: each bench is bench/NAME.ts or bench/NAME/NAME.ts, a program that prints its table. Missed
// goals are the lines that hold the word MISSED; they are repeated at the end.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..');

const entry_of = (name) => [join(HERE, `${name}.ts`), join(HERE, name, `${name}.ts`)].find((path) => existsSync(path));
const known = readdirSync(HERE, { withFileTypes: true })
  .map((item) => item.name.replace(/\.ts$/, ''))
  .filter((name) => name !== 'lib' && entry_of(name) !== undefined);

const chosen = process.argv.slice(2);
if (chosen.includes('--help')) {
  process.stdout.write(`Usage: ./sonde bench [NAME ...]\nKnown: ${known.join(' ')}\n`);
  process.exit(0);
}
const wrong = chosen.find((name) => !known.includes(name));
if (wrong !== undefined) {
  process.stderr.write(`sonde: no bench "${wrong}"; known: ${known.join(' ')}\n`);
  process.exit(2);
}

const bundle = async (name) => {
  const outfile = join(ROOT, 'dist/bench', `${name}.mjs`);
  await build({
    entryPoints: [entry_of(name)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    plugins: [
      {
        name: 'ours-inside',
        setup: (build) => {
          build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@sonde/') ? undefined : { path, external: true },
          );
        },
      },
      {
        // Files beside a source are found from that source, not from the bundle.
        name: 'own-folder',
        setup: (build) => {
          build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return outfile;
};

const run = (file) =>
  new Promise((done) => {
    const child = spawn(process.execPath, [file], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.once('exit', (code) => done({ code, output }));
  });

let failed = false;
const missed = [];
for (const name of chosen.length > 0 ? chosen : known) {
  process.stdout.write(`\n== ${name}\n`);
  const { code, output } = await run(await bundle(name));
  if (code !== 0) failed = true;
  missed.push(
    ...output
      .split('\n')
      .filter((line) => line.includes('MISSED'))
      .map((line) => `${name}: ${line.trim()}`),
  );
}
if (missed.length > 0) process.stdout.write(`\nGoals that were missed:\n${missed.join('\n')}\n`);
process.exitCode = failed ? 1 : 0;
