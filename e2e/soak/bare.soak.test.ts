// A Debian that holds nothing but its minimal system and Node.js: a clone, one command, and the first map of the demo.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { free_port, run, Started, until } from '../lib/process.ts';
import { ROOT } from '../lib/stack.ts';

/** The design's goal from a clone to the first map, on a machine that does nothing else. */
const GOAL_S = 120;
const SUITE = 'bookworm';
const root = mkdtempSync(join(tmpdir(), 'sonde-bare-'));
let up: Started | undefined;

/** Where this machine's packages come from: the same place serves the bare one. */
const mirror = (): string => {
  const folder = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...readdirSync(folder).map((name) => join(folder, name))];
  const text = files
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const found = /^(?:URIs:|deb(?: \[[^\]]*\])?) *(\S+)/m.exec(text);
  if (found === null) throw new Error('no Debian mirror in the sources of apt');
  return found[1]!;
};

/** Copies what makes this machine's package clients work, where it exists. */
const copy = (path: string, to = path): void => {
  if (!existsSync(path)) return;
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(path, join(root, to), { recursive: true, dereference: true });
};

beforeAll(async () => {
  // It becomes a root folder that every user must enter.
  chmodSync(root, 0o755);
  await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', SUITE, root, mirror()]);
  rmSync(join(root, 'etc/apt/sources.list'), { force: true });
  for (const path of ['/etc/apt/sources.list', '/etc/apt/sources.list.d', '/etc/resolv.conf', '/etc/hosts']) copy(path);
  for (const name of readdirSync('/etc/apt/apt.conf.d')) {
    if (name.startsWith('99')) copy(`/etc/apt/apt.conf.d/${name}`);
  }
  copy('/etc/ssl/certs/ca-certificates.crt');
  copy(join(homedir(), '.npmrc'), '/root/.npmrc');
  copy('/usr/local/etc/npmrc');
  copy(process.execPath, '/usr/bin/node');
  const npm = (await run('readlink', ['-f', (await run('which', ['npm'])).trim()])).trim();
  copy(dirname(dirname(npm)), '/usr/lib/node_modules/npm');
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/bin/npm'));
  await run('git', ['clone', '-q', ROOT, join(root, 'root/sonde')]);
});
afterAll(async () => {
  await up?.stop('SIGINT');
  rmSync(root, { recursive: true, force: true });
});

it(`shows the demo's services within ${GOAL_S} s of the first command`, async () => {
  const port = await free_port();
  // Mounts of a namespace of its own end with it. Process ids are the host's: the kernel tells those.
  const script = join(root, 'root/start');
  writeFileSync(
    script,
    `set -e
mount -t proc proc ${root}/proc; mount --rbind /sys ${root}/sys; mount --rbind /dev ${root}/dev; mount -t tmpfs tmpfs ${root}/tmp
exec chroot ${root} /bin/sh -c 'cd /root/sonde && exec ./sonde up --demo --listen 127.0.0.1:${port}'`,
  );
  const began = performance.now();
  const started = new Started('up', 'unshare', ['-m', '--propagation', 'private', 'bash', script]);
  up = started;
  const sql = 'SELECT auto_service_1, Sum(request) AS n FROM application_map GROUP BY auto_service_1';
  const services = await until(
    'the services of the demo',
    async () => {
      if (started.done) throw new Error(`up ended:\n${started.output}`);
      const body = new URLSearchParams({ db: 'flow_metrics', sql });
      const answer = await fetch(`http://127.0.0.1:${port}/v1/query`, { method: 'POST', body }).catch(() => undefined);
      if (answer?.ok !== true) return undefined;
      const { result } = (await answer.json()) as { result: { values: [string, number][] } };
      const names = result.values.map(([name]) => name);
      return ['redis-server', 'postgres', 'gateway.mjs'].every((name) => names.includes(name)) ? names : undefined;
    },
    600_000,
  );
  const seconds = Math.round((performance.now() - began) / 1000);
  process.stdout.write(`bare Debian: ${services.length} services after ${seconds} s\n`);
  expect(seconds).toBeLessThan(GOAL_S);
  expect(await started.stop('SIGINT')).toBe(0);
  up = undefined;
});
