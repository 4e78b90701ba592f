// What a request's row says.
import { type Message, MESSAGE_TYPE, type ParseOptions } from '../protocol.ts';
import { type Found, read_fields } from './fields.ts';
import { JuteReader } from './jute.ts';
import { CREATE_MODES, type Operation, WATCH_MODES } from './messages.ts';

const SLASH = 47;
const SEGMENTS = 2;
/** Servers add the number of a sequential node as so many digits. */
const SEQUENCE_DIGITS = 10;
/** The node that `reconfig` changes (ZooDefs.CONFIG_NODE). */
const CONFIG_NODE = '/zookeeper/config';

const reader = new JuteReader();

function digit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The first two segments of a path, without the number of a sequential node. */
export function endpoint_of(path: string): string {
  let end = path.length;
  let slashes = 0;
  for (let at = 0; at < end; at++) if (path.charCodeAt(at) === SLASH && ++slashes > SEGMENTS) end = at;
  let digits = 0;
  while (digits < SEQUENCE_DIGITS && digit(path.charCodeAt(end - 1 - digits))) digits++;
  if (digits === SEQUENCE_DIGITS) end -= SEQUENCE_DIGITS;
  return end === path.length ? path : path.slice(0, end);
}

export function add_attribute(message: Message, name: string, value: string): void {
  message.attribute_names ??= [];
  message.attribute_values ??= [];
  message.attribute_names.push(name);
  message.attribute_values.push(value);
}

function resource_of(found: Found): string | undefined {
  return found.path ?? found.scheme ?? found.servers ?? found.members?.join(', ');
}

function place_of(found: Found): string | undefined {
  if (found.servers !== undefined) return CONFIG_NODE;
  if (found.path !== undefined) return endpoint_of(found.path);
  const path = found.members?.find((member) => member.includes(' '));
  return path === undefined ? undefined : endpoint_of(path.slice(path.indexOf(' ') + 1));
}

/** The request whose record stands in [at, end), as far as it does. */
export function request_message(
  operation: Operation,
  xid: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  options: ParseOptions,
): Message {
  const message: Message = { type: MESSAGE_TYPE.request, request_type: operation.name, request_id: xid >>> 0 };
  if (operation.fields === '') return message;
  const max = options.string_bytes_max;
  const found = read_fields(reader.begin(bytes, at, end), operation.fields, max);
  const resource = resource_of(found);
  if (resource !== undefined) message.request_resource = resource.slice(0, max);
  const endpoint = place_of(found);
  if (endpoint !== undefined) message.endpoint = endpoint;
  const kind = found.flags === undefined ? WATCH_MODES[found.watch_mode ?? -1] : CREATE_MODES[found.flags];
  if (kind !== undefined) add_attribute(message, 'mode', kind);
  if (found.watch) add_attribute(message, 'watch', 'true');
  return message;
}
