// Flight recordings of Java: samples, allocations and waits of OpenJDK and async-profiler. Values are what Pyroscope makes of them, under
// its names. Other events are passed over.
import { LIMITS, type Hints, type Profile, ProfileBuilder, ProfileError } from '../profile.ts';
import { type Chunk, chunks_of, type JfrEvent } from './chunk.ts';
import type { Struct, Value } from './types.ts';

const STACK = 'jdk.types.StackTrace';
const THREAD = 'java.lang.Thread';
const CHUNKS_MAX = 10_000;

interface Kind {
  /** Type and unit of each value, and the value of an event. */
  readonly values: readonly (readonly [name: string, unit: string, of: (event: Struct, at: Context) => number])[];
  readonly thread: 'sampledThread' | 'eventThread';
}
const one = (): number => 1;
const field =
  (name: string) =>
  (event: Struct): number =>
    number_of(event[name]);
const elapsed = (event: Struct, { chunk }: Context): number =>
  Math.round(chunk.span_ms(number_of(event.duration)) * 1e6);
const waits = (thread: Kind['thread'], prefix: string): Kind => ({
  thread,
  values: [
    [`${prefix}_contentions`, 'count', one],
    [`${prefix}_delay`, 'nanoseconds', elapsed],
  ],
});
const allocations = (name: string, bytes: string): Kind => ({
  thread: 'eventThread',
  values: [
    [`${name}_objects`, 'count', one],
    [`${name}_bytes`, 'bytes', field(bytes)],
  ],
});

const KINDS: Readonly<Record<string, Kind>> = {
  'jdk.ExecutionSample': {
    thread: 'sampledThread',
    values: [['cpu', 'nanoseconds', (_event, { period_ns }) => period_ns]],
  },
  'jdk.CPUTimeSample': {
    thread: 'eventThread',
    values: [
      ['cpu', 'nanoseconds', (event, { chunk }) => Math.round(chunk.span_ms(number_of(event.samplingPeriod)) * 1e6)],
    ],
  },
  'profiler.WallClockSample': {
    thread: 'sampledThread',
    values: [['wall', 'nanoseconds', (event, { period_ns }) => period_ns * Math.max(1, number_of(event.samples))]],
  },
  'jdk.ObjectAllocationInNewTLAB': allocations('alloc_in_new_tlab', 'tlabSize'),
  'jdk.ObjectAllocationOutsideTLAB': allocations('alloc_outside_tlab', 'allocationSize'),
  'jdk.ObjectAllocationSample': allocations('alloc_sample', 'weight'),
  'profiler.LiveObject': {
    thread: 'eventThread',
    values: [
      ['live', 'count', one],
      ['live_bytes', 'bytes', field('allocationSize')],
    ],
  },
  'profiler.Malloc': { thread: 'eventThread', values: [['malloc', 'bytes', field('size')]] },
  'jdk.JavaMonitorEnter': waits('eventThread', 'mutex'),
  'jdk.ThreadPark': waits('eventThread', 'block'),
};
const SETTING = 'jdk.ActiveSetting';
const WANTED: ReadonlySet<string> = new Set(Object.keys(KINDS));
const SETTINGS: ReadonlySet<string> = new Set([SETTING]);

interface Context {
  readonly chunk: Chunk;
  readonly period_ns: number;
}

export function decode_jfr(bytes: Uint8Array, hints: Hints): Profile[] {
  const builder = new ProfileBuilder();
  let chunks = 0;
  for (const chunk of chunks_of(bytes)) {
    if (++chunks > CHUNKS_MAX) throw new ProfileError(`The recording has more than ${CHUNKS_MAX} chunks.`, 413);
    if (builder.start_ms === 0) builder.start_ms = chunk.start_ms;
    builder.duration_ms = chunk.start_ms + chunk.duration_ms - builder.start_ms;
    new ChunkReader(chunk, builder, hints).read();
  }
  if (chunks === 0) throw new ProfileError('The flight recording is empty.');
  return [builder.build()];
}

class ChunkReader implements Context {
  readonly chunk: Chunk;
  private readonly builder: ProfileBuilder;
  private readonly stacks = new Map<number, number>();
  private readonly threads = new Map<number, number>();
  private readonly frames = new Map<string, number>();
  period_ns: number;
  /** async-profiler up to 2 writes samples of all threads, running or not, as jdk.ExecutionSample. */
  private wall = false;

