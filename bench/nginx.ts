// What the agent costs a busy nginx: requests/s at saturation and latency at a constant rate, without and with the agent,
// in turns within one run; CPU-seconds a million requests, nginx and agent apart. The agent is held to one core.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../e2e/lib/process.ts';
import { nginx } from '../e2e/lib/servers.ts';
import { ROOT, Stack } from '../e2e/lib/stack.ts';
import { median, print_goal, print_runs } from './lib/report.ts';

const ROUNDS = Number(process.env.SONDE_BENCH_ROUNDS ?? 3);
const SECONDS = 8;
const RATE = 2000;
const CONNECTIONS = 50;
const TICKS = 100;

const cpu_s = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS;
  }, 0);
const children = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((tid) =>
    readFileSync(`/proc/${pid}/task/${tid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );

interface Turn {
  requests_s: number;
  p99_us: number;
  nginx_cpu: number;
  agent_cpu: number;
}

const server = await nginx();
const stack = new Stack();
const web_pids = [server.process.pid, ...children(server.process.pid)];

/** nginx and its clients on one core, agent and server on the other, in every turn. */
const [BUSY_CORE, AGENT_CORE] = [0, Math.min(1, cpus().length - 1)];
const hold = (pids: readonly number[], core: number): void => {
  for (const pid of pids) execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
};
const on_busy_core = (file: string, args: readonly string[]): Promise<string> =>
  run('taskset', ['-c', String(BUSY_CORE), file, ...args]);

const saturate = async (agent: number | undefined): Promise<Turn> => {
  const before = { web: cpu_s(web_pids), agent: agent ? cpu_s([agent]) : 0 };
  const text = await on_busy_core('wrk', [
    '-t',
    '1',
    '-c',
    String(CONNECTIONS),
    '-d',
    `${SECONDS}s`,
    '--latency',
    `http://127.0.0.1:${server.port}/ok/1`,
  ]);
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  const per_million = 1e6 / requests;
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  return {
    requests_s: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    p99_us: Number(value) * (unit === 's' ? 1e6 : unit === 'ms' ? 1e3 : 1),
    nginx_cpu: (cpu_s(web_pids) - before.web) * per_million,
    agent_cpu: agent ? (cpu_s([agent]) - before.agent) * per_million : 0,
  };
};

const constant = async (): Promise<number> => {
  const args = [`${ROOT}/e2e/clients/http.mjs`, String(server.port), '20', String(RATE * SECONDS), String(RATE)];
  return (JSON.parse(await on_busy_core('node', args)) as { p99: number }).p99;
};

const without: Turn[] = [];
const with_agent: Turn[] = [];
const calm: number[] = [];
const watched: number[] = [];
try {
  await stack.start();
  await stack.agent?.stop();
  hold(web_pids, BUSY_CORE);
  await saturate(undefined);
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await saturate(undefined));
    calm.push(await constant());
    await stack.start_agent();
    const agent = stack.agent?.pid ?? 0;
    hold([agent, stack.server?.pid ?? 0], AGENT_CORE);
    await sleep(2000);
    with_agent.push(await saturate(agent));
    watched.push(await constant());
    await stack.agent?.stop();
  }
} finally {
  await stack.stop();
  await server.stop();
  stack.remove();
}

const loss = without.map((turn, i) => (with_agent[i]!.requests_s / turn.requests_s - 1) * 100);
const slower = calm.map((p99, i) => (watched[i]! / p99 - 1) * 100);
process.stdout.write('nginx and its client share one core, agent and server the other\n');
print_runs(
  'saturation, without the agent',
  'requests/s',
  without.map((t) => t.requests_s),
  0,
);
print_runs(
  'saturation, with the agent',
  'requests/s',
  with_agent.map((t) => t.requests_s),
  0,
);
print_runs('saturation, change', '%', loss);
print_runs(
  'nginx without',
  'CPU-s/million',
  without.map((t) => t.nginx_cpu),
);
print_runs(
  'nginx with',
  'CPU-s/million',
  with_agent.map((t) => t.nginx_cpu),
);
print_runs(
  'agent',
  'CPU-s/million',
  with_agent.map((t) => t.agent_cpu),
);
print_runs(`p99 at ${RATE} requests/s, without`, 'us', calm, 0);
print_runs(`p99 at ${RATE} requests/s, with`, 'us', watched, 0);
print_goal({
  text: `nginx at saturation ${median(loss).toFixed(1)} %, goal better than -20 %`,
  met: median(loss) > -20,
});
print_goal({
  text: `p99 at a constant rate ${median(slower).toFixed(1)} %, goal within 3 %`,
  met: median(slower) <= 3,
});
