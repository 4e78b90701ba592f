// The mutation harness: many damaged versions of captures that a parser reads well. Promised for every protocol:
//
//   - no bytes make it throw, and its work is bounded by what it was given;
//   - how the same bytes are cut into events changes no message;
//   - after damage two messages may be lost, a request and a response: from the second exchange on all say what they say
//     without the damage, and every request has its response. Asked of parsers: a connection that nobody could claim for as
//     many pieces as the driver tries is not read at all, which may come of the damage now and then.
//
// A failure names the seeds of its rounds: `fuzz({ ..., seed, rounds: 1 })` repeats one.
import { isDeepStrictEqual } from 'node:util';
import { Conversation } from '../drive.ts';
import { DEFAULT_OPTIONS, type Message, type ParseOptions, type Protocol, type Transport } from '../protocol.ts';
import { type Call, Calls } from './calls.ts';
import { damage, type FuzzPiece, resplit } from './damage.ts';
import { said } from './play.ts';
import { Random } from './random.ts';

export interface FuzzCapture {
  name: string;
  /** From the first byte of a connection. */
  pieces: readonly FuzzPiece[];
  /** An exchange that may follow any number of times, one event a message. Without it recovery is not checked. */
  tail?: readonly FuzzPiece[];
}

export interface FuzzSetup {
  protocol: Protocol;
  captures: readonly FuzzCapture[];
  transport?: Transport;
  options?: Partial<ParseOptions>;
  /**
   * Clients may ask on while answers come, and nothing but order says whose answer is whose. Then an answer that vanished without
   * a trace cannot be told from one that is late, and who has which response is checked only where none was waited for.
   */
  shared?: boolean;
  /** Exchanges after the damage that may be lost. Default 1. */
  lost?: 1 | 2;
  /** 'messages': who has which response is not checked. Default 'calls'. */
  checks?: 'calls' | 'messages';
  seed?: number;
  /** Default: SONDE_FUZZ, or 20,000. */
  rounds?: number;
}

export interface FuzzReport {
  rounds: number;
  messages: number;
  /** Rounds whose recovery was checked, and those in which the damage said that the connection became encrypted. */
  recovered: number;
  encrypted: number;
  /** Rounds in which nobody claimed the connection before it was given up. */
  unclaimed: number;
}

const ROUNDS = Number(process.env.SONDE_FUZZ ?? 20_000);
/** What a test with all rounds may take, generously. */
export const FUZZ_TIMEOUT_MS = 60_000 + ROUNDS * 5;

/** Calls of `parse` that one event may cause beyond one for each event buffered before it. */
const CALLS_PER_EVENT = 8;
const TAILS = 4;
/** Failures that are told; behind the last of them no round is run. */
const FAILURES_MAX = 8;
/** One round in so many may leave the connection unclaimed. */
const ROUNDS_AN_UNCLAIMED = 10_000;

interface Run {
  messages: Message[];
  calls: Call[];
  /** Requests from before the tails that are without response when the first of them has begun. */
  waiting: number;
  state: string;
}

/** A message without what depends on how the bytes were cut into events. */
function content(message: Message, with_sequence: boolean): Message {
  const rest = said(message);
  if (!with_sequence) delete rest.tcp_seq;
  return rest;
}

function check_message(message: Message, options: ParseOptions): void {
  for (const [key, value] of Object.entries(message)) {
    if (typeof value === 'number' && !(value >= 0) && key !== 'response_code') throw new Error(`${key} is ${value}`);
    // Prefixes that parsers add themselves may exceed the cut a little.
    if (typeof value === 'string' && value.length > options.string_bytes_max + 256) {
      throw new Error(`${key} has ${value.length} characters`);
    }
  }
}

function run(setup: FuzzSetup, before: readonly FuzzPiece[], tails: readonly FuzzPiece[], inferred: boolean): Run {
  const options = { ...DEFAULT_OPTIONS, ...setup.options };
  const messages: Message[] = [];
  const calls = new Calls();
  let parses = 0;
  const counted: Protocol = {
    card: setup.protocol.card,
    infer: setup.protocol.infer,
    open(given) {
      const parser = setup.protocol.open(given);
      return {
        parse(stream, direction, emit) {
          parses++;
          return parser.parse(stream, direction, emit);
        },
        lost: (direction) => parser.lost?.(direction),
      };
    },
  };
  const conversation = new Conversation({
    protocols: [counted],
    options,
    server_port: setup.protocol.card.port_hints[0] ?? 0,
    transport: setup.transport ?? 'tcp',
    from_start: true,
    ...(inferred ? {} : { hint: setup.protocol.card.name }),
    on_message(message, { card }) {
      check_message(message, options);
      messages.push(message);
      calls.message(message, card);
    },
    on_lost: (direction) => calls.lost(direction, setup.protocol.card),
  });
  const seq = [1, 1];
  let bytes_total = 0;
  let waiting = 0;
  const pieces = [...before, ...tails];
  pieces.forEach((piece, i) => {
    const { direction, bytes } = piece;
    const length = piece.true_length ?? bytes.length;
    bytes_total += length;
    if (piece.lost !== undefined) {
      conversation.gap(direction, piece.lost === 'known' ? length : undefined);
    } else {
      const origin = { moment_ns: i + 1, tcp_seq: seq[direction]!, cap_seq: i + 1, pid: 1, tid: 1 };
      conversation.data(direction, bytes, 0, bytes.length, length, origin);
    }
    seq[direction]! += length;
    // The first tail may bring to light what was not read before.
    if (i === before.length) waiting = calls.waiting(before.length);
  });
  conversation.end(0);
  conversation.end(1);
  if (parses > (pieces.length + 2) * CALLS_PER_EVENT) throw new Error(`${parses} calls for ${pieces.length} events`);
  if (messages.length > bytes_total) throw new Error(`${messages.length} messages in ${bytes_total} bytes`);
  return { messages, calls: calls.all, waiting, state: conversation.state };
}

