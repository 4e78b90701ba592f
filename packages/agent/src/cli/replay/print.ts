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
import { address } from './address.ts';
import type { Lines } from './lines.ts';

/** A field of a line: its name with what separates it from the field before, and its place among those printed. */
interface Field {
  readonly name: string;
  readonly prefix: Uint8Array;
  readonly bit: number;
}

const fields: Field[] = [];
const field = (name: string): Field => {
  const made = { name, prefix: Buffer.from(`,"${name}":`), bit: 2 ** fields.length };
  fields.push(made);
  return made;
};
// At most 31, as many as a set of bits has.
const FIELD = {
  type: field('type'),
  msg_type: field('msg_type'),
  version: field('version'),
  request_type: field('request_type'),
  request_domain: field('request_domain'),
  request_resource: field('request_resource'),
  endpoint: field('endpoint'),
  request_id: field('request_id'),
  trace_id: field('trace_id'),
  span_id: field('span_id'),
  parent_span_id: field('parent_span_id'),
  x_request_id: field('x_request_id'),
  http_proxy_client: field('http_proxy_client'),
  response_status: field('response_status'),
  response_code: field('response_code'),
  response_exception: field('response_exception'),
  response_result: field('response_result'),
  sql_affected_rows: field('sql_affected_rows'),
  interim: field('interim'),
  one_way: field('one_way'),
  length: field('length'),
  request_length: field('request_length'),
  response_length: field('response_length'),
  rrt_us: field('rrt_us'),
};
/** Bits of what may be printed, by name; 0: every line has it. */
const BIT_OF = new Map<string, number>([
  ...['time', 'l7_protocol', 'transport', 'client_ip', 'client_port', 'server_ip', 'server_port'].map(
    (name) => [name, 0] as const,
  ),
  ...fields.map(({ name, bit }) => [name, bit] as const),
]);

/** Value of a table -> its name, quoted. */
const names_of = (table: Readonly<Record<string, number>>): Uint8Array[] => {
  const names: Uint8Array[] = [];
  for (const [name, value] of Object.entries(table)) names[value] = Buffer.from(`"${name}"`);
  return names;
};
const TYPE_NAMES = names_of(MESSAGE_TYPE);
const STATUS_NAMES = names_of(STATUS);
const TIME = Buffer.from('{"time":"');
const TRUE = Buffer.from('true');
const END = Buffer.from('}');
/** The last moment that a Date can tell, ms. */
const DATE_MS_MAX = 8.64e15;

/** The part of a flow's lines that stays the same. */
interface Ends {
  readonly is_client: boolean;
  readonly json: Uint8Array;
}

/** Moments are ns after `base_ms` (epoch); printed with microseconds, in UTC. */
export class Printer {
  base_ms = 0;
  readonly #lines: Lines;
  /** Fields of this line so far. */
  #printed = 0;
  /** Names of attributes of this line so far. */
  readonly #attributes = new Set<string>();
  readonly #protocols: (Uint8Array | undefined)[] = [];
  #second = -1;
  #second_base_ms = -1;
  #second_text = '';

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** One message. A response is given its request, whose endpoint and attributes it carries. */
  message(flow: Flow, card: Card, message: Message, request?: Message): void {
    this.#head(flow, message.l7_protocol ?? card.id, message);
    this.#constant(FIELD.msg_type, TYPE_NAMES[message.type]!);
    this.#request_fields(message, undefined, message.endpoint ?? request?.endpoint);
    if (message.type !== MESSAGE_TYPE.request && message.response_status !== undefined) {
      this.#constant(FIELD.response_status, STATUS_NAMES[message.response_status]!);
    }
    this.#response_fields(message);
    if (message.interim) this.#constant(FIELD.interim, TRUE);
    if (message.one_way) this.#constant(FIELD.one_way, TRUE);
    this.#number(FIELD.length, message.length);
    if (request) this.#number(FIELD.rrt_us, rrt_us(request, message));
    this.#add_attributes(message, request);
    this.#end();
  }

  /** One row as the request log has it. */
  call(flow: Flow, card: Card, request?: Message, response?: Message, status?: Status, type?: MessageType): void {
    const first = request ?? response;
    if (!first) return;
    this.#head(flow, request?.l7_protocol ?? response?.l7_protocol ?? card.id, first);
    this.#constant(FIELD.type, TYPE_NAMES[type ?? first.type]!);
    // What the request says holds; the response adds what only it knows.
    const second = first === response ? undefined : response;
    this.#request_fields(first, second, first.endpoint ?? second?.endpoint);
    this.#constant(FIELD.response_status, STATUS_NAMES[status ?? STATUS.unknown]!);
    this.#response_fields(response ?? first);
    this.#number(FIELD.request_length, request?.length);
    this.#number(FIELD.response_length, response?.length);
    if (request && response) this.#number(FIELD.rrt_us, rrt_us(request, response));
    this.#add_attributes(first, second);
    this.#end();
  }

