// Command line of `sonde agent`.
import { Command, InvalidArgumentError } from 'commander';

export interface Config {
  readonly server: string;
  readonly data: string;
  readonly token_file: string | undefined;
  readonly ring_bytes: number;
  readonly object: string;
  readonly spool_bytes_max: number;
  readonly memory_bytes_max: number;
  /** Share of one core that draining and parsing may use, 0.05 to 1. */
  readonly cpu_share_max: number;
  readonly ignore_pids: readonly number[];
}

function number_between(min: number, max: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`a number from ${min} to ${max} is needed`);
    return value;
  };
}

function power_of_two(text: string): number {
  const value = number_between(4096, 2 ** 30)(text);
  if (!Number.isInteger(Math.log2(value))) throw new InvalidArgumentError('a power of two is needed');
  return value;
}

function http_url(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') throw new InvalidArgumentError('an http:// address is needed');
  return text;
}

const GIB = 1024 ** 3;

/** Exits with 2 and a sentence on wrong use. `object_default`: where the built kernel programs lie. */
export function parse_config(argv: readonly string[], object_default: string): Config {
  const command = new Command('sonde agent')
    .description('watches this host and reports to a server')
    .requiredOption('--server <url>', 'server to report to', http_url)
    .option('--data <folder>', 'identity, spool and heartbeat', '/var/lib/sonde/agent')
    .option('--token-file <file>', 'file that holds the bearer token')
    .option('--ring-bytes <n>', 'size of the kernel ring, a power of two', power_of_two, 64 * 1024 ** 2)
    .option('--object <file>', 'kernel programs', object_default)
    .option('--spool-bytes <n>', 'disk for batches while the server is away', number_between(1024 ** 2, 2 ** 45), GIB)
    .option(
      '--memory-bytes <n>',
      'own memory, the mapped ring left out, above which nothing is parsed',
      number_between(1e8, 2 ** 40),
      GIB,
    )
    .option('--cpu-share <n>', 'share of one core that parsing may use', number_between(0.05, 1), 1)
    .option('--ignore-pid <pid...>', 'processes not to observe, with their children')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  command.parse([...argv], { from: 'user' });
  const o = command.opts();
  return {
    server: o.server,
    data: o.data,
    token_file: o.tokenFile,
    ring_bytes: o.ringBytes,
    object: o.object,
    spool_bytes_max: o.spoolBytes,
    memory_bytes_max: o.memoryBytes,
    cpu_share_max: o.cpuShare,
    ignore_pids: (o.ignorePid ?? []).map(Number).filter((pid: number) => pid > 0),
  };
}

/** Port of the server's door, and whether it is on this host. */
export function own_port(server: string): { port: number; local: boolean } {
  const url = new URL(server);
  const local = /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname);
  return { port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80), local };
}
