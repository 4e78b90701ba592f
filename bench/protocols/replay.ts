// `sonde replay` against `tshark -T fields` on one large capture: whole processes as a user runs them, output into a
// file, run in turn. What they cost is CPU seconds, user and system, of all their threads and children.
//
// The same job: both read the file once, put TCP streams together, take every message of every protocol to pieces and write
// its fields as text. Replay writes a line a request with its response; tshark writes a line a packet, bare acknowledgements
// too, of the fields listed in spoken.ts, which are those that a row of replay has. Replay finds out what each connection
// speaks and pairs; tshark takes it from the port (for ports that it does not know, from -d). tshark resolves no names and
// makes one pass. The capture is what the recordings hold, protocols in turn, so neither sizes nor shares of protocols are
// those of any one network; start and compilation are part of the cost: about half of replay's at 200 MB
// (SONDE_BENCH_CAPTURE_MB makes another size).
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { median, print_goal } from '../lib/report.ts';
import { write_mix } from './mix.ts';
import { SPOKEN } from './spoken.ts';

const TSHARK = '/usr/bin/tshark';
const SONDE = join(import.meta.dirname, '../../sonde');
const CAPTURE_BYTES = Number(process.env.SONDE_BENCH_CAPTURE_MB ?? 200) * 1e6;
const ROUNDS = Number(process.env.SONDE_BENCH_REPLAYS ?? 3);
const RATIO_GOAL = 20;
/** Between the values of a field in one packet: what no text has. */
const BETWEEN = '\x1e';
const PLACE = ['frame.time_epoch', 'ip.src', 'ip.dst', 'tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport'];

interface Cost {
  readonly cpu_s: number;
  readonly wall_s: number;
}

