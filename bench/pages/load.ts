// What an agent on a busy host sends: request rows of 200 processes in 50 services, and the edges of the map made of the same calls.
import {
  agent_columns,
  APPLICATION_MAP,
  type BatchHeader,
  L7_FLOW_LOG,
  type RecordDefinition,
} from '../../packages/records/src/index.ts';
import { encode_frame } from '../../packages/records/src/frame.ts';
import { BlockBuilder } from '../../packages/records/src/native/builder.ts';
import { Sketch } from '../../packages/records/src/sketch.ts';
import { entity } from '../../packages/server/src/testing/frames.ts';
import { type Call, type Ends, Random, Requests } from '../lib/rows.ts';

const SERVICES = 50;
const INSTANCES = 4;
/** Pairs of processes that talk; each service calls a few others. */
const PAIRS = 600;
const CALLED_SERVICES = 3;
const HTTP1 = 20;
const EBPF = 3;

export const service_name = (service: number): string => `service-${String(service).padStart(2, '0')}`;
const ENTITIES = Array.from({ length: SERVICES * INSTANCES }, (_, i) => {
  const service = service_name(Math.floor(i / INSTANCES));
  return { local: i + 1, entity: entity(`${service}-${i % INSTANCES}`, { service }) };
});

function pairs(): Ends[] {
  const random = new Random(7);
  return Array.from({ length: PAIRS }, () => {
    const client = random.below(SERVICES);
    const server = (client + 1 + random.below(CALLED_SERVICES) * 7) % SERVICES;
    const one_of = (service: number): number => service * INSTANCES + 1 + random.below(INSTANCES);
    return [one_of(client), one_of(server)] as const;
  });
}

interface Edge {
  readonly ends: Ends;
  readonly endpoint: string;
  calls: number;
  failed: number;
  total_us: number;
  max_us: number;
  readonly sketch: Sketch;
}

/** Calls of one window, by edge and endpoint. */
class Window {
  readonly interval_s: number;
  private readonly edges = new Map<string, Edge>();
  constructor(interval_s: number) {
    this.interval_s = interval_s;
  }

  add({ ends, endpoint, failed, duration_us }: Call): void {
    const key = `${ends[0]} ${ends[1]} ${endpoint}`;
    let edge = this.edges.get(key);
    if (edge === undefined) {
      edge = { ends, endpoint, calls: 0, failed: 0, total_us: 0, max_us: 0, sketch: new Sketch() };
      this.edges.set(key, edge);
    }
    edge.calls++;
    if (failed) edge.failed++;
    edge.total_us += duration_us;
    edge.max_us = Math.max(edge.max_us, duration_us);
    edge.sketch.add(duration_us);
  }

  /** A row for each end of every edge; empties the window. */
  take(time_s: number): { block: Uint8Array; rows: number } {
    const b = new BlockBuilder(agent_columns(APPLICATION_MAP));
    for (const edge of this.edges.values())
      for (const point of ['c-p', 's-p']) {
        b.u32(b.column('time'), time_s);
        b.u32(b.column('entity_id_0'), edge.ends[0]);
        b.u32(b.column('entity_id_1'), edge.ends[1]);
        b.u8(b.column('is_ipv4'), 1);
        b.u8(b.column('protocol'), 6);
        b.u16(b.column('server_port'), 8080);
        b.u16(b.column('signal_source'), EBPF);
        b.str(b.column('observation_point'), point);
        b.u8(b.column('l7_protocol'), HTTP1);
        b.str(b.column('endpoint'), edge.endpoint);
        b.i64(b.column('request'), edge.calls);
        b.i64(b.column('response'), edge.calls);
        b.i64(b.column('server_error'), edge.failed);
        b.i64(b.column('rrt_sum'), edge.total_us);
        b.i64(b.column('rrt_count'), edge.calls);
        b.i64(b.column('rrt_max'), edge.max_us);
        b.sketch(b.column('rrt_sketch'), edge.sketch);
        b.end_row();
      }
    const { rows } = b;
    this.edges.clear();
    return { block: b.take(), rows };
  }
}

/** Frames second by second; windows of seconds only with `fine`, of minutes always. */
export class Load {
  private readonly builder = new BlockBuilder(agent_columns(L7_FLOW_LOG));
  private readonly windows: readonly Window[];
  private readonly requests: Requests;
  private readonly name: string;
  private sequence = 0;

  constructor(name: string, fine: boolean) {
    this.name = name;
    this.windows = (fine ? [1, 60] : [60]).map((interval_s) => new Window(interval_s));
    const on_call = (call: Call): void => {
      for (const window of this.windows) window.add(call);
    };
    this.requests = new Requests(this.builder, { traced: true, ends: pairs(), on_call });
  }

  /** `calls` calls of a second, two rows each; windows that end with it too. */
  async second(time_s: number, calls: number): Promise<Buffer[]> {
    this.requests.second(time_s, calls);
    const { rows } = this.builder;
    const frames = [await this.frame(L7_FLOW_LOG, 0, rows, this.builder.take())];
    for (const window of this.windows) {
      if ((time_s + 1) % window.interval_s !== 0) continue;
      const taken = window.take(Math.floor(time_s / window.interval_s) * window.interval_s);
      frames.push(await this.frame(APPLICATION_MAP, window.interval_s, taken.rows, taken.block));
    }
    return frames;
  }

  private frame(d: RecordDefinition, interval_s: number, rows: number, block: Uint8Array): Promise<Buffer> {
    const header: BatchHeader = {
      agent: 'bench',
      boot: this.name,
      stream: `${d.table}.${interval_s}`,
      sequence: ++this.sequence,
      database: d.database,
      table: d.table,
      interval_s,
      rows,
      encoding: 'identity',
      entities: ENTITIES,
    };
    return encode_frame(header, block);
  }
}
