// A live proof: what clients say that they did is what Sonde has of their connections, at both ends, and nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Started, until } from './process.ts';
import { ROOT, type Stack } from './stack.ts';

export const POINTS = ['c-p', 's-p'] as const;

/** `response_status` by the words of clients. */
const OUTCOMES: Readonly<Record<string, number>> = { ok: 0, timeout: 2, server_error: 3, client_error: 4, unknown: 5 };
const PAIRED = 2;

/** Requests of one kind with one outcome. */
export interface Told {
  readonly request_type: string;
  readonly request_resource: string;
  readonly outcome: string;
  readonly code: number | null;
  /** What else is not as usual: see `key_of`. */
  readonly note: string;
  readonly n: number;
}

/** What a client says of itself: the ports that its connections had, and what it did over them. */
export interface Account {
  readonly ports: readonly number[];
  readonly rows: readonly Told[];
  /** What a server that hands requests on had to ask of the one behind it. */
  readonly behind?: readonly Told[];
}

const clients = new Set<Started>();

/** Ends what a broken test left. */
export const stop_clients = async (): Promise<void> => {
  for (const one of clients) await one.stop('SIGKILL');
};

/** What runs a program under e2e/clients, and the signal that lets it go on. */
const runner_of = (name: string): { file: string; args: string[]; signal: NodeJS.Signals } => {
  const path = `${ROOT}/e2e/clients/${name}`;
  if (name.endsWith('.py')) return { file: '/usr/bin/python3', args: [path], signal: 'SIGUSR2' };
  if (!name.endsWith('.java')) return { file: process.execPath, args: [`${path}.mjs`], signal: 'SIGUSR2' };
  // SIGUSR2 is the virtual machine's own.
  return { file: 'java', args: ['-Xmx256m', '-cp', '/usr/share/activemq/lib/*', path], signal: 'SIGHUP' };
};

/** A program under e2e/clients that counts by itself. */
export class Client {
  private readonly started: Started;
  private readonly signal: NodeJS.Signals;

  constructor(name: string, ...args: (string | number)[]) {
    const runner = runner_of(name);
    this.started = new Started(name, runner.file, [...runner.args, ...args.map(String)]);
    this.signal = runner.signal;
    clients.add(this.started);
  }

  /** Its connections stand. */
  async ready(): Promise<void> {
    await until(`${this.started.name} is ready`, async () => {
      if (this.started.done) throw new Error(this.started.output);
      return this.started.output.includes('ready') || undefined;
    });
  }

  /** Lets a client that is ready go on, and waits for its account. */
  async go(): Promise<Account> {
    this.started.child.kill(this.signal);
    return this.account();
  }

  async account(): Promise<Account> {
    const how = await this.started.ended;
    const { name, output } = this.started;
    if (how !== 0) throw new Error(`${name} ended with ${how}:\n${output}`);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Account;
  }
}

export const client = (name: string, ...args: (string | number)[]): Promise<Account> =>
  new Client(name, ...args).account();

export const sum_of = (rows: readonly Told[], matches: (row: Told) => boolean = () => true): number =>
  rows.filter(matches).reduce((sum, { n }) => sum + n, 0);

/** Rows that must come: of the clients with these ports, or of all when left out. */
export interface Expected {
  readonly port: number;
  readonly clients?: readonly number[];
  readonly n: number;
}

/** Waits until all of them are there at each end and no more come. */
export const settled = async (stack: Stack, expected: readonly Expected[]): Promise<void> => {
  const enough = expected.reduce((sum, { n }) => sum + n, 0);
  const parts = expected.map(({ port, clients }) => {
    const of_clients = clients === undefined ? '' : ` AND client_port IN (${clients.join()})`;
    return `(server_port = ${port}${of_clients})`;
  });
  const look = (point: string): Promise<number> =>
    stack.number(
      `SELECT Count(row) AS n FROM l7_flow_log WHERE observation_point = '${point}' AND (${parts.join(' OR ')})`,
      'flow_log',
    );
  const both = async (): Promise<number[]> => Promise.all(POINTS.map(look));
  // When too few come, the comparison says which are missing.
  await until('rows', async () => ((await both()).every((n) => n >= enough) ? true : undefined), 20_000).catch(
    () => undefined,
  );
  let before = await both();
  await until('no more rows come', async () => {
    await sleep(2500);
    const now = await both();
    const quiet = now.every((n, i) => n === before[i]);
    before = now;
    return quiet || undefined;
  });
};

export type Counts = Record<string, number>;

