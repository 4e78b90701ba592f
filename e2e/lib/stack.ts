// Sonde itself, as built: a server and an agent on a folder of their own.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { free_port, Started, until } from './process.ts';

export const ROOT = join(import.meta.dirname, '../..');

export interface Answer {
  columns: string[];
  values: (string | number | null)[][];
}

export interface Status {
  server: { problems: string[] };
  agents: {
    id: number;
    pid: number;
    state: string;
    problems: string[];
    counters: Record<string, number>;
    settings_version?: string;
  }[];
  drops: Record<string, number>;
  store: { bytes: number; tables: { database: string; table: string; rows: number; bytes: number }[] };
}

export class Stack {
  readonly folder = mkdtempSync(join(tmpdir(), 'sonde-e2e-'));
  readonly server_data: string;
  port = 0;
  server: Started | undefined;
  agent: Started | undefined;
  /** Further arguments of both programs. */
  server_args: string[] = [];
  agent_args: string[] = [];
  /** Of both programs' environment, beside this process's own. */
  env: Record<string, string> = {};

  /** `server_data`: where the server keeps its data, if not in the stack's own folder. */
  constructor(server_data?: string) {
    this.server_data = server_data ?? join(this.folder, 'server');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.port = await free_port();
    await this.start_server();
    await this.start_agent();
  }

  async start_server(): Promise<void> {
    mkdirSync(this.server_data, { recursive: true });
    const args = ['--data', this.server_data, '--listen', `127.0.0.1:${this.port}`, ...this.server_args];
    const server = new Started('server', process.execPath, [join(ROOT, 'dist/server.mjs'), ...args], { env: this.env });
    this.server = server;
    await until('the server answers', async () => {
      if (server.done) throw new Error(`the server ended:\n${server.output}`);
      return this.status();
    });
  }

  async start_agent(): Promise<void> {
    const args = ['--server', this.url, '--data', join(this.folder, 'agent'), ...this.agent_args];
    const agent = new Started('agent', process.execPath, [join(ROOT, 'dist/agent.mjs'), ...args], { env: this.env });
    this.agent = agent;
    await until(`the agent reports as running`, async () => {
      if (agent.done) throw new Error(`the agent ended:\n${agent.output}`);
      const known = (await this.status())?.agents.find(({ pid }) => pid === agent.pid);
      if (known && known.state !== 'running')
        throw new Error(`the agent is ${known.state}: ${known.problems.join('; ')}`);
      return known;
    });
  }

  async status(): Promise<Status | undefined> {
    try {
      const answer = await fetch(`${this.url}/api/v1/status`, { signal: AbortSignal.timeout(3000) });
      return answer.ok ? ((await answer.json()) as Status) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Changes some settings and waits until the agent has them. */
  async settings(change: Record<string, unknown>): Promise<void> {
    const url = `${this.url}/api/v1/settings`;
    const now = (await (await fetch(url)).json()) as { settings?: object; version?: string };
    const body = JSON.stringify({ ...(now.settings ?? now), ...change });
    const answer = await fetch(url, { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
    if (!answer.ok) throw new Error(`settings refused: ${await answer.text()}`);
    const { version } = (await answer.json()) as { version?: string };
    await until('the agent has the settings', async () => {
      const agents = (await this.status())?.agents ?? [];
      return version === undefined || agents.some((a) => a.settings_version === version) ? true : undefined;
    });
  }

  /** A statement of the dialect. */
  async query(sql: string, db = 'flow_metrics', data_precision?: string): Promise<Answer> {
    const body = JSON.stringify({ db, sql, ...(data_precision === undefined ? {} : { data_precision }) });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.url}/v1/query`, { method: 'POST', body, headers });
    const text = await answer.text();
    const { OPT_STATUS, DESCRIPTION, result } = JSON.parse(text) as {
      OPT_STATUS: string;
      DESCRIPTION: string;
      result: Answer;
    };
    if (OPT_STATUS !== 'SUCCESS') throw new Error(`${sql}\n${OPT_STATUS}: ${DESCRIPTION}`);
    return result;
  }

  /** Rows as objects. */
  async rows(sql: string, db?: string, data_precision?: string): Promise<Record<string, string | number | null>[]> {
    const { columns, values } = await this.query(sql, db, data_precision);
    return values.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null])));
  }

  /** Answer of another door that takes and gives JSON. */
  async post(path: string, body: object): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  }

  async number(sql: string, db?: string, data_precision?: string): Promise<number> {
    const { values } = await this.query(sql, db, data_precision);
    return Number(values[0]?.[0] ?? 0);
  }

  async stop(): Promise<void> {
    await this.agent?.stop();
    await this.server?.stop();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
