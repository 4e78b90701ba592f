// Builds everything into dist/: one bundle a program, the page, the kernel programs. `node build.mjs [NAME ...]` builds
// only those. npm packages stay outside of the bundles; what is ours goes inside.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(fileURLToPath(import.meta.url));
const DIST = join(ROOT, 'dist');

/** Program in dist/ -> its entry. */
const PROGRAMS = {
  launcher: 'launcher/src/main.ts',
  server: 'packages/server/src/main.ts',
  agent: 'packages/agent/src/main.ts',
  query: 'packages/server/src/cli/query.ts',
  replay: 'packages/agent/src/cli/replay/main.ts',
  doctor: 'packages/agent/src/cli/doctor/main.ts',
};

const bundle = (name) => ({
  name,
  needs: join(ROOT, PROGRAMS[name]),
  run: async () => {
    await build({
      entryPoints: [join(ROOT, PROGRAMS[name])],
      outfile: join(DIST, `${name}.mjs`),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'linked',
      logLevel: 'error',
      plugins: [OURS_INSIDE],
    });
  },
});

/** Bare names are npm packages and stay imports, except our own. */
const OURS_INSIDE = {
  name: 'ours-inside',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@sonde/') ? undefined : { path, external: true },
    );
  },
};

const web = {
  name: 'page',
  needs: join(ROOT, 'packages/web/build.mjs'),
  run: async () => {
    const { build_web } = await import(pathToFileURL(web.needs));
    await build_web(join(DIST, 'web'));
  },
};

const kernel = {
  name: 'kernel',
  needs: join(ROOT, 'packages/agent/bpf/build.sh'),
  run: () => {
    if (!existsSync('/usr/bin/clang')) return 'skipped: clang is missing, so the agent will see nothing';
    const { status } = spawnSync('sh', [kernel.needs, join(DIST, 'bpf')], { stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new Error('clang refused the kernel programs');
    return undefined;
  },
};

const steps = [...Object.keys(PROGRAMS).map(bundle), web, kernel];
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !steps.some((step) => step.name === name));
if (unknown !== undefined) throw new Error(`no step "${unknown}"; known: ${steps.map((step) => step.name).join(' ')}`);

mkdirSync(DIST, { recursive: true });
let failed = false;
for (const step of steps) {
  if (chosen.length > 0 && !chosen.includes(step.name)) continue;
  const began = performance.now();
  let note = '';
  try {
    if (existsSync(step.needs)) note = (await step.run()) ?? '';
    else note = 'skipped: not written yet';
  } catch (error) {
    failed = true;
    note = `failed: ${error.message}`;
  }
  const ms = Math.round(performance.now() - began);
  process.stdout.write(`sonde: build ${step.name.padEnd(9)} ${String(ms).padStart(5)} ms ${note}\n`);
}
process.exitCode = failed ? 1 : 0;
