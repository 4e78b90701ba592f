// Multicast DNS: one datagram is one message.
import { type_name } from '../domain/types.ts';
import {
  type Direction,
  type Emit,
  type Message,
  MESSAGE_TYPE,
  new_message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  STATUS,
} from '../protocol.ts';
import type { Stream } from '../stream.ts';
import { card } from './card.ts';
import { infer } from './infer.ts';
import { type Contents, read_contents } from './message.ts';
import type { Kind } from './messages.ts';

const TRANSPORT_LABEL = /^(.*\.)?(_[^.]+\._(?:tcp|udp)\..*)$/i;
const REVERSE = /\.(in-addr|ip6)\.arpa$/i;

/** What a name is about: a kind of service, whatever its instance is called; a host else. */
export function endpoint_of(name: string): string {
  const service = TRANSPORT_LABEL.exec(name);
  if (service !== null) return service[2]!;
  const reverse = REVERSE.exec(name);
  return reverse === null ? name : `${reverse[1]!.toLowerCase()}.arpa`;
}

class MdnsParser implements Parser {
  readonly #options: ParseOptions;
  /** The last name, and its endpoint. */
  #name = '';
  #endpoint = '';

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  parse(stream: Stream, _direction: Direction, emit: Emit): ParseState {
    const { bytes, pos, end, hole } = stream;
    const contents = read_contents(bytes, pos, end);
    if (contents === undefined) return 'not_mine';
    const length = end - pos + hole;
    stream.mark();
    stream.advance(length);
    const { header } = contents;
    const goes_on = !header.response && header.questions === 0;
    if (header.opcode !== 0 || goes_on || contents.name === '') return 'more';
    const message = header.response ? this.#answer(contents) : this.#query(contents);
    message.length = length;
    emit(message);
    if (message.type === MESSAGE_TYPE.request) {
      const begun = new_message(MESSAGE_TYPE.response, STATUS.unknown);
      begun.request_id = header.id;
      begun.interim = true;
      begun.unfinished = true;
      emit(begun);
    }
    return 'more';
  }

  #message(contents: Contents, kind: Kind, type: Message['type']): Message {
    const { name } = contents;
    if (name !== this.#name) {
      this.#name = name;
      this.#endpoint = endpoint_of(name);
    }
    const message = new_message(type);
    message.request_type = type_name(contents.type);
    message.request_resource = name;
    message.endpoint = this.#endpoint;
    message.attribute_names = ['mdns_kind'];
    message.attribute_values = [kind];
    if (type === MESSAGE_TYPE.session) message.one_way = true;
    else message.request_id = contents.header.id;
    return message;
  }

  #query(contents: Contents): Message {
    const { header, questions, unicast_wanted } = contents;
    const kind = header.authorities > 0 ? 'probe' : 'query';
    const direct = header.id !== 0 && kind === 'query';
    const message = this.#message(contents, kind, direct ? MESSAGE_TYPE.request : MESSAGE_TYPE.session);
    const text_max = this.#options.string_bytes_max >> 2;
    message.request_resource = questions.length > text_max ? questions.slice(0, text_max) : questions;
    if (unicast_wanted) this.#add(message, 'mdns_unicast_wanted', '1');
    if (header.answers > 0) this.#add(message, 'mdns_known_answers', String(header.answers));
    return message;
  }

  #answer(contents: Contents): Message {
    const { header, result, names, goodbye } = contents;
    const direct = header.id !== 0 && header.questions > 0;
    const kind = goodbye ? 'goodbye' : 'answer';
    const message = this.#message(contents, kind, direct ? MESSAGE_TYPE.response : MESSAGE_TYPE.session);
    message.response_status = STATUS.ok;
    const text_max = this.#options.string_bytes_max >> 2;
    if (result !== '') message.response_result = result.length > text_max ? result.slice(0, text_max) : result;
    if (names.length > 0) message.names = names;
    return message;
  }

  #add(message: Message, name: string, value: string): void {
    message.attribute_names!.push(name);
    message.attribute_values!.push(value);
  }
}

export const protocol: Protocol = { card, infer, open: (options) => new MdnsParser(options) };
