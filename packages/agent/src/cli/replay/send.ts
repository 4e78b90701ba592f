// `--to URL`: a capture file through the agent's own pipeline, its batches to a server. Time is the file's own; what the
// server keeps only for days may be too old for it, hence `--as-now`.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DEFAULT_SETTINGS } from '@sonde/records';
import { PACKETS } from '../../call.ts';
import { FileCapture } from '../../capture/packet/file-capture.ts';
import { Clock } from '../../clock.ts';
import { Pipeline } from '../../pipeline.ts';
import { Client } from '../../send/post.ts';
import type { ReplayOptions } from './options.ts';
import type { ReplayResult } from './replay.ts';

/** The pipeline's timers run once in so much time of the file. */
const TICK_NS = 250e6;
/** Batches that may wait for the server before reading pauses. */
const WAITING_MAX = 16;
const TRIES = 5;
const NO_PROC = '/nonexistent';
/** Default retention of the request log; metrics at 1s go sooner, those at 1m later (record definitions). */
const KEPT_MS = 72 * 3600e3;

type SendOptions = ReplayOptions & { readonly to: string };

/** Throws a sentence when the file is no capture file, or when the server does not take the rows. */
export const send = async (
  options: SendOptions,
  write: (line: string) => void,
  on_progress: (share: number) => void,
): Promise<ReplayResult> => {
  const limits = options.payload_max === undefined ? {} : { payload_max: options.payload_max };
  const capture = new FileCapture(options.path, limits);
  const client = new Client(options.to, options.token_file);
  const waiting: Buffer[] = [];
  let sent = 0;
  const push = (frame: Buffer, rows: number): void => {
    waiting.push(frame);
    sent += rows;
  };
  const base_ms = options.as_now ? Date.now() - span_ms(options) : begin_ms(options);
  const pipeline = new Pipeline({
    capture,
    clock: new Clock({
      monotonic_ns: () => capture.moment_ns,
      wall_ms: () => base_ms + capture.moment_ns / 1e6,
    }),
    settings: settings_of(options),
    origin: { agent: `replay@${hostname()}`, boot: randomUUID(), gzip: false, push },
    foreign: { vantage: PACKETS, proc: NO_PROC },
  });
  try {
    let tick_ns = 0;
    while (!capture.done) {
      pipeline.drain(1);
      if (capture.moment_ns < tick_ns && !capture.done) continue;
      tick_ns = capture.moment_ns + TICK_NS;
      pipeline.tick();
      on_progress(capture.progress);
      if (waiting.length > WAITING_MAX) await deliver(client, waiting);
    }
    await pipeline.close();
    await deliver(client, waiting);
  } finally {
    capture.close();
    client.close();
  }
  const old = Date.now() - base_ms > KEPT_MS;
  const note = old ? { note: 'older than a server keeps rows by default; --as-now moves them to the present' } : {};
  write(JSON.stringify({ sent_to: options.to, rows: sent, from: new Date(base_ms).toISOString(), ...note }));
  const counters = new Map<string, number>(pipeline.counters.entries());
  for (const [name, values] of capture.counters()) counters.set(name, values[0] ?? 0);
  return { problem: capture.problem, counters };
};

const settings_of = ({ parse, hints }: SendOptions) => ({
  ...DEFAULT_SETTINGS,
  // A file is what somebody wants to see whole.
  throttle_rows_s: Number.MAX_SAFE_INTEGER,
  redact: parse.redact,
  trace_headers: parse.trace_headers,
  proxy_header: parse.proxy_header,
  protocol_hints: [...hints].map(([port, name]) => `${port}=${name}`),
});

/** Epoch ms of moment 0, known once a packet was read. */
const begin_ms = ({ path }: SendOptions): number => {
  const first = new FileCapture(path);
  try {
    first.drain(() => undefined, 1);
    return first.base_ms;
  } finally {
    first.close();
  }
};

const span_ms = ({ path }: SendOptions): number => {
  const whole = new FileCapture(path);
  try {
    while (!whole.done) whole.drain(() => undefined, 4096);
    return Math.ceil(whole.moment_ns / 1e6);
  } finally {
    whole.close();
  }
};

/** In order, each until the server has it: a batch given twice counts once. */
const deliver = async (client: Client, waiting: Buffer[]): Promise<void> => {
  while (waiting.length > 0) {
    const frame = waiting.shift()!;
    for (let attempt = 1; ; attempt++) {
      const { status, body, retry_after_ms } = await client.post('/api/v1/ingest', 'application/octet-stream', frame);
      if (status === 200) break;
      const may_pass = status === 0 || status === 429 || status >= 500;
      if (!may_pass || attempt === TRIES) {
        const reason = status === 0 ? body : `${status} ${body.slice(0, 200)}`;
        throw new Error(`the server did not take the rows: ${reason}`);
      }
      await new Promise((resolve) => setTimeout(resolve, retry_after_ms || 200 * attempt));
    }
  }
};
