// HTTP/1.0 and HTTP/1.1 (RFC 9110, RFC 9112). Messages are emitted when their header section is complete; bodies are
// passed over by their length, so that neither their bytes nor holes in them matter.
import { CR, intern, LF, starts_with } from '../bytes.ts';
import {
  type Direction,
  type Emit,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type Parser,
  type ParseState,
  type Protocol,
  type Succession,
  TO_SERVER,
} from '../protocol.ts';
import { type BodyWatch, watch_bodies } from '../http/watch.ts';
import type { Stream } from '../stream.ts';
import {
  body_length,
  chunk_size,
  copy_framing,
  MODE,
  new_side,
  read_data,
  type Side,
  trailers,
  until_close,
} from './body.ts';
import { card } from './card.ts';
import { FIELD, type Framing, Head } from './head.ts';
import { infer } from './infer.ts';
import { request_message, response_message, type StartLine } from './messages.ts';
import { method_length } from './methods.ts';
import { ASKED, type Asked, Requests } from './requests.ts';
import { method_end, status_line, version_start } from './start-line.ts';

/** Beyond this a header section is cut: what stands behind is not stored. */
const HEAD_BYTES_MAX = 65_536;
const STATUS_PREFIX = 'HTTP/1.';
const UPGRADE_BYTES_MAX = 64;
const VALUE_BYTES_MAX = 256;
/** Upgrade tokens (RFC 6455 section 4.2.2, RFC 7540 section 3.2) and the protocols that they lead to. */
const UPGRADES: Readonly<Record<string, string>> = { websocket: 'websocket', h2c: 'http2' };

// Scratch of one parse call; parsing is synchronous.
const line: StartLine = { at: 0, method_end: 0, target: 0, target_end: 0, version: '', status: 0 };
let shared_head: Head | undefined;
let shared_head_options: ParseOptions | undefined;

function head_for(options: ParseOptions): Head {
  if (shared_head === undefined || shared_head_options !== options) {
    shared_head = new Head(options);
    shared_head_options = options;
  }
  return shared_head;
}

function text_of(bytes: Uint8Array, head: Head, field: number): string {
  return head.has(field) ? intern(bytes, head.start(field), head.end(field), VALUE_BYTES_MAX) : '';
}

/** Index behind the empty line that ends a header section, or -1. */
function empty_line(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    if (bytes[at] !== LF) continue;
    if (bytes[at + 1] === LF && at + 1 < end) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF && at + 2 < end) return at + 3;
  }
  return -1;
}

function skip_empty_lines(stream: Stream): void {
  while (stream.pos < stream.end && (stream.bytes[stream.pos] === CR || stream.bytes[stream.pos] === LF)) {
    stream.advance(1);
  }
}

/** What the request in `line` asks for, as far as it changes its response's framing. */
function asked_by(bytes: Uint8Array): Asked {
  const length = line.method_end - line.at;
  if (length === 4 && starts_with(bytes, line.at, line.method_end, 'HEAD')) return ASKED.head;
  if (length === 7 && starts_with(bytes, line.at, line.method_end, 'CONNECT')) return ASKED.connect;
  return ASKED.other;
}

class Http1Parser implements Parser {
  private readonly options: ParseOptions;
  private readonly requests = new Requests();
  next: Succession | undefined = undefined;
  /** What the one outstanding request wants learnt of the bodies. */
  private watch: BodyWatch | undefined = undefined;
  /** Requests since the last final response. */
  private unanswered = 0;
  /** Id of the card whose API the peers' header fields told; 0: none did. */
  private known = 0;
  private readonly sides = [new_side(), new_side()] as const;

  constructor(options: ParseOptions) {
    this.options = options;
  }

  parse(stream: Stream, direction: Direction, emit: Emit): ParseState {
    const side = this.sides[direction];
    side.emit = emit;
    if (stream.resync) {
      if (side.reader !== undefined) this.finish(side);
      side.mode = MODE.head;
      side.scanned = 0;
      this.requests.lost();
    }
    for (;;) {
      const state = this.step(side, stream, direction, emit);
      const waits = state === undefined || state === 'more';
      if (side.reader !== undefined && (side.mode === MODE.head || !waits || stream.ended)) this.finish(side);
      if (state !== undefined) return state;
    }
  }

  /** One unit of the direction's mode; undefined = go on. */
  private step(side: Side, stream: Stream, direction: Direction, emit: Emit): ParseState | undefined {
    switch (side.mode) {
      case MODE.head:
        return this.head(side, stream, direction, emit);
      case MODE.head_rest:
        return this.head_rest(side, stream, direction);
      case MODE.chunk_size:
        return chunk_size(side, stream);
      case MODE.trailers:
        return trailers(side, stream);
      case MODE.data:
      case MODE.chunk_data:
        return read_data(side, stream, direction === TO_SERVER, this.sides[1 - direction]!.messages);
      default:
        return until_close(side, stream);
    }
  }

