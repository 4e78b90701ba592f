// Writes calls as rows of flow_log.l7_flow_log.
import type { Message } from '@sonde/protocols';
import { ENCRYPTED, type Flow, type Rows, type Vantage } from '../call.ts';
import { EndColumns } from './metric-rows.ts';

/** A call that is to become a row. */
export interface LoggedCall {
  readonly flow: Flow;
  readonly l7_protocol: number;
  readonly request: Message | undefined;
  readonly response: Message | undefined;
  readonly status: number;
  readonly type: number;
  /** 0 = unknown. */
  readonly rrt_us: number;
  readonly end_ns: number;
}

export interface Wall {
  wall_us(moment_ns: number): number;
}

const NAMES = [
  'time',
  'start_time',
  'end_time',
  'flow_id',
  'is_ipv4',
  'protocol',
  'server_port',
  'client_port',
  'signal_source',
  'observation_point',
  'process_id_0',
  'process_id_1',
  'process_kname_0',
  'process_kname_1',
  'syscall_thread_0',
  'syscall_thread_1',
  'syscall_cap_seq_0',
  'syscall_cap_seq_1',
  'req_tcp_seq',
  'resp_tcp_seq',
  'l7_protocol',
  'version',
  'type',
  'is_tls',
  'request_type',
  'request_domain',
  'request_resource',
  'endpoint',
  'request_id',
  'response_status',
  'response_code',
  'response_exception',
  'response_result',
  'trace_id',
  'span_id',
  'parent_span_id',
  'x_request_id_0',
  'x_request_id_1',
  'http_proxy_client',
  'attribute_names',
  'attribute_values',
  'sampling_rate',
  'response_duration',
  'request_length',
  'response_length',
  'sql_affected_rows',
  'captured_request_byte',
  'captured_response_byte',
  'direction_score',
] as const;
type Name = (typeof NAMES)[number];

export class L7Rows {
  private readonly rows: Rows;
  private readonly at: Readonly<Record<Name, number>>;
  private readonly ends: readonly [EndColumns, EndColumns];
  private readonly wall: Wall;
  private readonly kname: (pid: number) => string;
  private readonly vantage: Vantage;

  constructor(rows: Rows, wall: Wall, kname: (pid: number) => string, vantage: Vantage) {
    this.rows = rows;
    this.vantage = vantage;
    this.at = Object.fromEntries(NAMES.map((name) => [name, rows.block.column(name)])) as Record<Name, number>;
    this.ends = [new EndColumns(rows, '_0'), new EndColumns(rows, '_1')];
    this.wall = wall;
    this.kname = kname;
  }

  write(call: LoggedCall, sampling_rate: number): void {
    const { at } = this;
    const { block } = this.rows;
    const { request, response } = call;
    const end_us = this.wall.wall_us(call.end_ns);
    const begin_ns = request?.begin_ns ?? call.end_ns;
    block.u32(at.time, Math.floor(end_us / 1e6));
    block.i64(at.start_time, this.wall.wall_us(begin_ns));
    block.i64(at.end_time, end_us);
    this.flow(call.flow, request?.pid ?? response?.pid ?? call.flow.pid);
    block.u8(at.l7_protocol, call.l7_protocol);
    block.u8(at.type, call.type);
    if (call.l7_protocol === ENCRYPTED) block.u8(at.is_tls, 1);
    block.u8(at.response_status, call.status);
    block.f64(at.sampling_rate, sampling_rate);
    if (call.rrt_us > 0) block.i64(at.response_duration, call.rrt_us);
    if (request !== undefined) this.request(request);
    if (response !== undefined) this.response(response);
    this.either(request, response);
    this.rows.end_row();
  }

