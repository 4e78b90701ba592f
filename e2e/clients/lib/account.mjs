// What a client of the tests did, in its own count: printed as JSON when it is done, and compared with Sonde's rows.
import { subscribe } from 'node:diagnostics_channel';

const ports = [];
const counts = new Map();
const behind = new Map();

// Every TCP connection that this process opens, whichever library opens it.
subscribe('net.client.socket', ({ socket }) => socket.once('connect', () => ports.push(socket.localPort)));

/** A port that another process of the client has. */
export const opened = (port) => ports.push(port);

const add = (to, [request_type, request_resource = '', outcome = 'ok', code = null, times = 1, note = '']) => {
  const key = JSON.stringify({ request_type, request_resource, outcome, code, note });
  to.set(key, (to.get(key) ?? 0) + times);
};

/**
 * `times` requests of one kind, all with the same outcome: 'ok', 'client_error', 'server_error' and perhaps a code. `note`:
 * what else their rows show (see key_of in e2e/lib/live.ts).
 */
export const did = (...what) => add(counts, what);

/** The same of what a proxy had to ask the server behind it. */
export const beside = (...what) => add(behind, what);

/** What was done until now was before the agent. */
export const forget = () => {
  counts.clear();
  behind.clear();
};

/** Says that all connections stand, then waits until the agent runs. */
export const ready = async () => {
  const go = new Promise((done) => process.once('SIGUSR2', done));
  const alive = setInterval(() => undefined, 1000);
  console.log('ready');
  await go;
  clearInterval(alive);
};

export const tell = () => {
  const rows_of = (from) => [...from].filter(([, n]) => n !== 0).map(([key, n]) => ({ ...JSON.parse(key), n }));
  const account = { ports, rows: rows_of(counts), behind: rows_of(behind) };
  process.stdout.write(`${JSON.stringify(account)}\n`, () => process.exit(0));
};
