// What each kind of packet becomes:
//
//   RequestPacket, normal       request
//   RequestPacket, one-way      request without response
//   RequestPacket from a server response in TUP (versions 2 and 3), whose status map has the return code
//   ResponsePacket              response; return code, its name and text
//   ResponsePacket with id 0    a message that the server pushes: session
//
// Buffers (arguments and results) are never kept; of the context only trace headers are looked at.
import {
  type Direction,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  STATUS,
  type Status,
  TO_CLIENT,
  new_message,
} from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { ONE_WAY, type Packet, read_packet, TUP, TUP_SIMPLE } from './packet.ts';

/** Return codes of the framework (RequestF.tars, "TARSSERVER..."). */
const CODE_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'ServerSuccess'],
  [-1, 'ServerDecodeErr'],
  [-2, 'ServerEncodeErr'],
  [-3, 'ServerNoFuncErr'],
  [-4, 'ServerNoServantErr'],
  [-5, 'ServerResetGrid'],
  [-6, 'ServerQueueTimeout'],
  [-7, 'InvokeTimeout'],
  [-8, 'ProxyConnectErr'],
  [-9, 'ServerOverload'],
  [-10, 'AdapterNull'],
  [-11, 'InvokeByInvalidEset'],
  [-12, 'ClientDecodeErr'],
  [-99, 'ServerUnknownErr'],
]);

function status_of(code: number): Status {
  if (code === 0) return STATUS.ok;
  return code <= -10 && code >= -12 ? STATUS.client_error : STATUS.server_error;
}

function put_names(message: Message, packet: Packet): void {
  if (packet.servant === undefined) return;
  message.request_resource = packet.servant;
  message.attribute_names = ['rpc_service'];
  message.attribute_values = [packet.servant];
  if (packet.func === undefined) return;
  message.request_type = packet.func;
  message.endpoint = `${packet.servant}/${packet.func}`;
}

function put_result(message: Message, code: number, text: string | undefined): void {
  const name = CODE_NAMES.get(code) ?? '';
  message.response_code = code;
  message.response_status = status_of(code);
  if (name !== '') message.response_result = name;
  if (code !== 0 && (text || name) !== '') message.response_exception = text || name;
}

export function read(
  bytes: Uint8Array,
  at: number,
  end: number,
  direction: Direction,
  options: ParseOptions,
): Message | undefined {
  const traces = new TracePairs(options);
  const status = new Map<string, string>();
  const packet = read_packet(bytes, at, end, options.string_bytes_max, (key, value) => {
    if (key === 'STATUS_RESULT_CODE' || key === 'STATUS_RESULT_DESC') status.set(key, value);
    else traces.note(key, value);
  });
  if (packet === undefined) return undefined;
  const message = new_message(MESSAGE_TYPE.request);
  message.request_id = packet.request_id;
  message.version = String(packet.version);
  if (packet.servant === undefined) {
    message.type = packet.request_id === 0 ? MESSAGE_TYPE.session : MESSAGE_TYPE.response;
    if (packet.code !== undefined) put_result(message, packet.code, packet.result);
    return message;
  }
  put_names(message, packet);
  const tup = packet.version === TUP || packet.version === TUP_SIMPLE;
  if (tup && direction === TO_CLIENT) {
    message.type = MESSAGE_TYPE.response;
    const code = Number(status.get('STATUS_RESULT_CODE') ?? 0);
    put_result(message, Number.isInteger(code) ? code : 0, status.get('STATUS_RESULT_DESC'));
    return message;
  }
  traces.put(message);
  if (packet.kind === ONE_WAY) message.one_way = true;
  return message;
}
