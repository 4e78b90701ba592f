// Command line of `sonde replay`. Wrong use throws Usage, whose sentence goes to stderr with exit code 2.
import { parseArgs } from 'node:util';
import { DEFAULT_OPTIONS, type ParseOptions, PROTOCOLS } from '@sonde/protocols';

export const USAGE = `Usage: sonde replay FILE [options]

Reads a capture file (pcap, pcapng) and prints what was said in it, as JSON lines. Needs no root.

  --requests               one line a request with its response, as in the request log (default)
  --messages               one line a message
  --flows                  one line an edge, as in the service map
  --to URL                 send the rows to a server instead of printing them, as the agent would
  --token-file FILE        with --to: the server's token
  --as-now                 with --to: as if the capture ended now; a server keeps old times for a short while only
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
  readonly unit: 'messages' | 'requests' | 'flows';
  /** Server to send to instead of printing. */
  readonly to: string | undefined;
  readonly token_file: string | undefined;
  readonly as_now: boolean;
  readonly parse: ParseOptions;
  readonly payload_max: number | undefined;
  readonly hints: ReadonlyMap<number, string>;
}

const FLAGS = {
  messages: { type: 'boolean' },
  requests: { type: 'boolean' },
  flows: { type: 'boolean' },
  to: { type: 'string' },
  'token-file': { type: 'string' },
  'as-now': { type: 'boolean' },
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
  if (values.to !== undefined && units.length > 0) throw new Usage(`--to and --${unit} exclude each other`);
  if (values.to === undefined && (values['as-now'] || values['token-file'] !== undefined)) {
    throw new Usage('--as-now and --token-file go with --to URL');
  }
  if (values.to !== undefined && !/^https?:$/.test(URL.canParse(values.to) ? new URL(values.to).protocol : '')) {
    throw new Usage(`--to wants a URL like http://127.0.0.1:20416, not "${values.to}"`);
  }
  const help = values.help === true;
  if (positionals.length !== 1 && !help) throw new Usage('give one FILE');
  return {
    help,
    path: positionals[0] ?? '',
    unit,
    to: values.to,
    token_file: values['token-file'],
    as_now: values['as-now'] === true,
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