  private flow(flow: Flow, pid: number): void {
    const { at } = this;
    const { block } = this.rows;
    const { is_client } = flow;
    block.i64(at.flow_id, flow.id);
    this.ends[0].write(flow.entity_0, flow.family, is_client ? flow.local : flow.remote);
    this.ends[1].write(flow.entity_1, flow.family, is_client ? flow.remote : flow.local);
    block.u8(at.is_ipv4, flow.family === 4 ? 1 : 0);
    block.u8(at.protocol, flow.transport);
    block.u16(at.client_port, is_client ? flow.local_port : flow.remote_port);
    block.u16(at.server_port, is_client ? flow.remote_port : flow.local_port);
    block.u16(at.signal_source, this.vantage.signal_source);
    block.str(at.observation_point, is_client ? this.vantage.client_point : this.vantage.server_point);
    block.i32(is_client ? at.process_id_0 : at.process_id_1, pid);
    block.str(is_client ? at.process_kname_0 : at.process_kname_1, this.kname(pid));
    if (flow.peer_pid > 0) {
      block.i32(is_client ? at.process_id_1 : at.process_id_0, flow.peer_pid);
      block.str(is_client ? at.process_kname_1 : at.process_kname_0, this.kname(flow.peer_pid));
    }
    block.u8(at.direction_score, flow.direction_score);
  }

  private request(m: Message): void {
    const { at } = this;
    const { block } = this.rows;
    if (m.request_type !== undefined) block.str(at.request_type, m.request_type);
    if (m.request_domain !== undefined) block.str(at.request_domain, m.request_domain);
    if (m.request_resource !== undefined) block.str(at.request_resource, m.request_resource);
    if (m.x_request_id !== undefined) block.str(at.x_request_id_0, m.x_request_id);
    if (m.http_proxy_client !== undefined) block.str(at.http_proxy_client, m.http_proxy_client);
    if (m.length !== undefined) block.i64(at.request_length, m.length);
    block.u32(at.syscall_thread_0, m.tid ?? 0);
    block.u32(at.syscall_cap_seq_0, m.cap_seq ?? 0);
    block.u32(at.req_tcp_seq, m.tcp_seq ?? 0);
    block.u32(at.captured_request_byte, m.captured_bytes ?? 0);
  }

  private response(m: Message): void {
    const { at } = this;
    const { block } = this.rows;
    if (m.x_request_id !== undefined) block.str(at.x_request_id_1, m.x_request_id);
    if (m.length !== undefined) block.i64(at.response_length, m.length);
    block.u32(at.syscall_thread_1, m.tid ?? 0);
    block.u32(at.syscall_cap_seq_1, m.cap_seq ?? 0);
    block.u32(at.resp_tcp_seq, m.tcp_seq ?? 0);
    block.u32(at.captured_response_byte, m.captured_bytes ?? 0);
  }

  /** What either message may carry; the request's word counts first, the outcome is the response's. */
  private either(q: Message | undefined, r: Message | undefined): void {
    const { at } = this;
    this.text(at.version, q?.version ?? r?.version);
    this.text(at.endpoint, q?.endpoint ?? r?.endpoint);
    this.text(at.trace_id, q?.trace_id ?? r?.trace_id);
    this.text(at.span_id, q?.span_id ?? r?.span_id);
    this.text(at.parent_span_id, q?.parent_span_id ?? r?.parent_span_id);
    this.text(at.response_exception, r?.response_exception ?? q?.response_exception);
    this.text(at.response_result, r?.response_result ?? q?.response_result);
    if (q === undefined) {
      this.text(at.request_type, r?.request_type);
      this.text(at.request_domain, r?.request_domain);
      this.text(at.request_resource, r?.request_resource);
    }
    const { block } = this.rows;
    const request_id = q?.request_id ?? r?.request_id;
    if (request_id !== undefined) block.i64(at.request_id, request_id);
    const code = r?.response_code ?? q?.response_code;
    if (code !== undefined) block.i32(at.response_code, code);
    const affected = r?.sql_affected_rows ?? q?.sql_affected_rows;
    if (affected !== undefined) block.i64(at.sql_affected_rows, affected);
    this.attributes(q, r);
  }

  private attributes(q: Message | undefined, r: Message | undefined): void {
    const names = q?.attribute_names ?? r?.attribute_names;
    if (names === undefined) return;
    const { block } = this.rows;
    const also = q?.attribute_names !== undefined && r?.attribute_names !== undefined ? r : undefined;
    const values = (q?.attribute_names !== undefined ? q.attribute_values : r?.attribute_values) ?? [];
    block.strs(this.at.attribute_names, also === undefined ? names : names.concat(also.attribute_names!));
    block.strs(this.at.attribute_values, also === undefined ? values : values.concat(also.attribute_values ?? []));
  }

  private text(column: number, value: string | undefined): void {
    if (value !== undefined && value !== '') this.rows.block.str(column, value);
  }
}
