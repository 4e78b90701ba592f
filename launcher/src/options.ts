// Options of `up`, `status` and `down`.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Problem } from './problem.ts';

export const DEFAULT_LISTEN = '127.0.0.1:20416';

/** /var/lib/sonde for root, else a folder of the user. */
export const default_data = (): string => (process.getuid?.() === 0 ? '/var/lib/sonde' : join(homedir(), '.sonde'));

export interface Options {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly token_file: string | undefined;
  readonly agent: boolean;
  readonly demo: boolean;
  /** Passed on to the agent as they are. */
  readonly ring_bytes: string | undefined;
}

const FLAGS = {
  data: { type: 'string' },
  listen: { type: 'string' },
  'token-file': { type: 'string' },
  'no-agent': { type: 'boolean' },
  'ring-bytes': { type: 'string' },
  demo: { type: 'boolean' },
} as const;

export const read_options = (args: readonly string[]): Options => {
  const values = read_flags(args);
  const [host, port] = split_listen(values.listen ?? DEFAULT_LISTEN);
  return {
    data: resolve(values.data ?? default_data()),
    host,
    port,
    token_file: values['token-file'] === undefined ? undefined : resolve(values['token-file']),
    agent: values['no-agent'] !== true,
    demo: values.demo === true,
    ring_bytes: values['ring-bytes'],
  };
};

const read_flags = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new Problem(`${error instanceof Error ? error.message : error} (see ./sonde --help)`, 2);
  }
};

/** HOST:PORT, [IPv6]:PORT. */
const split_listen = (text: string): [string, number] => {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) throw new Problem(`--listen wants HOST:PORT, not "${text}"`, 2);
  return [match[1] ?? match[2] ?? '', port];
};

/** Where this host reaches the server. */
export const local_url = (host: string, port: number): string => {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};