/** One kind of rows in words; `note` names another protocol than the server's, and rows that are half of a pair. */
const key_of = (type: string, resource: string, outcome: string, code: number | null, note: string): string =>
  `${type} ${resource} -> ${outcome}${code === null ? '' : ` ${code}`}${note === '' ? '' : ` (${note})`}`;

export const told = (rows: readonly Told[]): Counts => {
  const counts: Counts = {};
  for (const { request_type, request_resource, outcome, code, note, n } of rows) {
    const key = key_of(request_type, request_resource, outcome, code, note);
    counts[key] = (counts[key] ?? 0) + n;
  }
  return counts;
};

export interface Where {
  readonly port: number;
  readonly point: string;
  /** Ports of the client; all when left out. */
  readonly clients?: readonly number[];
  /** `l7_protocol` that rows must have, or else it stands in their key. */
  readonly protocol: number;
}

/** The rows in the words of accounts; what is not as it should be (another protocol, half of a pair) stands in the key. */
export const stored = async (stack: Stack, { port, point, clients, protocol }: Where): Promise<Counts> => {
  const columns = 'l7_protocol, type, request_type, request_resource, response_status, response_code';
  const of_clients = clients === undefined ? '' : ` AND client_port IN (${clients.join()})`;
  const rows = await stack.rows(
    `SELECT ${columns}, Count(row) AS n FROM l7_flow_log WHERE server_port = ${port} AND observation_point = '${point}'${of_clients} GROUP BY ${columns} LIMIT 10000`,
    'flow_log',
  );
  const counts: Counts = {};
  for (const row of rows) {
    const outcome = Object.entries(OUTCOMES).find(([, id]) => id === row.response_status)?.[0] ?? row.response_status;
    const foreign = row.l7_protocol === protocol ? [] : [`protocol ${row.l7_protocol}`];
    const half = row.type === PAIRED ? [] : [`type ${row.type}`];
    const note = [...foreign, ...half].join(', ');
    const code = row.response_code === null ? null : Number(row.response_code);
    // Where in a log a client reads is its library's own business.
    const resource = String(row.request_resource).replace(/^(\w+)-\d+:\d+$/, '$1');
    const key = key_of(String(row.request_type), resource, String(outcome), code, note);
    counts[key] = (counts[key] ?? 0) + Number(row.n);
  }
  return counts;
};

export interface Sums {
  readonly requests: number;
  readonly client_errors: number;
  readonly server_errors: number;
}

/** The same server in the metrics. */
export const metrics = async (stack: Stack, port: number, point: string): Promise<Sums> => {
  const [row] = await stack.rows(
    `SELECT Sum(request) AS requests, Sum(client_error) AS client_errors, Sum(server_error) AS server_errors FROM application_map WHERE server_port = ${port} AND observation_point = '${point}'`,
  );
  return row as unknown as Sums;
};

export interface Proof {
  readonly port: number;
  readonly point: string;
  readonly protocol: number;
  readonly accounts: readonly Account[];
  /** The server has further clients, whose rows are not looked at. */
  readonly others?: boolean;
}

/** One server's accounts against everything that Sonde has of its port. */
export const proved = async (stack: Stack, { port, point, protocol, accounts, others }: Proof): Promise<void> => {
  for (const [i, { ports, rows }] of accounts.entries()) {
    expect(await stored(stack, { port, point, clients: ports, protocol }), `client ${i} at ${point}`).toEqual(
      told(rows),
    );
  }
  if (others === true) return;
  const rows = accounts.flatMap((account) => account.rows);
  // Nobody else's, and the same in the metrics.
  const everything = await stored(stack, { port, point, protocol });
  expect(Object.values(everything).reduce((a, b) => a + b, 0)).toBe(sum_of(rows));
  await summed(stack, port, point, rows);
};

/** The server behind the one that was asked: all its rows are what the accounts say of it. */
export const proved_behind = async (
  stack: Stack,
  { port, point, protocol, accounts }: Omit<Proof, 'others'>,
): Promise<void> => {
  const rows = accounts.flatMap(({ behind }) => behind ?? []);
  expect(await stored(stack, { port, point, protocol }), `behind, at ${point}`).toEqual(told(rows));
  await summed(stack, port, point, rows);
};

const summed = async (stack: Stack, port: number, point: string, rows: readonly Told[]): Promise<void> =>
  expect(await metrics(stack, port, point)).toEqual({
    requests: sum_of(rows),
    client_errors: sum_of(rows, ({ outcome }) => outcome === 'client_error'),
    server_errors: sum_of(rows, ({ outcome }) => outcome === 'server_error'),
  });
