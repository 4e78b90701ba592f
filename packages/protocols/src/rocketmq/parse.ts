// RocketMQ's remoting protocol between clients, brokers, name servers and controllers.
import { FrameParser, type FrameRead } from '../framing/parser.ts';
import { type Direction, MESSAGE_TYPE, type Message, type ParseOptions, type Protocol, STATUS } from '../protocol.ts';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { card } from './card.ts';
import { body_at, command_size, type Header, is_one_way, is_response, read_header } from './header.ts';
import { infer } from './infer.ts';
import { outcome, request_name, version_name } from './messages.ts';
import { batch_properties, stored_properties } from './stored.ts';

/** Headers, and first messages of bodies, are waited for up to this. */
const WANTED_BYTES = 16_384;
/** Requests of a server have numbers of its own: their ids begin here. */
const SERVERS_IDS = 0x1_0000_0000;
/** Characters between a property's name and value, and behind the value (MessageDecoder). */
const NAME_END = '\u0001';
const VALUE_END = '\u0002';
const PROPERTIES_MAX = 256;

function read(bytes: Uint8Array, at: number, end: number, direction: Direction, options: ParseOptions): FrameRead {
  const header = read_header(bytes, at, end, options.string_bytes_max);
  // A header that is cut does not tell what it belongs to.
  if (header === 'part') return 'ignored';
  if (header === undefined) return undefined;
  const message = is_response(header) ? response(header) : request(header);
  const asker = is_response(header) ? TO_CLIENT : TO_SERVER;
  message.request_id = direction === asker ? header.opaque : header.opaque + SERVERS_IDS;
  message.version = version_name(header.version);
  put_properties(header, bytes, body_at(bytes, at), end, message, options);
  return message;
}

function request(header: Header): Message {
  const { topic, queue_id, group } = header;
  const message: Message = { type: MESSAGE_TYPE.request, request_type: request_name(header.code) };
  if (is_one_way(header)) {
    message.type = MESSAGE_TYPE.session;
    message.one_way = true;
  }
  if (group !== undefined) message.request_domain = group;
  if (topic !== undefined) {
    message.request_resource = topic;
    // -1 stands for any queue.
    message.endpoint = queue_id === undefined || queue_id.startsWith('-') ? topic : `${topic}-${queue_id}`;
  }
  const [names, values] = [[] as string[], [] as string[]];
  const add = (name: string, value: string | undefined): void => {
    if (value === undefined) return;
    names.push(name);
    values.push(value);
  };
  add('topic', topic);
  add('group_id', group);
  add('queue_id', queue_id);
  if (names.length > 0) {
    message.attribute_names = names;
    message.attribute_values = values;
  }
  return message;
}

function response(header: Header): Message {
  const [name, status] = outcome(header.code, header.version);
  const message: Message = {
    type: MESSAGE_TYPE.response,
    response_code: header.code,
    response_status: status,
    response_result: name,
  };
  if (status !== STATUS.ok) message.response_exception = header.remark || name;
  return message;
}

/** Trace context and key: of the header's properties, else of the first message in the body. */
function put_properties(
  header: Header,
  bytes: Uint8Array,
  body: number,
  end: number,
  message: Message,
  options: ParseOptions,
): void {
  const traces = new TracePairs(options);
  if (header.properties !== undefined) look_through(header.properties, message, traces);
  if (traces.put(message) || body >= end) return;
  const properties = header.batch === 'true' ? batch_properties : stored_properties;
  const found = properties(bytes, body, end, options.string_bytes_max);
  if (found === undefined) return;
  look_through(found, message, traces);
  traces.put(message);
}

function look_through(properties: string, message: Message, traces: TracePairs): void {
  let at = 0;
  for (let n = 0; n < PROPERTIES_MAX && at < properties.length; n++) {
    const name_end = properties.indexOf(NAME_END, at);
    if (name_end < 0) return;
    const next = properties.indexOf(VALUE_END, name_end);
    const value_end = next < 0 ? properties.length : next;
    const name = properties.slice(at, name_end);
    const value = properties.slice(name_end + 1, value_end);
    if (name === 'UNIQ_KEY') message.x_request_id ??= value;
    else traces.note(name, value);
    at = value_end + 1;
  }
}

function open(options: ParseOptions): FrameParser {
  return new FrameParser({
    size: command_size,
    wanted: WANTED_BYTES,
    read: (bytes, at, end, _length, direction) => read(bytes, at, end, direction, options),
  });
}

export const protocol: Protocol = { card, infer, open };
