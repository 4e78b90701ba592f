// `sonde up` without the demo: what it watches over, what it does without rights, what it never looks at.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { free_port, run, Started, until } from './lib/process.ts';
import { nginx } from './lib/servers.ts';
import { ROOT, Stack } from './lib/stack.ts';

let folder: string;
let stack: Stack;
let up: Started | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-e2e-up-'));
  chmodSync(folder, 0o777);
  stack = new Stack();
  stack.port = await free_port();
});
afterEach(async () => {
  await up?.stop('SIGTERM');
  stack.remove();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (user: { uid?: number; gid?: number } = {}): Promise<Started> => {
  const args = ['up', '--data', join(folder, 'data'), '--listen', `127.0.0.1:${stack.port}`];
  const started = new Started('sonde up', process.execPath, [join(ROOT, 'dist/launcher.mjs'), ...args], user);
  up = started;
  await until(
    'sonde is up',
    async () => {
      if (started.done) throw new Error(started.output);
      return started.output.includes('Ctrl-C stops everything') || undefined;
    },
    60_000,
  );
  return started;
};
const pid_of = (role: string): number | undefined => {
  const state = JSON.parse(readFileSync(join(folder, 'data/launcher.json'), 'utf8')) as {
    children: { role: string; process: { pid: number } }[];
  };
  return state.children.find((child) => child.role === role)?.process.pid;
};

it.each(['server', 'agent'])('starts a %s that died again', async (role) => {
  await start();
  const first = pid_of(role);
  process.kill(first ?? 0, 'SIGKILL');
  await until(`another ${role}`, async () => {
    const pid = pid_of(role);
    return pid !== undefined && pid !== first && (await stack.status()) ? pid : undefined;
  });
  expect(up?.output).toContain(`${role} ended (SIGKILL), starts again`);
  expect(await up?.stop('SIGTERM')).toBe(0);
});

it('without root the page runs and says what is missing', async () => {
  const nobody = (flag: string): number => Number(execFileSync('id', [flag, 'nobody']));
  await start({ uid: nobody('-u'), gid: nobody('-g') });
  expect(up?.output).toContain('agent is up but sees nothing: no_ebpf');
  const [agent] = (await stack.status())?.agents ?? [];
  expect(agent?.state).toBe('no_ebpf');
  expect(agent?.problems.join()).toMatch(/root|CAP_BPF/);
  expect((await fetch(stack.url)).status).toBe(200);
});

it('stops in the middle of a load, and a later start has every request once', async () => {
  const web = await nginx();
  await start();
  await stack.settings({ throttle_rows_s: 1_000_000 });
  const client = join(ROOT, 'e2e/clients/http.mjs');
  await run('node', [client, String(web.port), '20', '3000', '3000']);
  expect(await up?.stop('SIGINT')).toBe(0);
  await start();
  const where = `server_port = ${web.port} AND observation_point = 's-p'`;
  expect(await stack.number(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${where}`, 'flow_log')).toBe(3000);
  expect(await stack.number(`SELECT Sum(request) AS n FROM application_map WHERE ${where}`)).toBe(3000);
  await web.stop();
});

it('never looks at itself', async () => {
  await start();
  for (let i = 0; i < 20; i++) await stack.status();
  await new Promise((done) => setTimeout(done, 7000));
  const own = `server_port = ${stack.port}`;
  expect(await stack.number(`SELECT Sum(request) AS n FROM application_map WHERE ${own}`)).toBe(0);
  expect(await stack.number(`SELECT Count(row) AS n FROM l7_flow_log WHERE ${own}`, 'flow_log')).toBe(0);
});
