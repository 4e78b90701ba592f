// `sonde up`: server, then agent, then perhaps the demo; watched until Ctrl-C, stopped in the opposite order, so that
// what was captured is stored first.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { server_status } from './api.ts';
import { demo_commands, type Demo } from './demo.ts';
import { local_url, type Options } from './options.ts';
import { Problem } from './problem.ts';
import { is_alive, read_state, remove_state, running, write_state } from './state.ts';
import { type Command, Watched } from './watched.ts';

const SERVER_START_MS_MAX = 60_000;
const AGENT_START_MS_MAX = 20_000;
/** The agent flushes its windows and waits for acknowledgements; the server finishes inserts. */
const STOP_MS_MAX = { demo: 5000, agent: 30_000, server: 60_000 } as const;

const say = (line: string): void => void process.stdout.write(`sonde: ${line}\n`);

/** Folder of the bundles, beside this one. */
const DIST = import.meta.dirname;

export class Up {
  readonly #options: Options;
  readonly #url: string;
  /** In the order in which they are stopped. */
  #watched: Watched[] = [];
  #demo: Demo | undefined;
  #stopping = false;
  /** The server has answered: from now on a death is news, before it is the failure of the start. */
  #serving = false;

  constructor(options: Options) {
    this.#options = options;
    this.#url = local_url(options.host, options.port);
  }

  /** Resolves when everything runs; throws a Problem after stopping what had started. */
  async start(): Promise<void> {
    const { options } = { options: this.#options };
    this.#refuse_second();
    this.#refuse_unwritable();
    await refuse_taken(options.host, options.port);
    this.#write_state();
    try {
      await this.#start_server();
      this.#serving = true;
      say(`page at ${this.#url}`);
      if (options.agent) await this.#start_agent();
      if (options.demo) await this.#start_demo();
    } catch (error) {
      await this.stop();
      throw error;
    }
    say('Ctrl-C stops everything');
  }

  /** Agent first: it hands over what it holds while the server still takes it. */
  async stop(): Promise<void> {
    if (this.#stopping) {
      for (const watched of this.#watched) watched.kill();
      return;
    }
    this.#stopping = true;
    for (const watched of this.#watched) {
      const { role } = watched.command;
      await watched.stop(role === 'server' || role === 'agent' ? STOP_MS_MAX[role] : STOP_MS_MAX.demo);
    }
    this.#demo?.clean();
    remove_state(this.#options.data);
  }

  #refuse_second(): void {
    const { data } = this.#options;
    const state = read_state(data);
    if (!state) return;
    if (is_alive(state.launcher)) {
      throw new Problem(
        `already running on ${data} (pid ${state.launcher.pid}, page at ${state.url}); ./sonde down stops it`,
      );
    }
    const left = state.children.filter((child) => is_alive(child.process));
    if (left.length === 0) return;
    const who = left.map((child) => `${child.role} ${child.process.pid}`).join(', ');
    throw new Problem(`a launcher that was killed left processes on ${data} (${who}); ./sonde down stops them`);
  }

  #refuse_unwritable(): void {
    const { data } = this.#options;
    try {
      make_folder(data);
      accessSync(data, constants.W_OK);
    } catch (error) {
      throw new Problem(
        `cannot write to ${data} (${(error as NodeJS.ErrnoException).code}); choose another with --data DIR`,
      );
    }
  }

  #start(command: Command): Watched {
    const watched = new Watched(command, (_, what) => {
      if (what !== 'started' && this.#serving) say(`${command.role} ${what}; its log is ${command.log}`);
      this.#write_state();
    });
    this.#watched.unshift(watched);
    watched.start();
    return watched;
  }

  async #start_server(): Promise<void> {
    const { data, host, port, token_file } = this.#options;
    const listen = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const args = [join(DIST, 'server.mjs'), '--data', join(data, 'server'), '--listen', listen];
    if (token_file !== undefined) args.push('--token-file', token_file);
    const server = this.#start({ role: 'server', file: process.execPath, args, log: join(data, 'log/server.log') });
    const end = Date.now() + SERVER_START_MS_MAX;
    while (!(await server_status(this.#url, token_file))) {
      if (server.last_end !== '') throw new Problem(`the server did not start: ${last_words(server)}`);
      if (Date.now() > end) throw new Problem(`the server does not answer at ${this.#url}: ${last_words(server)}`);
      await sleep(50);
    }
  }

  async #start_agent(): Promise<void> {
    const { data, token_file, ring_bytes } = this.#options;
    const args = [join(DIST, 'agent.mjs'), '--server', this.#url, '--data', join(data, 'agent')];
    if (token_file !== undefined) args.push('--token-file', token_file);
    if (ring_bytes !== undefined) args.push('--ring-bytes', ring_bytes);
    const agent = this.#start({ role: 'agent', file: process.execPath, args, log: join(data, 'log/agent.log') });
    const end = Date.now() + AGENT_START_MS_MAX;
    while (Date.now() < end) {
      const status = await server_status(this.#url, token_file);
      const known = status?.agents.find((a) => a.pid === undefined || a.pid === agent.pid);
      if (known) {
        say(known.state === 'running' ? 'agent is watching this host' : `agent is up but sees nothing: ${known.state}`);
        for (const problem of known.problems) say(`  ${problem}`);
        return;
      }
      if (agent.last_end !== '') break;
      await sleep(100);
    }
    say(`the agent does not report: ${last_words(agent)}; the page works, ./sonde doctor says what is missing`);
  }

  async #start_demo(): Promise<void> {
    this.#demo = await demo_commands(join(this.#options.data, 'log'));
    for (const step of this.#demo.steps) {
      this.#start(step.command);
      await step.ready();
    }
    say(`demo shop at ${this.#demo.url}, its load generator's counts in ${this.#demo.counts}`);
  }

  #write_state(): void {
    const children = this.#watched.flatMap(({ command, pid }) =>
      pid === undefined ? [] : [{ role: command.role, process: running(pid) }],
    );
    write_state(this.#options.data, { launcher: running(process.pid), url: this.#url, children });
  }
}

/** Level by level: the recursive form never returns where the parent exists but takes no folder, as under /proc. */
const make_folder = (path: string): void => {
  if (existsSync(path)) return;
  make_folder(dirname(path));
  mkdirSync(path, { mode: 0o750 });
};

const last_words = (watched: Watched): string => {
  const lines = watched.tail(5).filter((line) => line !== '');
  return lines.length === 0 ? watched.last_end || 'no word from it' : lines.join('\n  ');
};

const refuse_taken = (host: string, port: number): Promise<void> =>
  new Promise((free, refused) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      const why = taken
        ? `${host}:${port} is taken by another program`
        : `cannot listen on ${host}:${port} (${error.code})`;
      refused(new Problem(`${why}; choose another address with --listen HOST:PORT`));
    });
    probe.listen(port, host, () => probe.close(() => free()));
  });
