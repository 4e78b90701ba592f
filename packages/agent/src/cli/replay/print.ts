// Messages and calls as JSON lines. Field names as in the records; what is unknown is left out.
import {
  type Card,
  card_by_id,
  MESSAGE_TYPE,
  type Message,
  type MessageType,
  STATUS,
  type Status,
} from '@sonde/protocols';
import { transport_name } from '../../capture/event.ts';
import type { Flow } from '../../call.ts';

const name_of = (table: Readonly<Record<string, number>>, value: number): string =>
  Object.entries(table).find(([, number]) => number === value)?.[0] ?? String(value);

/** Fields in the order in which they are printed. */
const REQUEST_FIELDS = [
  'version',
  'request_type',
  'request_domain',
  'request_resource',
  'endpoint',
  'request_id',
  'trace_id',
  'span_id',
  'parent_span_id',
  'x_request_id',
  'http_proxy_client',
] as const satisfies readonly (keyof Message)[];
const RESPONSE_FIELDS = [
  'response_code',
  'response_exception',
  'response_result',
  'sql_affected_rows',
] as const satisfies readonly (keyof Message)[];

type Line = Record<string, unknown>;

/** Moments are ns after `base_ms` (epoch); printed with microseconds, in UTC. */
export class Printer {
  base_ms = 0;
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** One message. A response is given its request, whose endpoint and attributes it carries. */
  message(flow: Flow, card: Card, message: Message, request?: Message): void {
    const line = this.#head(flow, card, message);
    line.msg_type = name_of(MESSAGE_TYPE, message.type);
    copy(line, REQUEST_FIELDS, message);
    if (message.endpoint === undefined && request?.endpoint !== undefined) line.endpoint = request.endpoint;
    if (message.type !== MESSAGE_TYPE.request && message.response_status !== undefined) {
      line.response_status = name_of(STATUS, message.response_status);
    }
    copy(line, RESPONSE_FIELDS, message);
    if (message.interim) line.interim = true;
    if (message.one_way) line.one_way = true;
    if (message.length !== undefined) line.length = message.length;
    add_attributes(line, message);
    if (request) add_attributes(line, request);
    if (request) line.rrt_us = rrt_us(request, message);
    this.#write(JSON.stringify(line));
  }

  /** One row as the request log has it. */
  call(flow: Flow, card: Card, request?: Message, response?: Message, status?: Status, type?: MessageType): void {
    const first = request ?? response;
    if (!first) return;
    const line = this.#head(flow, card, first);
    if (response?.l7_protocol !== undefined)
      line.l7_protocol = shown_name(request?.l7_protocol ?? response.l7_protocol);
    line.type = name_of(MESSAGE_TYPE, type ?? first.type);
    // What the request says holds; the response adds what only it knows.
    if (response) copy(line, REQUEST_FIELDS, response);
    if (request) copy(line, REQUEST_FIELDS, request);
    line.response_status = name_of(STATUS, status ?? STATUS.unknown);
    copy(line, RESPONSE_FIELDS, response ?? first);
    if (request?.length !== undefined) line.request_length = request.length;
    if (response?.length !== undefined) line.response_length = response.length;
    add_attributes(line, first);
    if (request && response) add_attributes(line, response);
    if (request && response) line.rrt_us = rrt_us(request, response);
    this.#write(JSON.stringify(line));
  }

  #head(flow: Flow, card: Card, message: Message): Line {
    const local = address(flow.local, flow.family);
    const remote = address(flow.remote, flow.family);
    return {
      time: iso_us(this.base_ms, message.begin_ns ?? 0),
      l7_protocol: shown_name(message.l7_protocol ?? card.id),
      msg_type: undefined,
      type: undefined,
      transport: transport_name(flow.transport),
      client_ip: flow.is_client ? local : remote,
      client_port: flow.is_client ? flow.local_port : flow.remote_port,
      server_ip: flow.is_client ? remote : local,
      server_port: flow.is_client ? flow.remote_port : flow.local_port,
    };
  }
}

const shown_name = (id: number): string => card_by_id(id)?.display_name ?? String(id);

const copy = (line: Line, fields: readonly (keyof Message)[], message: Message): void => {
  for (const field of fields) if (message[field] !== undefined) line[field] = message[field];
};

/** Attributes stand beside the fields under their own names; a field of the same name goes first. */
const add_attributes = (line: Line, message: Message): void => {
  message.attribute_names?.forEach((name, i) => {
    line[name] ??= as_list(message.attribute_values?.[i] ?? '');
  });
};

/** Several texts under one name are kept as a JSON list and printed as one. */
const as_list = (value: string): unknown => {
  if (!value.startsWith('["')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

const rrt_us = (request: Message, response: Message): number =>
  Math.max(0, Math.round(((response.begin_ns ?? 0) - (request.begin_ns ?? 0)) / 1000));

const iso_us = (base_ms: number, moment_ns: number): string => {
  const us = Math.floor(moment_ns / 1000);
  const whole_ms = Math.floor(us / 1000);
  const iso = new Date(base_ms + whole_ms).toISOString();
  return `${iso.slice(0, -1)}${String(us - whole_ms * 1000).padStart(3, '0')}Z`;
};

/** Text of an address; IPv6 in the short form of RFC 5952. */
export const address = (bytes: Uint8Array, family: number): string => {
  if (family === 4) return bytes.subarray(0, 4).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const runs = groups.map((_, i) => {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    return end - i;
  });
  const longest = Math.max(...runs);
  const text = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (longest < 2) return text(groups);
  const at = runs.indexOf(longest);
  return `${text(groups.slice(0, at))}::${text(groups.slice(at + longest))}`;
};
