// `sonde down`: stops what `up` started on a data folder, in the order in which nothing is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Options } from './options.ts';
import { Problem } from './problem.ts';
import { is_alive, read_state, remove_state, type Running } from './state.ts';

const STOP_MS_MAX = 120_000;
const CHILD_STOP_MS_MAX = 45_000;

export const down = async (options: Options): Promise<void> => {
  const state = read_state(options.data);
  if (!state) {
    process.stdout.write(`sonde: nothing runs on ${options.data}\n`);
    return;
  }
  if (is_alive(state.launcher)) await stop(state.launcher, STOP_MS_MAX);
  // What a launcher that was killed left behind.
  for (const child of state.children) if (is_alive(child.process)) await stop(child.process, CHILD_STOP_MS_MAX);
  remove_state(options.data);
  process.stdout.write('sonde: stopped\n');
};

const stop = async (target: Running, patience_ms: number): Promise<void> => {
  try {
    process.kill(target.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new Problem(`may not stop process ${target.pid}: it belongs to another user`);
  }
  const end = Date.now() + patience_ms;
  while (is_alive(target)) {
    if (Date.now() > end) throw new Problem(`process ${target.pid} did not stop within ${patience_ms / 1000} s`);
    await sleep(50);
  }
};
