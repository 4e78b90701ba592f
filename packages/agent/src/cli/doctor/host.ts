// What the host allows beside the kernel: versions, libraries, disk, the port, the server.
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Finding } from '../../kernel/probe.ts';

const NODE_MAJOR_MIN = 20;
const DISK_FREE_BYTES_MIN = 2e9;
const LIBRARY_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/lib/x86_64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
];

export const node_version = (): Finding => {
  const enough = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN;
  return {
    name: 'node',
    ok: enough ? 'ok' : 'fail',
    text: `Node.js ${process.versions.node}`,
    ...(enough ? {} : { way_out: `install Node.js ${NODE_MAJOR_MIN} or newer` }),
  };
};

/** Programs and libraries that the build and the agent use, and the Debian package that brings each. */
const NEEDED: readonly { name: string; files: readonly string[]; package: string; why: string }[] = [
  { name: 'clang', files: ['/usr/bin/clang'], package: 'clang', why: 'builds the kernel programs' },
  {
    name: 'bpf headers',
    files: ['/usr/include/bpf/bpf_helpers.h'],
    package: 'libbpf-dev',
    why: 'builds the kernel programs',
  },
  {
    name: 'libelf',
    files: LIBRARY_FOLDERS.map((folder) => `${folder}/libelf.so.1`),
    package: 'libelf1',
    why: 'loads the kernel programs',
  },
];
export const libraries = (): Finding[] =>
  NEEDED.map(({ name, files, package: debian, why }) => {
    const found = files.find((file) => existsSync(file));
    if (found) return { name, ok: 'ok', text: found };
    return { name, ok: 'fail', text: `missing; it ${why}`, way_out: `apt-get install ${debian}` };
  });

export const data_folder = (data: string): Finding[] => {
  let folder = data;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const findings: Finding[] = [];
  try {
    accessSync(folder, constants.W_OK);
    findings.push({ name: 'data', ok: 'ok', text: `${data} can be written` });
  } catch {
    findings.push({
      name: 'data',
      ok: 'fail',
      text: `${folder} cannot be written`,
      way_out: 'choose another with --data DIR',
    });
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const text = `${(free / 1e9).toFixed(1)} GB free under ${folder}`;
  if (free >= DISK_FREE_BYTES_MIN) findings.push({ name: 'disk', ok: 'ok', text });
  else
    findings.push({
      name: 'disk',
      ok: 'warn',
      text,
      way_out: 'oldest data is dropped early when it gets full; free some',
    });
  return findings;
};

/** Whether the server answers; when it does not, whether its address is free. */
export const server = async (host: string, port: number): Promise<Finding> => {
  const url = `http://${host}:${port}`;
  try {
    const answer = await fetch(`${url}/api/v1/status`, { signal: AbortSignal.timeout(2000) });
    if (answer.ok) return { name: 'server', ok: 'ok', text: `answers at ${url}` };
    if (answer.status === 401) return { name: 'server', ok: 'ok', text: `answers at ${url}, and wants a token` };
    return {
      name: 'server',
      ok: 'fail',
      text: `${url} is something else: HTTP ${answer.status}`,
      way_out: `start Sonde with --listen and another port`,
    };
  } catch {
    const code = await listen_error(host, port);
    if (code === undefined) return { name: 'server', ok: 'ok', text: `not running; ${host}:${port} is free for it` };
    return {
      name: 'server',
      ok: 'fail',
      text: `${host}:${port} cannot be used (${code}) and nobody answers HTTP there`,
      way_out: 'start with --listen HOST:PORT',
    };
  }
};

const listen_error = (host: string, port: number): Promise<string | undefined> =>
  new Promise((done) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => done(undefined)));
  });
