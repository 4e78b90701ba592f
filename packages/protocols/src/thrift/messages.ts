// What each message type (thrift-rpc.md) becomes:
//
//   CALL                        request
//   ONEWAY                      request without response
//   REPLY                       response; an error when the result is an exception that the method declares
//   EXCEPTION                   response; type and text of the TApplicationException
//
// Arguments and results are never kept.
import { MESSAGE_TYPE, type Message, type ParseOptions, STATUS, new_message } from '../protocol.ts';
import { CALL, EXCEPTION, type Head, ONE_WAY } from './header.ts';
import { STOP, STRING, STRUCT, ThriftReader } from './values.ts';

const I32 = 8;
/** TApplicationException, field 2. */
const EXCEPTION_NAMES = [
  ...['UNKNOWN', 'UNKNOWN_METHOD', 'INVALID_MESSAGE_TYPE', 'WRONG_METHOD_NAME', 'BAD_SEQUENCE_ID', 'MISSING_RESULT'],
  ...['INTERNAL_ERROR', 'PROTOCOL_ERROR', 'INVALID_TRANSFORM', 'INVALID_PROTOCOL', 'UNSUPPORTED_CLIENT_TYPE'],
];
const CLIENT_ERRORS = new Set([1, 2, 3, 7, 8, 9, 10]);

function request(head: Head): Message {
  const message = new_message(MESSAGE_TYPE.request);
  message.request_id = head.sequence;
  // Multiplexed: the service stands before a colon.
  const colon = head.name.indexOf(':');
  const service = colon < 0 ? '' : head.name.slice(0, colon);
  const method = head.name.slice(colon + 1);
  message.request_type = method;
  message.endpoint = service === '' ? method : `${service}/${method}`;
  if (service !== '') {
    message.request_resource = service;
    message.attribute_names = ['rpc_service'];
    message.attribute_values = [service];
  }
  if (head.type === ONE_WAY) message.one_way = true;
  return message;
}

/** The first text among the fields of a struct, and the first number. */
function text_and_number(reader: ThriftReader, max: number): { text?: string; number?: number } {
  const found: { text?: string; number?: number } = {};
  for (let type = reader.head(); type > STOP; type = reader.head()) {
    if (type === STRING && found.text === undefined) {
      const text = reader.string(max);
      if (text !== undefined) found.text = text;
    } else if (type === I32 && found.number === undefined) {
      const number = reader.i32();
      if (number !== undefined) found.number = number;
    } else if (!reader.value(type)) break;
    if (reader.fault !== undefined) break;
  }
  return found;
}

function response(head: Head, reader: ThriftReader, max: number): Message {
  const message = new_message(MESSAGE_TYPE.response);
  message.request_id = head.sequence;
  message.response_status = STATUS.ok;
  if (head.type === EXCEPTION) {
    const { text, number = 0 } = text_and_number(reader, max);
    message.response_code = number;
    message.response_status = CLIENT_ERRORS.has(number) ? STATUS.client_error : STATUS.server_error;
    message.response_exception = text || (EXCEPTION_NAMES[number] ?? 'UNKNOWN');
    return message;
  }
  // Field 0 is the result; every other is an exception of the method's declaration.
  const type = reader.head();
  if (type !== STRUCT || reader.field === 0) return message;
  reader.field = 0;
  message.response_status = STATUS.server_error;
  message.response_exception = text_and_number(reader, max).text ?? 'exception';
  return message;
}

/** The message whose head was read; `end` may be a cut. */
export function read(bytes: Uint8Array, head: Head, end: number, compact: boolean, options: ParseOptions): Message {
  if (head.type === CALL || head.type === ONE_WAY) return request(head);
  return response(head, new ThriftReader(bytes, head.at, end, compact), options.string_bytes_max);
}