  constructor(chunk: Chunk, builder: ProfileBuilder, hints: Hints) {
    this.chunk = chunk;
    this.builder = builder;
    this.period_ns = Math.round(1e9 / hints.sample_rate_hz);
  }

  read(): void {
    for (const event of this.chunk.events(SETTINGS)) this.setting(event);
    for (const event of this.chunk.events(WANTED)) this.event(event);
  }

  private setting({ fields }: JfrEvent): void {
    const { chunk } = this;
    const [name, value] = [chunk.text(fields.name), chunk.text(fields.value)];
    if (name === 'event') this.wall = value === 'wall';
    else if (name === 'interval' && /^[1-9]\d{0,14}$/.test(value)) this.period_ns = Number(value);
    else if (name === 'period' && chunk.type_name(number_of(fields.id)) === 'jdk.ExecutionSample')
      this.period_ns = nanoseconds(value) ?? this.period_ns;
  }

  private event({ type, fields }: JfrEvent): void {
    const kind = KINDS[type]!;
    const stack = this.stack(fields.stackTrace);
    if (stack === undefined) return;
    const labels = this.thread(fields[kind.thread]);
    const second = Math.floor(this.chunk.time_ms(number_of(fields.startTime)) / 1000);
    for (const [name, unit, value] of kind.values) {
      const id = this.builder.type(this.wall && name === 'cpu' ? 'wall' : name, unit);
      this.builder.add(stack, id, value(fields, this), labels, second);
    }
  }

  /** undefined: the event has none. */
  private stack(key: Value | undefined): number | undefined {
    if (typeof key !== 'number' || key === 0) return undefined;
    const known = this.stacks.get(key);
    if (known !== undefined) return known;
    const trace = this.chunk.struct(STACK, key);
    if (trace === undefined) return undefined;
    const innermost_first = Array.isArray(trace.frames) ? (trace.frames as readonly Value[]) : [];
    const frames: number[] = [];
    for (const frame of innermost_first.slice(0, LIMITS.depth)) frames.push(this.frame(frame));
    if (trace.truncated !== 0 || innermost_first.length > LIMITS.depth)
      frames.push(this.builder.frame('H', '[truncated]', ''));
    const id = this.builder.stack(frames.reverse());
    this.stacks.set(key, id);
    return id;
  }

  private frame(value: Value): number {
    const { method, type } = value as Struct;
    const key = `${String(method)}:${String(type)}`;
    const known = this.frames.get(key);
    if (known !== undefined) return known;
    const of = this.chunk.struct('jdk.types.Method', method);
    const in_class = stable_class(this.chunk.symbol(this.chunk.struct('java.lang.Class', of?.type)?.name));
    const name = this.chunk.symbol(of?.name);
    const kind = this.chunk.text(this.chunk.struct('jdk.types.FrameType', type)?.description);
    const whole = in_class === '' ? name : `${in_class}.${name}`;
    const id = this.builder.frame(kind === 'Kernel' ? 'K' : 'A', whole || '[unknown]', '');
    this.frames.set(key, id);
    return id;
  }

  private thread(key: Value | undefined): number {
    if (typeof key !== 'number') return 0;
    const known = this.threads.get(key);
    if (known !== undefined) return known;
    const thread = this.chunk.struct(THREAD, key);
    const name = this.chunk.text(thread?.javaName) || this.chunk.text(thread?.osName);
    const id =
      thread === undefined
        ? 0
        : this.builder.label_set([
            ['thread_name', name],
            ['thread_id', String(number_of(thread.osThreadId))],
          ]);
    this.threads.set(key, id);
    return id;
  }
}

/** Without what the virtual machine makes up anew in each run: numbers and addresses of lambdas and of generated accessors. */
const stable_class = (name: string): string =>
  name
    .replace(
      /(\$\$Lambda|LambdaForm\$[A-Za-z]+|Generated(?:Method|Constructor|Serialization\w*)Accessor)[$\d].*$/,
      '$1',
    )
    .replace(/[+/]0x[0-9a-f]+.*$/, '')
    .replaceAll('/', '.');

const number_of = (value: Value | undefined): number => (typeof value === 'number' ? value : 0);

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86_400e9 };
/** '20 ms'. */
function nanoseconds(text: string): number | undefined {
  const match = /^(\d{1,9}) ?(ns|us|ms|s|m|h|d)$/.exec(text);
  const ns = match === null ? 0 : Number(match[1]) * UNITS[match[2]!]!;
  return ns > 0 ? ns : undefined;
}
