// DNS (RFC 1035, RFC 6891) over UDP, and over TCP behind two bytes of length. What each message becomes:
//
//   query, any opcode            request
//   response                     response, paired by id
import { u16be } from '../bytes.ts';
import { edns_attributes } from '../domain/edns.ts';
import type { Header } from '../domain/header.ts';
import { read_name, skip_name } from '../domain/name.ts';
import { read_records, type Records } from '../domain/records.ts';
import { rcode_name, TYPE, type_name } from '../domain/types.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
  type Status,
  new_message,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { HEADER_BYTES, read_header } from './header.ts';
import { infer } from './infer.ts';

const LENGTH_BYTES = 2;
const FORMERR = 1;
const NXDOMAIN = 3;

function status_of(rcode: number): Status {
  if (rcode === 0) return STATUS.ok;
  return rcode === FORMERR || rcode === NXDOMAIN ? STATUS.client_error : STATUS.server_error;
}

/** The message in [start, end), of which `end` may be a cut; undefined when it is none. */
function read_message(bytes: Uint8Array, start: number, end: number, options: ParseOptions): Message | undefined {
  const header = read_header(bytes, start, end);
  if (header === undefined) return undefined;
  const message = new_message(header.response ? MESSAGE_TYPE.response : MESSAGE_TYPE.request);
  message.request_id = header.id;
  let at = start + HEADER_BYTES;
  let qname = '';
  if (header.questions === 1) {
    const name_end = skip_name(bytes, at, end);
    const name = read_name(bytes, at, start, end);
    // A name that runs into the end of what was captured is only unknown.
    if (name !== undefined && name_end >= 0 && name_end + 4 <= end) {
      qname = name.length > options.string_bytes_max ? name.slice(0, options.string_bytes_max) : name;
      const type = u16be(bytes, name_end);
      message.request_type = type_name(type);
      message.request_resource = qname;
      message.endpoint = qname;
      if (type === TYPE.A || type === TYPE.AAAA) message.request_domain = qname;
      at = name_end + 4;
    } else {
      at = end;
    }
  }
  // A query has records only for EDNS, and with NOTIFY and UPDATE.
  if (!header.response && header.additionals === 0) return message;
  const records = read_records(bytes, start, at, end, header, qname);
  if (records.edns !== undefined) {
    [message.attribute_names, message.attribute_values] = edns_attributes(records.edns);
  }
  if (header.response) put_response(message, header, records, qname);
  return message;
}

function put_response(message: Message, header: Header, records: Records, qname: string): void {
  const rcode = header.rcode | (records.edns?.rcode_high ?? 0);
  message.response_status = status_of(rcode);
  message.response_code = rcode;
  if (rcode !== 0) message.response_exception = rcode_name(rcode);
  if (records.result !== '') message.response_result = records.result;
  if (records.names.length > 0 && qname !== '') message.names = records.names;
}

/** Whether all that the header counts is there already: a longer length in front of it is damaged. */
function ends_early(bytes: Uint8Array, start: number, end: number): boolean {
  const header = read_header(bytes, start, end);
  if (header?.questions !== 1) return false;
  const name_end = skip_name(bytes, start + HEADER_BYTES, end);
  if (name_end < 0 || name_end + 4 > end) return false;
  return read_records(bytes, start, name_end + 4, end, header, '').end >= 0;
}

class DnsParser implements Parser {
  private readonly options: ParseOptions;

  constructor(options: ParseOptions) {
    this.options = options;
  }

  parse(stream: Stream, _direction: Direction, emit: Emit): ParseState {
    return stream.datagram ? this.datagram(stream, emit) : this.segments(stream, emit);
  }

  private datagram(stream: Stream, emit: Emit): ParseState {
    const message = read_message(stream.bytes, stream.pos, stream.end, this.options);
    const length = stream.end - stream.pos + stream.hole;
    if (message === undefined) return 'not_mine';
    message.length = length;
    stream.mark();
    stream.advance(length);
    emit(message);
    return 'more';
  }

  private segments(stream: Stream, emit: Emit): ParseState {
    for (;;) {
      const { bytes, pos, end } = stream;
      if (end - pos < LENGTH_BYTES + HEADER_BYTES) return stream.hole > 0 ? 'lost' : 'more';
      const length = u16be(bytes, pos);
      const start = pos + LENGTH_BYTES;
      if (length < HEADER_BYTES || read_header(bytes, start, end) === undefined) {
        return stream.resync ? 'lost' : 'not_mine';
      }
      if (start + length > end && stream.hole === 0) {
        return ends_early(bytes, start, end) ? 'lost' : 'more';
      }
      const message = read_message(bytes, start, Math.min(end, start + length), this.options);
      if (message === undefined) return 'not_mine';
      message.length = LENGTH_BYTES + length;
      stream.mark();
      stream.advance(LENGTH_BYTES + length);
      emit(message);
    }
  }
}

export const protocol: Protocol = {
  card,
  infer,
  open: (options) => new DnsParser(options),
};
