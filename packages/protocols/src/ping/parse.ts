// Echoes of one identifier to one peer: each datagram is a message, and the sequence number pairs them.
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseState,
  type Parser,
  type Protocol,
  STATUS,
  TO_SERVER,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { type Echo, echo_at } from './echo.ts';
import { infer } from './infer.ts';
import { FRAGMENTATION_NEEDED } from './messages.ts';

class PingParser implements Parser {
  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const { bytes, pos, end, hole } = stream;
    const echo = echo_at(bytes, pos, end);
    if (echo === undefined || (echo.kind === 'request') !== (direction === TO_SERVER)) return 'not_mine';
    const length = end - pos + hole;
    stream.mark();
    stream.advance(length);
    emit(echo.kind === 'request' ? request_of(echo, length) : response_of(echo, length));
    return 'more';
  }
}

function request_of(echo: Echo, length: number): Message {
  return {
    type: MESSAGE_TYPE.request,
    request_type: 'Echo',
    request_resource: String(echo.identifier),
    request_id: echo.sequence,
    length,
  };
}

function response_of(echo: Echo, length: number): Message {
  const { error, type, code } = echo;
  const response: Message = {
    type: MESSAGE_TYPE.response,
    request_id: echo.sequence,
    response_status: STATUS.ok,
    length,
  };
  if (error === undefined) return response;
  const too_large = type === FRAGMENTATION_NEEDED.type && code === FRAGMENTATION_NEEDED.code;
  const detail = error.codes[code];
  response.response_status = too_large ? STATUS.client_error : error.status;
  response.response_code = code;
  response.response_exception = detail === undefined ? error.name : `${error.name}: ${detail}`;
  return response;
}

export const protocol: Protocol = { card, infer, open: () => new PingParser() };
