import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { local_url, read_options } from './options.ts';
import { Problem } from './problem.ts';
import { is_alive, read_state, remove_state, running, write_state } from './state.ts';
import { Watched } from './watched.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-launcher-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('options', () => {
  it('splits addresses of both families', () => {
    expect(read_options(['--listen', '127.0.0.1:80'])).toMatchObject({ host: '127.0.0.1', port: 80 });
    expect(read_options(['--listen', '[::1]:65535'])).toMatchObject({ host: '::1', port: 65_535 });
    expect(local_url('::', 80)).toBe('http://[::1]:80');
    expect(local_url('0.0.0.0', 80)).toBe('http://127.0.0.1:80');
  });

  it.each([['--listen', 'x'], ['--listen', '127.0.0.1:0'], ['--listen', '127.0.0.1:70000'], ['--what'], ['stray']])(
    'refuses %s %s as wrong use',
    (...args) => {
      const refusal = (): unknown => {
        try {
          return read_options(args);
        } catch (error) {
          return error;
        }
      };
      expect(refusal()).toBeInstanceOf(Problem);
      expect((refusal() as Problem).exit_code).toBe(2);
    },
  );
});

describe('state', () => {
  it('comes back as written; half a file is none', () => {
    const state = { launcher: running(process.pid), url: 'http://127.0.0.1:1', children: [] };
    write_state(folder, state);
    expect(read_state(folder)).toEqual(state);
    writeFileSync(join(folder, 'launcher.json'), '{"launcher":');
    expect(read_state(folder)).toBeUndefined();
    remove_state(folder);
    expect(read_state(folder)).toBeUndefined();
  });

  it('tells a process from a later one of the same number, and from a dead one', async () => {
    expect(is_alive(running(process.pid))).toBe(true);
    expect(is_alive({ pid: process.pid, started: '1' })).toBe(false);
    const child = spawn('sleep', ['60']);
    const seen = running(child.pid ?? 0);
    expect(is_alive(seen)).toBe(true);
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
    expect(is_alive(seen)).toBe(false);
  });
});

describe('a watched process', () => {
  const watch = (script: string) => {
    const changes: string[] = [];
    let wake: () => void = () => undefined;
    const watched = new Watched(
      { role: 'test', file: 'sh', args: ['-c', script], log: join(folder, 'log') },
      (_, what) => {
        changes.push(what);
        wake();
      },
    );
    const until = async (count: number): Promise<void> => {
      while (changes.length < count) {
        await new Promise<void>((done) => {
          wake = done;
        });
      }
    };
    return { watched, changes, until };
  };

  it('starts again when it dies, and keeps what it said', async () => {
    const { watched, changes, until } = watch('echo words; exit 3');
    watched.start();
    await until(3);
    expect(changes).toEqual(['started', 'ended (exit code 3), starts again in 0.5 s', 'started']);
    expect(watched.tail(1)).toEqual(['words']);
    await watched.stop(5000);
  });

  it('stops when asked, or is killed when it does not listen', async () => {
    const { watched, changes, until } = watch('trap "" TERM; echo deaf; while :; do sleep 0.1; done');
    watched.start();
    await until(1);
    while (!readFileSync(join(folder, 'log'), 'utf8').includes('deaf'))
      await new Promise((done) => setTimeout(done, 20));
    const { pid } = watched;
    await watched.stop(200);
    expect(changes).toEqual(['started']);
    expect(is_alive(running(pid ?? 0))).toBe(false);
  });
});
