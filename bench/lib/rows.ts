// Request log rows as a busy host makes them, both ends of every call, for benches: jitter, log-normal times, 50 connections
// with their own TCP positions, ids in the paths, 2 % errors; with or without a random trace and span id a call.
import type { Column } from '../../packages/records/src/column.ts';
import type { BlockBuilder } from '../../packages/records/src/native/builder.ts';

const CONNECTIONS = 50;
const CLIENT = 7;
const SERVER = 9;
const PATHS = ['/', '/users/*', '/cart', '/checkout', '/static/app.js', '/api/v1/items'];
const LENGTHS = [612, 850, 1400, 230];

/** xorshift32: the same rows in every run. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  u32(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return this.state >>> 0;
  }
  /** 0 <= x < 1. */
  unit(): number {
    return this.u32() / 4_294_967_296;
  }
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.unit() + 1e-12)) * Math.cos(2 * Math.PI * this.unit());
  }
  hex(chars: number): string {
    let text = '';
    while (text.length < chars) text += this.u32().toString(16).padStart(8, '0');
    return text.slice(0, chars);
  }
}

interface Connection {
  readonly port: number;
  readonly ends: Ends;
  readonly flow_ids: readonly [number, number];
  readonly threads: readonly [number, number];
  cap_seq: number;
  req_seq: number;
  resp_seq: number;
}

/** Local ids of the client's and the server's entity. */
export type Ends = readonly [client: number, server: number];
export interface Call {
  readonly ends: Ends;
  readonly endpoint: string;
  readonly failed: boolean;
  readonly begin_us: number;
  readonly duration_us: number;
}
export interface RequestsOptions {
  readonly traced: boolean;
  readonly seed?: number;
  /** Who calls whom, a connection each, 50 at least; one client and one server unless said. */
  readonly ends?: readonly Ends[];
  readonly on_call?: (call: Call) => void;
}

export class Requests {
  /** Calls so far that answered 500. */
  failed = 0;
  private readonly random: Random;
  private readonly connections: Connection[];
  private readonly at: Readonly<Record<string, number>>;
  private readonly b: BlockBuilder;
  private readonly traced: boolean;
  private readonly on_call: ((call: Call) => void) | undefined;

  constructor(b: BlockBuilder, { traced, seed = 42, ends = [[CLIENT, SERVER]], on_call }: RequestsOptions) {
    this.b = b;
    this.traced = traced;
    this.on_call = on_call;
    this.random = new Random(seed);
    this.at = Object.fromEntries(b.columns.map((c: Column, i: number) => [c.name, i]));
    this.connections = Array.from({ length: Math.max(CONNECTIONS, ends.length) }, (_, i) => ({
      port: 32_768 + this.random.below(28_000),
      ends: ends[i % ends.length]!,
      flow_ids: [1e9 + i * 2 + this.random.below(1000) * 100, 1e9 + 50_000 + i * 2],
      threads: [4242 + (i & 3), 2000 + (i & 3)],
      cap_seq: 0,
      req_seq: this.random.u32(),
      resp_seq: this.random.u32(),
    }));
  }

  /** Appends one second of calls, two rows each. */
  second(time_s: number, calls: number): void {
    let us = time_s * 1e6;
    for (let i = 0; i < calls; i++) {
      us += Math.max(1, Math.round((-Math.log(this.random.unit() + 1e-9) * 1e6) / calls));
      this.call(us);
    }
  }

  private call(begin_us: number): void {
    const { random } = this;
    const c = this.connections[random.below(this.connections.length)]!;
    const duration_us = Math.round(Math.exp(5.5 + random.normal() * 0.6)) + 200;
    const sizes: [number, number] = [100 + random.below(6), LENGTHS[random.below(LENGTHS.length)]! + random.below(30)];
    const endpoint = PATHS[random.below(PATHS.length)]!;
    const resource = endpoint.replace('*', String(random.below(100_000)));
    const failed = random.unit() < 0.02;
    if (failed) this.failed++;
    this.on_call?.({ ends: c.ends, endpoint, failed, begin_us, duration_us });
    const ids = this.traced ? [random.hex(32), random.hex(16)] : [];
    for (const side of [0, 1] as const) {
      const start = begin_us + (side === 1 ? 40 + random.below(20) : 0);
      const end = begin_us + duration_us - (side === 1 ? 50 + random.below(20) : 0);
      this.ends(c, side, start, end);
      this.application(resource, endpoint, failed, sizes, ids);
      this.b.i64(this.at.response_duration!, end - start);
      this.b.end_row();
    }
    c.cap_seq += 2;
    c.req_seq = (c.req_seq + sizes[0]) >>> 0;
    c.resp_seq = (c.resp_seq + sizes[1]) >>> 0;
  }

  private ends(c: Connection, side: 0 | 1, start_us: number, end_us: number): void {
    const { b, at } = this;
    b.u32(at.time!, Math.floor(end_us / 1e6));
    b.i64(at.start_time!, start_us);
    b.i64(at.end_time!, end_us);
    b.i64(at.flow_id!, c.flow_ids[side]);
    b.u32(at.entity_id_0!, c.ends[0]);
    b.u32(at.entity_id_1!, c.ends[1]);
    b.u32(at.ip4_0!, 0x7f000001);
    b.u32(at.ip4_1!, 0x7f000001);
    b.u8(at.is_ipv4!, 1);
    b.u8(at.protocol!, 6);
    b.u16(at.server_port!, 8080);
    b.u16(at.client_port!, c.port);
    b.u16(at.signal_source!, 3);
    b.str(at.observation_point!, side === 0 ? 'c-p' : 's-p');
    b.i32(at.process_id_0!, 4242);
    b.i32(at.process_id_1!, c.threads[1]);
    b.str(at.process_kname_0!, 'client');
    b.str(at.process_kname_1!, 'server');
    b.u32(at.syscall_thread_0!, c.threads[side]);
    b.u32(at.syscall_thread_1!, c.threads[side]);
    b.u32(at.syscall_cap_seq_0!, c.cap_seq);
    b.u32(at.syscall_cap_seq_1!, c.cap_seq + 1);
    b.u32(at.req_tcp_seq!, c.req_seq);
    b.u32(at.resp_tcp_seq!, c.resp_seq);
  }

  private application(
    resource: string,
    endpoint: string,
    failed: boolean,
    sizes: readonly [number, number],
    ids: readonly string[],
  ): void {
    const { b, at } = this;
    b.u8(at.l7_protocol!, 20);
    b.str(at.version!, '1.1');
    b.u8(at.type!, 2);
    b.str(at.request_type!, this.random.unit() < 0.9 ? 'GET' : 'POST');
    b.str(at.request_domain!, 'shop.example:8080');
    b.str(at.request_resource!, resource);
    b.str(at.endpoint!, endpoint);
    b.i32(at.response_code!, failed ? 500 : 200);
    b.u8(at.response_status!, failed ? 3 : 0);
    if (failed) b.str(at.response_exception!, 'Internal Server Error');
    b.f64(at.sampling_rate!, 1);
    b.i64(at.request_length!, sizes[0]);
    b.i64(at.response_length!, sizes[1]);
    b.u32(at.captured_request_byte!, sizes[0]);
    b.u32(at.captured_response_byte!, sizes[1]);
    b.u8(at.direction_score!, 255);
    b.strs(at.attribute_names!, ['http_user_agent']);
    b.strs(at.attribute_values!, ['Mozilla/5.0 (X11; Linux x86_64) load/1.0']);
    if (ids.length === 0) return;
    b.str(at.trace_id!, ids[0]!);
    b.str(at.span_id!, ids[1]!);
  }
}