const is_stream = (setup: FuzzSetup): boolean => (setup.transport ?? 'tcp') === 'tcp';

function times(pieces: readonly FuzzPiece[], n: number): FuzzPiece[] {
  return Array.from({ length: n }, () => pieces).flat();
}

function split_round(setup: FuzzSetup, capture: FuzzCapture, random: Random): Run {
  const expected = run(setup, capture.pieces, [], true).messages.map((m) => content(m, true));
  const got = run(setup, resplit(capture.pieces, random), [], true);
  const actual = got.messages.map((m) => content(m, true));
  if (expected.length === 0) throw new Error('the capture gives no message');
  if (!isDeepStrictEqual(actual, expected)) {
    const at = expected.findIndex((message, i) => !isDeepStrictEqual(message, actual[i]));
    const [want, have] = [JSON.stringify(expected[at]), JSON.stringify(actual[at])];
    throw new Error(`cut differently: message ${at} of ${expected.length} is ${have}, not ${want}`);
  }
  return got;
}

interface Tails {
  messages: Message[];
  calls: [Message | undefined, Message | undefined][];
}

/** What began behind `pieces` and the tails that may be lost. */
function last_tails(setup: FuzzSetup, run: Run, pieces: number, tail: readonly FuzzPiece[]): Tails {
  const from = pieces + tail.length * (setup.lost ?? 1);
  const plain = (message: Message | undefined) => message && content(message, false);
  const calls = run.calls.filter(({ begin_ns }) => begin_ns > from);
  return {
    messages: run.messages.filter((m) => m.unseen !== true && (m.begin_ns ?? 0) > from).map((m) => content(m, false)),
    calls: calls.map(({ request, response }) => [plain(request), plain(response)]),
  };
}

function expected_tails(setup: FuzzSetup, { pieces, tail = [] }: FuzzCapture): Tails {
  const got = run(setup, pieces, times(tail, TAILS), true);
  const by_order = setup.protocol.card.pairing === 'order' && setup.checks !== 'messages';
  if (by_order && tail.length > 0 && got.waiting > 0) throw new Error('the capture ends before its answers');
  return last_tails(setup, got, pieces.length, tail);
}

function damage_round(
  setup: FuzzSetup,
  capture: FuzzCapture,
  expected: Tails,
  random: Random,
  report: FuzzReport,
): Run {
  const others = setup.captures.flatMap((c) => c.pieces);
  let pieces: FuzzPiece[] = capture.pieces.slice(0, 1 + random.below(capture.pieces.length));
  for (let n = 1 + random.below(3); n > 0; n--) pieces = damage(pieces, others, random);
  if (is_stream(setup) && random.chance(50)) pieces = resplit(pieces, random);
  const inferred = random.chance(50);
  if (capture.tail === undefined) return run(setup, pieces, [], inferred);
  const got = run(setup, pieces, times(capture.tail, TAILS), inferred);
  // The damage itself may say that the peers encrypt from here on.
  if (got.state === 'encrypted') {
    report.encrypted++;
    return got;
  }
  if (inferred && got.state === 'given_up' && got.messages.length === 0) {
    report.unclaimed++;
    return got;
  }
  const compared = setup.shared === true && got.waiting > 0 ? 'messages' : (setup.checks ?? 'calls');
  const [actual, wanted] = [last_tails(setup, got, pieces.length, capture.tail)[compared], expected[compared]];
  if (!isDeepStrictEqual(actual, wanted)) {
    throw new Error(`not right again (${got.state}): ${JSON.stringify(actual)}, not ${JSON.stringify(wanted)}`);
  }
  report.recovered++;
  return got;
}

/** Throws when a promise is broken. */
export function fuzz(setup: FuzzSetup): FuzzReport {
  const rounds = setup.rounds ?? ROUNDS;
  const first_seed = setup.seed ?? 1;
  const failures: Error[] = [];
  const report: FuzzReport = { rounds, messages: 0, recovered: 0, encrypted: 0, unclaimed: 0 };
  const expected = new Map(setup.captures.map((capture) => [capture, expected_tails(setup, capture)]));
  for (let seed = first_seed; seed < first_seed + rounds && failures.length < FAILURES_MAX; seed++) {
    const random = new Random(seed);
    const capture = random.pick(setup.captures);
    try {
      const splits = is_stream(setup) && seed % 10 === 0;
      const got = splits
        ? split_round(setup, capture, random)
        : damage_round(setup, capture, expected.get(capture)!, random, report);
      report.messages += got.messages.length;
    } catch (error) {
      failures.push(new Error(`capture ${capture.name}, seed ${seed}: ${String(error)}`, { cause: error }));
    }
  }
  if (failures.length > 0) {
    const told = failures.map(({ message }) => `\n${message}`).join('');
    throw new Error(`${setup.protocol.card.name}:${told}`, { cause: failures[0] });
  }
  if (report.unclaimed > Math.ceil(rounds / ROUNDS_AN_UNCLAIMED)) {
    throw new Error(`${setup.protocol.card.name}: nobody claimed ${report.unclaimed} of ${rounds} damaged connections`);
  }
  return report;
}
