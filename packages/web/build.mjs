// Bundles the page: index.html, app.js (and chunks of views, loaded when opened), app.css, the layout engine's worker.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

/** @param {string} outdir emptied first @param {{minify?: boolean}} [options] */
export async function build_web(outdir, { minify = true } = {}) {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  await build({
    entryPoints: { app: join(here, 'src/main.tsx') },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    minify,
    sourcemap: !minify,
    chunkNames: '[name]-[hash]',
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await build({
    entryPoints: { app: join(here, 'src/styles/app.css') },
    outdir,
    bundle: true,
    minify,
    target: 'es2022',
    logLevel: 'warning',
  });
  await copyFile(join(here, 'index.html'), join(outdir, 'index.html'));
  await copyFile(require.resolve('elkjs/lib/elk-worker.min.js'), join(outdir, 'elk-worker.min.js'));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await build_web(process.argv[2] ?? join(here, '../../dist/web'), { minify: !process.argv.includes('--no-minify') });