  private head(side: Side, stream: Stream, direction: Direction, emit: Emit): ParseState | undefined {
    // Empty lines before a start line are to be ignored (RFC 9112 section 2.2).
    if (!stream.resync) skip_empty_lines(stream);
    if (stream.pos === stream.end) return stream.hole > 0 ? 'lost' : 'more';
    const { bytes, pos, end } = stream;
    if (side.scanned > 0) {
      const found = empty_line(bytes, pos + Math.max(0, side.scanned - 3), end);
      if (found < 0 && stream.hole === 0 && end - pos < HEAD_BYTES_MAX) {
        side.scanned = end - pos;
        return 'more';
      }
    }
    const after_line = this.start_line(stream, direction);
    if (after_line === 0) return stream.resync ? 'lost' : 'not_mine';
    if (after_line < 0 && (stream.hole === 0 || !this.cut_start_line(stream, direction))) {
      if (stream.hole > 0 || end - pos >= HEAD_BYTES_MAX) return 'lost';
      side.scanned = end - pos;
      return 'more';
    }
    const head = head_for(this.options);
    head.reset();
    const head_end = after_line < 0 ? -1 : head.read(bytes, after_line, end);
    if (head_end < 0 && stream.hole === 0 && end - pos < HEAD_BYTES_MAX) {
      side.scanned = end - pos;
      return 'more';
    }
    side.scanned = 0;
    return this.message(side, stream, direction, emit, head, head_end);
  }

  /** Emits the message at `pos`. `head_end` -1: its header section is cut by a hole or by the limit. */
  private message(side: Side, stream: Stream, direction: Direction, emit: Emit, head: Head, head_end: number) {
    const { bytes, pos, end } = stream;
    const options = this.options;
    const is_request = direction === TO_SERVER;
    // A response that did not wait for the end of its request, which is told first.
    if (!is_request && line.status >= 200 && this.sides[TO_SERVER].held !== undefined)
      this.finish(this.sides[TO_SERVER]);
    const message = is_request
      ? request_message(bytes, line, head, options)
      : response_message(bytes, line, head, options);
    if (head.has(FIELD.upgrade)) this.upgrade(head.text(bytes, FIELD.upgrade, UPGRADE_BYTES_MAX), message);
    if (is_request) {
      this.requests.sent(asked_by(bytes), stream.outstanding);
    } else {
      side.status = line.status;
      side.asked = message.interim === true ? ASKED.other : this.requests.answered();
      // Whatever was asked for is refused.
      if (line.status >= 200) this.next = undefined;
    }
    side.messages++;
    side.others = this.sides[1 - direction]!.messages;
    const no_body = head_end >= 0 && !is_request && this.answers_head(side, bytes, head_end, end);
    if (head_end >= 0) {
      message.length = head_end - pos + (no_body ? 0 : Math.max(0, body_length(side, head, is_request)));
    }
    stream.mark();
    if (head_end >= 0) stream.advance(head_end - pos);
    else if (stream.hole > 0) stream.advance(end - pos);
    else stream.advance(head.unfinished - pos);
    if (head_end >= 0 && message.interim !== true) this.watch_body(side, is_request, bytes, head, message);
    const holds = side.reader !== undefined && (!is_request || this.watch?.holds === true);
    if (holds) side.held = message;
    else emit(message);
    if (head_end >= 0) return this.body(side, stream, direction, head, no_body);
    if (stream.hole > 0) return 'lost';
    side.framing = copy_framing(head);
    side.mode = MODE.head_rest;
    return undefined;
  }

  /** Finds out which API the exchange belongs to, and gives the side a reader where the body tells what the headers do not. */
  private watch_body(side: Side, is_request: boolean, bytes: Uint8Array, head: Head, message: Message): void {
    const kind = head.kind();
    if (kind !== 0) this.known = kind;
    if (is_request) this.watch_request(side, bytes, head, message);
    else {
      const { watch } = this;
      this.watch = undefined;
      this.unanswered = 0;
      const told = kind || (watch?.kind ?? 0);
      if (told !== 0) message.l7_protocol ??= told;
      if (watch === undefined) return;
      side.reader = watch.answers(text_of(bytes, head, FIELD.type), text_of(bytes, head, FIELD.coding), side.status);
    }
  }

  private watch_request(side: Side, bytes: Uint8Array, head: Head, message: Message): void {
    const target = message.request_resource ?? '';
    const query = target.indexOf('?');
    const found = watch_bodies({
      method: message.request_type ?? '',
      path: query < 0 ? target : target.slice(0, query),
      content_type: text_of(bytes, head, FIELD.type),
      content_encoding: text_of(bytes, head, FIELD.coding),
      user_agent: text_of(bytes, head, FIELD.user_agent),
      known: this.known,
      options: this.options,
    });
    if (found?.kind !== undefined && message.l7_protocol === undefined) {
      message.l7_protocol = found.kind;
      found.put?.(message);
    }
    // In a pipeline it would not be sure whose the bodies are. A response that was lost makes none for longer than one exchange.
    this.watch = this.unanswered++ > 0 ? undefined : found;
    side.reader = this.watch?.asks;
  }

  /** The body has been read as far as it will be. */
  private finish(side: Side): void {
    const { held, reader } = side;
    side.reader = undefined;
    side.held = undefined;
    if (held === undefined) return;
    reader?.finish(held);
    side.emit(held);
  }

