// How much of a core each parser takes: its recordings through Conversation as the agent drives it, all parsers in one
// process, runs interleaved. A message is what the parser hands over: a request, a response, or one that is neither; a
// connection is played from its first byte to its end, so finding out what it speaks is part of the cost.
import { join } from 'node:path';
import {
  card_by_id,
  Conversation,
  DEFAULT_OPTIONS,
  type Message,
  protocol_list,
} from '../../packages/protocols/src/index.ts';
import { type Recorded, recordings_of } from '../../packages/protocols/src/testing/record.ts';
import { median } from '../lib/report.ts';
import { decoding_reason } from './decoding.ts';

const SOURCES = join(import.meta.dirname, '../../packages/protocols/src');
const ROUNDS = Number(process.env.SONDE_BENCH_ROUNDS ?? 7);
/** The engine compiles while the first ones run. */
const WARM_UP = 2;
const ROUND_MESSAGES = 200_000;
const GOAL_MESSAGES_S = 300_000;

interface Subject {
  readonly name: string;
  readonly reason: string | undefined;
  readonly recordings: Recorded[];
  readonly cpu_s: number[];
  /** Of one pass over all recordings. */
  messages: number;
  bytes: number;
}

let on_message: (message: Message) => void = () => undefined;
const origin = { moment_ns: 0, tcp_seq: 0, cap_seq: 0, pid: 1, tid: 1 };

function converse({ transport, pieces }: Recorded): void {
  const conversation = new Conversation({
    protocols: protocol_list,
    options: DEFAULT_OPTIONS,
    server_port: 0,
    transport,
    from_start: true,
    on_message,
  });
  for (let i = 0; i < pieces.length; i++) {
    const { direction, bytes } = pieces[i]!;
    origin.moment_ns += 1000;
    origin.cap_seq = i + 1;
    conversation.data(direction, bytes, 0, bytes.length, bytes.length, origin);
  }
  conversation.end(0);
  conversation.end(1);
}

/** What most messages of a recording are: what is found within a protocol (VARIANTS) is measured for itself. */
function spoken(recorded: Recorded, id: number): string {
  const count = new Map<number, number>();
  on_message = ({ l7_protocol }) => count.set(l7_protocol ?? id, (count.get(l7_protocol ?? id) ?? 0) + 1);
  converse(recorded);
  const [most] = [...count].sort((a, b) => b[1] - a[1]);
  return card_by_id(most?.[0] ?? id)!.display_name;
}

function find_subjects(): Subject[] {
  const subjects = new Map<string, Subject>();
  for (const { card } of protocol_list) {
    for (const recorded of recordings_of(SOURCES, card)) {
      const reason = decoding_reason(card.name, recorded.file);
      const name = spoken(recorded, card.id);
      const key = reason === undefined ? name : `${name} ${reason}`;
      const subject = subjects.get(key) ?? { name, reason, recordings: [], cpu_s: [], messages: 0, bytes: 0 };
      subjects.set(key, subject);
      subject.recordings.push(recorded);
      for (const { bytes } of recorded.pieces) subject.bytes += bytes.length;
      on_message = () => subject.messages++;
      converse(recorded);
    }
  }
  return [...subjects.values()].filter(({ messages }) => messages > 0);
}

const passes_of = ({ messages }: Subject): number => Math.ceil(ROUND_MESSAGES / messages);

function cpu_s(subject: Subject): number {
  const begin = process.cpuUsage();
  for (let pass = passes_of(subject); pass > 0; pass--) for (const recorded of subject.recordings) converse(recorded);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / 1e6;
}

function print(subject: Subject): void {
  const { name, reason, messages, bytes, recordings } = subject;
  // A core is a CPU-second a second, all threads together: what else runs on this machine does not count.
  const rates = subject.cpu_s.map((s) => (passes_of(subject) * messages) / s);
  const got = median(rates);
  const spread = `${(Math.min(...rates) / 1e3).toFixed(0)} to ${(Math.max(...rates) / 1e3).toFixed(0)}`;
  const columns = [
    name.padEnd(12),
    (got / 1e3).toFixed(0).padStart(10),
    spread.padStart(14),
    ((got * bytes) / messages / 1e6).toFixed(0).padStart(7),
    (bytes / messages).toFixed(0).padStart(10),
    (messages / recordings.length).toFixed(0).padStart(12),
  ];
  const verdict = got >= GOAL_MESSAGES_S ? '' : reason === undefined ? 'MISSED' : `no goal: ${reason}`;
  process.stdout.write(`${columns.join('')}   ${verdict}\n`);
}

/** Prints a line a parser. */
export function measure_parsers(): void {
  const subjects = find_subjects();
  on_message = () => undefined;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const subject of subjects) {
      const used = cpu_s(subject);
      if (round >= WARM_UP) subject.cpu_s.push(used);
    }
  }
  process.stdout.write(
    `Goal: ${GOAL_MESSAGES_S / 1000} thousand messages/s a core; median and spread of ${ROUNDS} runs\n`,
  );
  process.stdout.write('             thousand/s        spread   MB/s   bytes a   messages a\n');
  process.stdout.write('                                              message   connection\n');
  for (const subject of subjects) print(subject);
}
