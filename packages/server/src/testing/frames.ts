// Frames as an agent would send them, for tests and benches.
import {
  agent_columns,
  APPLICATION_MAP,
  type BatchHeader,
  type Entity,
  NO_ENTITY,
  ENTITY_TYPE,
  L7_FLOW_LOG,
  type RecordDefinition,
} from '@sonde/records';
import { BlockBuilder, encode_frame, Sketch } from '@sonde/records/codec';

export function entity(name: string, more: Partial<Entity> = {}): Entity {
  return {
    ...NO_ENTITY,
    type: ENTITY_TYPE.process,
    name,
    service: name,
    service_type: ENTITY_TYPE.process,
    host: 'h1',
    executable: `/usr/bin/${name}`,
    command_line: `${name} --serve`,
    ...more,
  };
}

export interface BatchShape {
  readonly sequence: number;
  readonly rows: number;
  readonly agent?: string;
  readonly boot?: string;
  readonly time_s?: number;
  /** Client and server entities in local numbering. */
  readonly entities?: BatchHeader['entities'];
  readonly encoding?: BatchHeader['encoding'];
}

const header = (d: RecordDefinition, interval_s: number, shape: BatchShape): BatchHeader => ({
  agent: shape.agent ?? 'agent-1',
  boot: shape.boot ?? 'boot-1',
  stream: `${d.table}.${interval_s}`,
  sequence: shape.sequence,
  database: d.database,
  table: d.table,
  interval_s,
  rows: shape.rows,
  encoding: shape.encoding ?? 'identity',
  entities: shape.entities ?? [
    { local: 7, entity: entity('wrk') },
    { local: 9, entity: entity('nginx') },
  ],
});

const PATHS = ['/', '/users/1', '/users/2', '/cart', '/checkout', '/static/app.js', '/api/v1/items?id=?'];

/** Request log rows that look like a busy HTTP server's; flow_id counts through all batches. */
export function log_frame(shape: BatchShape): Promise<Buffer> {
  const b = new BlockBuilder(agent_columns(L7_FLOW_LOG));
  const at = Object.fromEntries(b.columns.map((c, i) => [c.name, i])) as Record<string, number>;
  const time = shape.time_s ?? Math.floor(Date.now() / 1000);
  for (let i = 0; i < shape.rows; i++) {
    const n = shape.sequence * 1_000_000 + i;
    const connection = (n * 7919) % 50;
    const start_us = time * 1e6 + i * 50;
    const duration_us = 150 + ((n * 104_729) % 2000);
    b.u32(at.time!, time);
    b.i64(at.start_time!, start_us);
    b.i64(at.end_time!, start_us + duration_us);
    b.i64(at.flow_id!, n);
    b.u32(at.entity_id_0!, 7);
    b.u32(at.entity_id_1!, 9);
    b.u32(at.ip4_0!, 0x7f000001);
    b.u32(at.ip4_1!, 0x7f000001);
    b.u8(at.is_ipv4!, 1);
    b.u8(at.protocol!, 6);
    b.u16(at.server_port!, 8080);
    b.u16(at.client_port!, 40_000 + connection);
    b.u16(at.signal_source!, 3);
    b.str(at.observation_point!, i % 2 === 0 ? 'c-p' : 's-p');
    b.i32(at.process_id_0!, 4242);
    b.i32(at.process_id_1!, 4343);
    b.str(at.process_kname_0!, 'wrk');
    b.str(at.process_kname_1!, 'nginx');
    b.u32(at.syscall_thread_0!, 4242);
    b.u32(at.syscall_thread_1!, 4343);
    b.u32(at.syscall_cap_seq_0!, i * 2);
    b.u32(at.syscall_cap_seq_1!, i * 2 + 1);
    b.u32(at.req_tcp_seq!, connection * 90_000_000 + i * 120);
    b.u32(at.resp_tcp_seq!, connection * 70_000_000 + i * 850);
    b.u8(at.l7_protocol!, 20);
    b.str(at.version!, '1.1');
    b.u8(at.type!, 2);
    b.str(at.request_type!, i % 10 === 0 ? 'POST' : 'GET');
    b.str(at.request_domain!, 'shop.example:8080');
    b.str(at.request_resource!, PATHS[n % PATHS.length]!);
    b.str(at.endpoint!, PATHS[n % PATHS.length]!.split('?')[0]!);
    b.i32(at.response_code!, i % 50 === 0 ? 500 : 200);
    b.u8(at.response_status!, i % 50 === 0 ? 3 : 0);
    b.f64(at.sampling_rate!, 1);
    b.i64(at.response_duration!, duration_us);
    b.i64(at.request_length!, 120);
    b.i64(at.response_length!, 850);
    b.u32(at.captured_request_byte!, 120);
    b.u32(at.captured_response_byte!, 850);
    b.u8(at.direction_score!, 255);
    b.end_row();
  }
  return encode_frame(header(L7_FLOW_LOG, 0, shape), b.take());
}

/** Edges of one window: `rows` endpoints, a request each. */
export function map_frame(shape: BatchShape, interval_s = 1): Promise<Buffer> {
  const b = new BlockBuilder(agent_columns(APPLICATION_MAP));
  const sketch = new Sketch();
  for (let i = 0; i < shape.rows; i++) {
    sketch.reset();
    for (let k = 0; k < 20; k++) sketch.add(200 + ((i * 31 + k * 17) % 300));
    b.u32(b.column('time'), Math.floor((shape.time_s ?? Date.now() / 1000) / interval_s) * interval_s);
    b.u32(b.column('entity_id_0'), 7);
    b.u32(b.column('entity_id_1'), 9);
    b.str(b.column('observation_point'), 's-p');
    b.u8(b.column('l7_protocol'), 20);
    b.str(b.column('endpoint'), `/e/${i}`);
    b.i64(b.column('request'), 1);
    b.i64(b.column('response'), 1);
    b.i64(b.column('rrt_sum'), 300);
    b.i64(b.column('rrt_count'), 1);
    b.i64(b.column('rrt_max'), 300);
    b.sketch(b.column('rrt_sketch'), sketch);
    b.end_row();
  }
  return encode_frame(header(APPLICATION_MAP, interval_s, shape), b.take());
}