  #head(flow: Flow, l7_protocol: number, message: Message): void {
    const lines = this.#lines;
    this.#printed = 0;
    lines.raw(TIME);
    this.#time(message.begin_ns ?? 0);
    this.#protocols[l7_protocol] ??= protocol_json(l7_protocol);
    lines.raw(this.#protocols[l7_protocol]!);
    // Nothing aggregates here: the slot is this printer's.
    const known = flow.aggregate_slot as Ends | undefined;
    const ends = known?.is_client === flow.is_client ? known : { is_client: flow.is_client, json: ends_json(flow) };
    if (ends !== known) flow.aggregate_slot = ends;
    lines.raw(ends.json);
  }

  #time(moment_ns: number): void {
    const us = Math.floor(moment_ns / 1000);
    const second = Math.floor(us / 1e6);
    if (second !== this.#second || this.base_ms !== this.#second_base_ms) {
      this.#second = second;
      this.#second_base_ms = this.base_ms;
      const moment = new Date(Math.min(this.base_ms + second * 1000, DATE_MS_MAX));
      this.#second_text = moment.toISOString().slice(0, -4);
    }
    this.#lines.ascii(this.#second_text);
    this.#lines.digits(us - second * 1e6, 6);
  }

  #end(): void {
    this.#lines.raw(END);
    this.#lines.end_line();
  }

  /** `second` tells what `first` leaves out. */
  #request_fields(first: Message, second: Message | undefined, endpoint: string | undefined): void {
    this.#text(FIELD.version, first.version ?? second?.version);
    this.#text(FIELD.request_type, first.request_type ?? second?.request_type);
    this.#text(FIELD.request_domain, first.request_domain ?? second?.request_domain);
    this.#text(FIELD.request_resource, first.request_resource ?? second?.request_resource);
    this.#text(FIELD.endpoint, endpoint);
    this.#number(FIELD.request_id, first.request_id ?? second?.request_id);
    this.#text(FIELD.trace_id, first.trace_id ?? second?.trace_id);
    this.#text(FIELD.span_id, first.span_id ?? second?.span_id);
    this.#text(FIELD.parent_span_id, first.parent_span_id ?? second?.parent_span_id);
    this.#text(FIELD.x_request_id, first.x_request_id ?? second?.x_request_id);
    this.#text(FIELD.http_proxy_client, first.http_proxy_client ?? second?.http_proxy_client);
  }

  #response_fields(message: Message): void {
    this.#number(FIELD.response_code, message.response_code);
    this.#text(FIELD.response_exception, message.response_exception);
    this.#text(FIELD.response_result, message.response_result);
    this.#number(FIELD.sql_affected_rows, message.sql_affected_rows);
  }

  #text({ prefix, bit }: Field, text: string | undefined): void {
    if (text === undefined) return;
    this.#printed |= bit;
    this.#lines.raw(prefix);
    this.#lines.string(text);
  }

  #number({ prefix, bit }: Field, value: number | undefined): void {
    if (value === undefined) return;
    this.#printed |= bit;
    this.#lines.raw(prefix);
    this.#lines.number(value);
  }

  #constant({ prefix, bit }: Field, json: Uint8Array): void {
    this.#printed |= bit;
    this.#lines.raw(prefix);
    this.#lines.raw(json);
  }

  /** Attributes stand beside the fields under their own names; a field of the same name, and the first, goes first. */
  #add_attributes(first: Message, second: Message | undefined): void {
    if (first.attribute_names === undefined && second?.attribute_names === undefined) return;
    this.#attributes.clear();
    this.#add_attributes_of(first);
    if (second !== undefined) this.#add_attributes_of(second);
  }

  #add_attributes_of({ attribute_names, attribute_values }: Message): void {
    if (attribute_names === undefined) return;
    const lines = this.#lines;
    for (let i = 0; i < attribute_names.length; i++) {
      const name = attribute_names[i]!;
      const bit = BIT_OF.get(name);
      if (bit !== undefined && (bit === 0 || (this.#printed & bit) !== 0)) continue;
      const before = this.#attributes.size;
      if (this.#attributes.add(name).size === before) continue;
      lines.ascii(',');
      lines.string(name);
      lines.ascii(':');
      const value = attribute_values?.[i] ?? '';
      const list = value.startsWith('["') ? as_list(value) : undefined;
      if (list === undefined) lines.string(value);
      else lines.json(list);
    }
  }
}

const protocol_json = (id: number): Uint8Array =>
  Buffer.from(`Z","l7_protocol":${JSON.stringify(card_by_id(id)?.display_name ?? String(id))}`);

const ends_json = (flow: Flow): Uint8Array => {
  const local = { ip: address(flow.local, flow.family), port: flow.local_port };
  const remote = { ip: address(flow.remote, flow.family), port: flow.remote_port };
  const [client, server] = flow.is_client ? [local, remote] : [remote, local];
  return Buffer.from(
    `,"transport":"${transport_name(flow.transport)}","client_ip":"${client.ip}","client_port":${client.port},` +
      `"server_ip":"${server.ip}","server_port":${server.port}`,
  );
};

/** Several texts under one name are kept as a JSON list and printed as one; undefined when it only looks like one. */
const as_list = (value: string): string | undefined => {
  try {
    return JSON.stringify(JSON.parse(value));
  } catch {
    return undefined;
  }
};

const rrt_us = (request: Message, response: Message): number =>
  Math.max(0, Math.round(((response.begin_ns ?? 0) - (request.begin_ns ?? 0)) / 1000));
