// What the server is told at start.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { read_sources, SourcesError } from './controller/sources/config.ts';
import type { SourcesFile } from './controller/sources/index.ts';

export interface ServerConfig {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  /** Bearer token that every request must carry; '' = none, allowed on loopback only. */
  readonly token: string;
  /** The page's files. */
  readonly web: string;
  readonly disk: DiskLimits;
  /** Where resources come from. */
  readonly sources: SourcesFile;
}

export interface DiskLimits {
  /** Below this much free space the oldest partitions go. */
  readonly free_bytes_early: number;
  /** Below this much nothing is taken in: even dropping a partition needs some space. */
  readonly free_bytes_min: number;
  /** Rows' bytes on disk kept at most; 0 = as the disk allows. */
  readonly data_bytes_max: number;
}

export interface ServerArguments {
  readonly data: string;
  readonly listen: string;
  readonly tokenFile?: string;
  readonly web?: string;
  readonly dataBytesMax?: string;
  readonly freeBytesMin?: string;
  readonly sources?: string;
}

/** A mistake of the caller: one sentence, exit code 2. */
export class ConfigError extends Error {}

const FREE_BYTES_MIN = 512 * 1024 * 1024;
/** The guard begins early: merges need room for a part beside the parts they replace. */
const EARLY_FACTOR = 4;

export function server_config(args: ServerArguments, here: string): ServerConfig {
  const { host, port } = parse_listen(args.listen);
  const token = args.tokenFile === undefined ? '' : read_token(args.tokenFile);
  if (token === '' && !is_loopback(host)) {
    throw new ConfigError(
      `${host} is not a loopback address: everybody who reaches it could read everything. Give --token-file FILE, or listen on 127.0.0.1.`,
    );
  }
  const free_bytes_min = parse_bytes('--free-bytes-min', args.freeBytesMin) ?? FREE_BYTES_MIN;
  return {
    data: args.data,
    host,
    port,
    token,
    web: args.web ?? join(here, 'web'),
    sources: sources_of(args),
    disk: {
      free_bytes_min,
      free_bytes_early: free_bytes_min * EARLY_FACTOR,
      data_bytes_max: parse_bytes('--data-bytes-max', args.dataBytesMax) ?? 0,
    },
  };
}

/** HOST:PORT, [v6]:PORT or PORT. */
function parse_listen(listen: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new ConfigError(`--listen takes HOST:PORT, not ${listen}.`);
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}

export const is_loopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

function read_token(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`The token file ${path} cannot be read: ${(error as Error).message}.`);
  }
  if (!/^[\x21-\x7e]{16,512}$/.test(token)) {
    throw new ConfigError(`The token in ${path} must be 16 to 512 printable characters without spaces.`);
  }
  return token;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

function parse_bytes(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,15})([KMGT]?)$/i.exec(text);
  if (match === null) throw new ConfigError(`${name} takes a number of bytes, also with K, M, G or T, not ${text}.`);
  return Number(match[1]) * UNITS[(match[2] ?? '').toUpperCase()]!;
}

/** The file given, else the one in the data folder, if it is there. Broken at the start it is a mistake of the caller. */
function sources_of(args: ServerArguments): SourcesFile {
  const file = { path: args.sources ?? join(args.data, 'sources.yaml'), must_exist: args.sources !== undefined };
  try {
    read_sources(file.path, file.must_exist);
    return file;
  } catch (error) {
    if (error instanceof SourcesError) throw new ConfigError(error.message);
    throw error;
  }
}