  /** A request asks to change the protocol, a response 101 grants it (RFC 9110 section 7.8). */
  private upgrade(value: string, message: Message): void {
    if (message.type === MESSAGE_TYPE.request) {
      const { request_domain, endpoint } = message;
      this.next = {
        name: '',
        ...(request_domain === undefined ? {} : { domain: request_domain }),
        ...(endpoint === undefined ? {} : { endpoint }),
      };
    } else if (message.response_code === 101) {
      this.next = { ...this.next, name: UPGRADES[value.toLowerCase()] ?? '' };
    }
  }

  /** Fills `line`. Index behind the start line; 0: this is none; -1: it does not end yet. */
  private start_line(stream: Stream, direction: Direction): number {
    const { bytes, pos, end } = stream;
    line.at = pos;
    line.version = '';
    if (direction === TO_SERVER) {
      const to = stream.resync ? pos + method_length(bytes, pos, end) : method_end(bytes, pos, end);
      if (to === 0 || to === pos) return 0;
      if (to < pos) return -1;
      line.method_end = to;
      line.target = to + 1;
    } else {
      line.status = status_line(bytes, pos, end);
      if (line.status <= 0) return line.status;
      line.target = Math.min(end, pos + 'HTTP/1.1 200 '.length);
    }
    let line_end = pos;
    while (line_end < end && bytes[line_end] !== LF) line_end++;
    if (line_end === end) {
      line.target_end = end;
      return -1;
    }
    if (direction === TO_SERVER) {
      const version = version_start(bytes, line.target, line_end);
      if (version < 0) return 0;
      line.version = bytes[version + 7] === 48 ? '1.0' : '1.1';
      line.target_end = version - 1;
    } else {
      line.version = bytes[pos + 7] === 48 ? '1.0' : '1.1';
      line.target = Math.min(line.target, line_end);
      line.target_end = bytes[line_end - 1] === CR && line_end - 1 >= line.target ? line_end - 1 : line_end;
    }
    return line_end + 1;
  }

  /** Whether a start line that a hole cuts says enough: the status code, or the method and some of the target. */
  private cut_start_line(stream: Stream, direction: Direction): boolean {
    const { bytes, pos, end } = stream;
    if (direction !== TO_SERVER) {
      if (status_line(bytes, pos, end) <= 0) return false;
      line.version = bytes[pos + 7] === 48 ? '1.0' : '1.1';
      return true;
    }
    return method_length(bytes, pos, end) > 0 && line.target < end;
  }

  /** Decides how the body behind a complete header section is passed over (RFC 9112 section 6.3). */
  private body(
    side: Side,
    stream: Stream,
    direction: Direction,
    framing: Framing,
    no_body: boolean,
  ): ParseState | undefined {
    const is_request = direction === TO_SERVER;
    if (!is_request && (side.status === 101 || (side.asked === ASKED.connect && side.status < 300))) {
      if (side.status === 101 || side.status >= 200) return 'done';
    }
    side.mode = MODE.head;
    const length = body_length(side, framing, is_request);
    if (length === 0 || no_body) return undefined;
    if (framing.chunked) {
      side.mode = MODE.chunk_size;
      return undefined;
    }
    if (length === -2 || (is_request && framing.unframed_coding)) return 'lost';
    if (length > 0 && side.reader !== undefined) {
      side.left = length;
      side.suspicious = 0;
      side.mode = MODE.data;
    } else if (length > 0) stream.advance(length);
    else side.mode = MODE.until_close;
    return undefined;
  }

  /** A response to HEAD has no body whatever its headers say; when unsure of the request, the next bytes tell. */
  private answers_head(side: Side, bytes: Uint8Array, head_end: number, end: number): boolean {
    const visible = end - head_end >= STATUS_PREFIX.length;
    const response_follows = visible && starts_with(bytes, head_end, end, STATUS_PREFIX);
    if (side.asked === ASKED.head) {
      if (response_follows || !visible) return true;
      this.requests.lost();
      return false;
    }
    return (side.asked === ASKED.unknown || !this.requests.sure) && response_follows;
  }

  /** Behind a cut header section: nothing is stored any more, but the body's framing is still read. */
  private head_rest(side: Side, stream: Stream, direction: Direction): ParseState | undefined {
    const head = head_for(this.options);
    head.reset();
    Object.assign(head, side.framing);
    const { pos, end } = stream;
    const head_end = head.read(stream.bytes, pos, end);
    if (head_end < 0) {
      side.framing = copy_framing(head);
      stream.advance(head.unfinished - pos);
      return stream.hole > 0 || end - stream.pos >= HEAD_BYTES_MAX ? 'lost' : 'more';
    }
    stream.advance(head_end - pos);
    const no_body = direction !== TO_SERVER && this.answers_head(side, stream.bytes, stream.pos, end);
    return this.body(side, stream, direction, head, no_body);
  }
}

export const protocol: Protocol = {
  card,
  infer,
  open: (options) => new Http1Parser(options),
};
