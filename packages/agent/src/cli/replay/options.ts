// Command line of `sonde replay`. Wrong use throws Usage, whose sentence goes to stderr with exit code 2.
import { parseArgs } from 'node:util';
import { DEFAULT_OPTIONS, type ParseOptions, PROTOCOLS } from '@sonde/protocols';

export const USAGE = `Usage: sonde replay FILE [options]

Reads a capture file (pcap, pcapng) and prints what was said in it, as JSON lines. Needs no root.

  --requests               one line a request with its response, as in the request log (default)
  --messages               one line a message
  --flows                  one line an edge, as in the service map            (not yet)
  --to URL                 send the rows to a server instead of printing them (not yet)
  --trace-headers a,b      headers that carry trace ids (default ${DEFAULT_OPTIONS.trace_headers.join(',')})
  --proxy-header NAME      header with the client's address before proxies (default ${DEFAULT_OPTIONS.proxy_header})
  --payload-max BYTES      look at this many bytes of each packet's payload only
  --no-redact              print values, literals and query strings as they are
  --protocol-hint PORT=NAME  what a server port speaks; may be given again. Names: ${Object.keys(PROTOCOLS).join(' ')}
  --help

Exit codes: 0 done, 1 the file is missing, damaged or cut (what was readable is printed), 2 wrong use.
`;

export class Usage extends Error {}

export interface ReplayOptions {
  readonly help: boolean;
  readonly path: string;
  readonly unit: 'messages' | 'requests';
  readonly parse: ParseOptions;
  readonly payload_max: number | undefined;
  readonly hints: ReadonlyMap<number, string>;
}

const FLAGS = {
  messages: { type: 'boolean' },
  requests: { type: 'boolean' },
  flows: { type: 'boolean' },
  to: { type: 'string' },
  'trace-headers': { type: 'string' },
  'proxy-header': { type: 'string' },
  'payload-max': { type: 'string' },
  'no-redact': { type: 'boolean' },
  'protocol-hint': { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

const read_flags = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
};

export const read_options = (args: readonly string[]): ReplayOptions => {
  const { values, positionals } = read_flags(args);
  const units = (['messages', 'requests', 'flows'] as const).filter((unit) => values[unit]);
  if (units.length > 1) throw new Usage(`--${units.join(' and --')} exclude each other`);
  const unit = units[0] ?? 'requests';
  if (unit === 'flows') throw new Usage('--flows is not there yet');
  if (values.to !== undefined) throw new Usage('--to is not there yet');
  const help = values.help === true;
  if (positionals.length !== 1 && !help) throw new Usage('give one FILE');
  return {
    help,
    path: positionals[0] ?? '',
    unit,
    parse: {
      ...DEFAULT_OPTIONS,
      redact: values['no-redact'] !== true,
      ...(values['trace-headers'] === undefined ? {} : { trace_headers: header_list(values['trace-headers']) }),
      ...(values['proxy-header'] === undefined ? {} : { proxy_header: values['proxy-header'].toLowerCase() }),
    },
    payload_max: values['payload-max'] === undefined ? undefined : whole_number('--payload-max', values['payload-max']),
    hints: new Map((values['protocol-hint'] ?? []).map(read_hint)),
  };
};

const header_list = (text: string): string[] =>
  text
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

const whole_number = (flag: string, text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new Usage(`${flag} wants a number of bytes, not "${text}"`);
  return Number(text);
};

const read_hint = (text: string): [number, string] => {
  const [port, name] = text.split('=');
  if (!/^\d+$/.test(port ?? '') || Number(port) > 65_535 || name === undefined) {
    throw new Usage(`--protocol-hint wants PORT=NAME, not "${text}"`);
  }
  if (!(name in PROTOCOLS)) throw new Usage(`no protocol "${name}"; known: ${Object.keys(PROTOCOLS).join(' ')}`);
  return [Number(port), name];
};