/** Runs it to its end, its output into `output`. */
function run(command: readonly string[], output: string): Cost {
  const script = 'TIMEFORMAT="%U %S %R"; out=$1; shift; { time "$@" >"$out" 2>"$out.stderr"; } 2>&1';
  const { stdout, status } = spawnSync('bash', ['-c', script, 'bash', output, ...command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command[0]} ended with ${status}; its words are in ${output}.stderr`);
  const [user, system, wall] = stdout.trim().split(' ').map(Number) as [number, number, number];
  return { cpu_s: user + system, wall_s: wall };
}

function tshark_fields(): string[] {
  const wanted = Object.values(SPOKEN).flatMap(({ fields, request }) => [...fields, ...request]);
  return [...PLACE, ...new Set(wanted)];
}

function tshark_command(capture: string): string[] {
  const decode = Object.values(SPOKEN).flatMap(({ port, decode_as }) =>
    decode_as === undefined ? [] : ['-d', `tcp.port==${port},${decode_as}`],
  );
  // SOME/IP has no port of its own over UDP either.
  decode.push('-d', `udp.port==${SPOKEN.some_ip!.port},someip`);
  const fields = tshark_fields().flatMap((field) => ['-e', field]);
  return [TSHARK, '-n', '-r', capture, ...decode, '-T', 'fields', '-E', `aggregator=${BETWEEN}`, ...fields];
}

/** Requests a server port. */
type Found = Map<number, number>;

const add = (found: Found, port: number, n: number): void => {
  if (n > 0) found.set(port, (found.get(port) ?? 0) + n);
};

async function count_lines(path: string, each: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(path) })) each(line);
}

async function found_by_sonde(path: string): Promise<Found> {
  const found: Found = new Map();
  await count_lines(path, (line) => {
    const { type, server_port } = JSON.parse(line) as { type: string; server_port: number };
    if (type !== 'response') add(found, server_port, 1);
  });
  return found;
}

async function found_by_tshark(path: string): Promise<Found> {
  const fields = tshark_fields();
  const by_port = new Map(Object.values(SPOKEN).map((spoken) => [String(spoken.port), spoken]));
  const [tcp, udp] = [fields.indexOf('tcp.dstport'), fields.indexOf('udp.dstport')];
  const found: Found = new Map();
  await count_lines(path, (line) => {
    const columns = line.split('\t');
    const spoken = by_port.get(columns[tcp]! || columns[udp]!);
    if (spoken === undefined) return;
    const { port, request, only } = spoken;
    const values = request.flatMap((field) => columns[fields.indexOf(field)]!.split(BETWEEN));
    add(found, port, values.filter((value) => value !== '' && (only === undefined || only.includes(value))).length);
  });
  return found;
}

function print_counts(ours: Found, theirs: Found): void {
  const sum = (found: Found): number => [...found.values()].reduce((total, n) => total + n, 0);
  process.stdout.write('Requests found:      sonde    tshark   counted there\n');
  for (const [name, { port, request, only, differs }] of Object.entries(SPOKEN)) {
    const [mine, other] = [ours.get(port) ?? 0, theirs.get(port) ?? 0];
    const what = `${request.join(', ')}${only === undefined ? '' : ` ${only.join(' or ')}`}`;
    const why = mine === other ? '' : `; ${differs ?? 'not the same'}`;
    process.stdout.write(
      `  ${name.padEnd(14)}${String(mine).padStart(10)}${String(other).padStart(10)}   ${what}${why}\n`,
    );
  }
  process.stdout.write(
    `  ${'together'.padEnd(14)}${String(sum(ours)).padStart(10)}${String(sum(theirs)).padStart(10)}\n`,
  );
}

function print_costs(name: string, costs: readonly Cost[], bytes: number, packets: number): void {
  const cpu_s = median(costs.map((cost) => cost.cpu_s));
  const wall_s = median(costs.map((cost) => cost.wall_s));
  const runs = costs.map((cost) => cost.cpu_s.toFixed(1)).join(' ');
  const rate = `${(packets / cpu_s / 1000).toFixed(0)} thousand packets/s, ${(bytes / cpu_s / 1e6).toFixed(0)} MB/s a core`;
  process.stdout.write(
    `${name.padEnd(8)}${cpu_s.toFixed(1).padStart(8)} CPU-s, ${wall_s.toFixed(1)} s: ${rate}; runs: ${runs}\n`,
  );
}

/** Prints the comparison. */
export async function compare_replay(): Promise<void> {
  if (!existsSync(TSHARK)) {
    process.stdout.write('tshark is not installed: replay is compared with nothing\n');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
  try {
    const capture = join(folder, 'mixed.pcap');
    const { packets, connections } = write_mix(capture, CAPTURE_BYTES);
    const bytes = statSync(capture).size;
    process.stdout.write(
      `\nReplay of ${(bytes / 1e6).toFixed(0)} MB: ${packets} packets, ${connections} connections, ${Object.keys(SPOKEN).length} protocols\n`,
    );
    const [ours, theirs] = [[SONDE, 'replay', capture, '--requests'], tshark_command(capture)];
    process.stdout.write(`  ./sonde replay FILE --requests >OUT\n  ${shown(theirs.slice(1), capture)}\n`);
    const costs: [Cost[], Cost[]] = [[], []];
    // The build, when it is stale, and the file into the page cache.
    run(ours, join(folder, 'sonde.out'));
    for (let round = 0; round < ROUNDS; round++) {
      costs[0].push(run(ours, join(folder, 'sonde.out')));
      costs[1].push(run(theirs, join(folder, 'tshark.out')));
    }
    print_counts(await found_by_sonde(join(folder, 'sonde.out')), await found_by_tshark(join(folder, 'tshark.out')));
    print_costs('sonde', costs[0], bytes, packets);
    print_costs('tshark', costs[1], bytes, packets);
    const ratios = costs[0].map(({ cpu_s }, i) => costs[1][i]!.cpu_s / cpu_s);
    const spread = ratios.map((ratio) => ratio.toFixed(1)).join(' ');
    const ratio = median(ratios);
    const text = `replay takes a ${RATIO_GOAL}th of tshark's CPU seconds: ${ratio.toFixed(1)} times less (pair by pair ${spread})`;
    print_goal({ text, met: ratio >= RATIO_GOAL });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const shown = (args: readonly string[], capture: string): string =>
  `tshark ${args.map((arg) => (arg === capture ? 'FILE' : arg.includes(BETWEEN) ? 'aggregator=^^' : arg)).join(' ')} >OUT`;
