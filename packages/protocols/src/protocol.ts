// The contract of an application protocol. One folder a protocol:
//
//   <name>/card.ts    what it is: ids, names, unit of a row, how requests find responses   (data only)
//   <name>/infer.ts   does this first piece of a connection look like mine?
//   <name>/parse.ts   bytes of one connection, both directions -> messages
//   <name>/pair.ts    only when neither 'order' nor 'id' pairs its messages
//
// How the shared code calls it:
//
//   1. A connection begins unclaimed. Every protocol's `infer` sees the first bytes of each direction; the best score
//      claims. Content decides; `port_hints` only break ties.
//   2. The claimer's `open` gives a Parser that lives as long as the claim. Its `parse` is called each time bytes (or a
//      hole) arrived on a direction; it consumes whole messages from the Stream and hands each to `emit`.
//   3. A parser that returns 'not_mine' three times loses the connection, which is then inferred afresh.
//
// Parsers are pure: bytes in, messages out. They must never throw on any bytes, must not keep a reference to
// Stream.bytes after returning, and must bound what they remember of a connection (see `MEMORY_MAX` users).
import type { Stream } from './stream.ts';

/** Towards the server (the side that accepted) or from it. Index into two-element arrays. */
export const TO_SERVER = 0;
export const TO_CLIENT = 1;
export type Direction = typeof TO_SERVER | typeof TO_CLIENT;

/** `response_status` as stored, numbers of DeepFlow. */
export const STATUS = { ok: 0, timeout: 2, server_error: 3, client_error: 4, unknown: 5, parse_failed: 6 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

/** `type` as stored: a lone request, a lone response, a complete session (paired, or one-way by nature). */
export const MESSAGE_TYPE = { request: 0, response: 1, session: 2 } as const;
export type MessageType = (typeof MESSAGE_TYPE)[keyof typeof MESSAGE_TYPE];

/** `Card.capture_bytes` of protocols whose messages are many in one call: as much as the capture can take. */
export const WHOLE_CALLS = 2_097_152;

/** What carries a conversation. */
export type Transport = 'tcp' | 'udp' | 'icmp';

/** What a protocol is, without any code of it: all that server and page need to know. */
export interface Card {
  /** `l7_protocol` as stored; below 128, DeepFlow's number where it has one. */
  readonly id: number;
  /** Folder name, also the name in settings and `--protocol-hint PORT=NAME`. */
  readonly name: string;
  /** As shown to people and by `Enum(l7_protocol)`. */
  readonly display_name: string;
  /** 'both': TCP and UDP. 'icmp': echo requests, their replies and the errors about them, one a datagram, ICMP header included. */
  readonly transport: Transport | 'both';
  /** One sentence: what one row (one unit of `request`) is. */
  readonly unit: string;
  /** One sentence: when a response counts as client error and when as server error. */
  readonly status_meaning: string;
  /** How a response finds its request: position in its direction, or `request_id`. */
  readonly pairing: 'order' | 'id';
  /** Ports that break a tie between equal inference scores. Never sufficient. */
  readonly port_hints: readonly number[];
  /**
   * Bytes of a system call to capture once claimed, 0 to WHOLE_CALLS. Many small messages may lie in one call (pipelines,
   * streams), and one whose boundary was not captured is lost; bodies that nobody reads cost their copy.
   */
  readonly capture_bytes: number;
  /** A request without response for this long becomes `timeout`, seconds. */
  readonly timeout_s: number;
  /** Word the page uses to pick an icon: 'web' | 'database' | 'cache' | 'queue' | 'name' | 'rpc' | 'lock'. */
  readonly icon: string;
  /**
   * Its messages are how peers agree to encrypt; one protocol has it. What the connection carries is told as encrypted
   * traffic under this card, whether or not its parser is allowed, and the parser is given every connection that begins
   * to encrypt: those that begin so, and those whose parser says 'encrypted'. It ends with 'encrypted' itself.
   */
  readonly encrypts?: true;
}

/**
 * A card without a parser of its own: rows that another protocol's parser recognised in its messages (gRPC within
 * HTTP/2) and marked with this card's id in `Message.l7_protocol`.
 */
export interface VariantCard<Of extends string = string> extends Card {
  /** Name of the card whose parser finds it. */
  readonly variant_of: Of;
}

/** What `infer` says of the first bytes of one direction. Higher wins; 0 is no. */
export interface Guess {
  /** 0 no; 1 possible; 2 likely; 3 certain (a signature that nothing else begins with). */
  readonly score: 0 | 1 | 2 | 3;
  /** Whether the bytes are a request or a response; tells the roles where the kernel could not. */
  readonly says: 'request' | 'response' | 'either';
  /** True when a longer prefix could raise the score; asked again with more bytes, at most 3 times. */
  readonly more?: boolean;
}
export const NO_GUESS: Guess = { score: 0, says: 'either' };

/** One parsed message. Absent = unknown; an empty string is a value. All strings already redacted when options say so. */
export interface Message {
  /** request and response are paired by the session stage; session = one-way, stored as it is. */
  type: MessageType;
  request_type?: string;
  request_domain?: string;
  request_resource?: string;
  endpoint?: string;
  version?: string;
  /** Stream, correlation or transaction id, unsigned. The pairing key where the card says 'id'. */
  request_id?: number;
  response_status?: Status;
  response_code?: number;
  response_exception?: string;
  response_result?: string;
  trace_id?: string;
  span_id?: string;
  parent_span_id?: string;
  x_request_id?: string;
  http_proxy_client?: string;
  sql_affected_rows?: number;
  /** Length of the whole message on the wire in bytes, body included, as far as known at emission. */
  length?: number;
  /** Further attributes, parallel arrays: `attribute_names` / `attribute_values`. */
  attribute_names?: string[];
  attribute_values?: string[];
  /** A request that never gets a response (Redis CLIENT REPLY OFF, COM_STMT_CLOSE): stored as session at once. */
  one_way?: boolean;
  /** A response that is not the final one (HTTP 100), or a part of what comes as another message: seen, never paired. */
  interim?: boolean;
  /**
   * A response of which no byte was seen: it stands for one that must have been there, so that those behind it find their
   * requests. It begins when it is emitted. With status `unknown` it becomes no row; its request does, as without response.
   */
  unseen?: boolean;
  /**
   * Of an interim response: it has begun, and how it ends will come as another response of the same id. When that does
   * not come in time, this one stands (a stream that lives for hours is no timeout). Only where the card pairs by 'id'.
   */
  unfinished?: boolean;
  /** Protocol id when it differs from the claiming card (gRPC inside HTTP2). */
  l7_protocol?: number;
  /** What the message teaches of names: `address` was given as the answer for `name`. Bounded by the parser. */
  names?: NamedAddress[];
  // Set by Stream/emit, never by a parser:
  /** Moment of the message's first byte, ns on the source's monotonic clock. */
  begin_ns?: number;
  /** Moment of its last byte seen so far, ns. */
  end_ns?: number;
  /** TCP sequence of its first byte; 0 for datagrams. */
  tcp_seq?: number;
  /** Per-socket number of the event that carried its first byte. */
  cap_seq?: number;
  /** Bytes that were captured of that event. */
  captured_bytes?: number;
  /** Thread and process that sent or received the first byte. */
  pid?: number;
  tid?: number;
}

/**
 * A message of which no more is known yet. All that are made here have one layout, which makes completing and reading them
 * several times faster than objects that grow property by property: parsers make their messages by this function only.
 */
export function new_message(type: MessageType, response_status?: Status): Message {
  const message: Record<keyof Message, unknown> = {
    type,
    request_type: undefined,
    request_domain: undefined,
    request_resource: undefined,
    endpoint: undefined,
    version: undefined,
    request_id: undefined,
    response_status,
    response_code: undefined,
    response_exception: undefined,
    response_result: undefined,
    trace_id: undefined,
    span_id: undefined,
    parent_span_id: undefined,
    x_request_id: undefined,
    http_proxy_client: undefined,
    sql_affected_rows: undefined,
    length: undefined,
    attribute_names: undefined,
    attribute_values: undefined,
    one_way: undefined,
    interim: undefined,
    unseen: undefined,
    unfinished: undefined,
    l7_protocol: undefined,
    names: undefined,
    begin_ns: undefined,
    end_ns: undefined,
    tcp_seq: undefined,
    cap_seq: undefined,
    captured_bytes: undefined,
    pid: undefined,
    tid: undefined,
  };
  return message as unknown as Message;
}

/** The same said again, of the same layout. */
export function copy_message(message: Message): Message {
  return Object.assign(new_message(message.type), message);
}

/** What was said is unsaid; `delete` would leave the message without its layout. */
export function forget(message: Message, field: Exclude<keyof Message, 'type'>): void {
  (message as { [name in keyof Message]: unknown })[field] = undefined;
}

/** A name and the address that it resolved to, in text, for `ttl_s` seconds. */
export interface NamedAddress {
  name: string;
  address: string;
  ttl_s: number;
}

export type Emit = (message: Message) => void;

/** As `Message.unseen` says. */
export function unseen_response(): Message {
  const message = new_message(MESSAGE_TYPE.response, STATUS.unknown);
  message.unseen = true;
  return message;
}

/**
 * What a call of `parse` ends with. In every case the stream was advanced past what was emitted.
 * - 'more': waits for bytes; what is unread stays buffered (bounded by the caller).
 * - 'lost': a message boundary lies in uncaptured or damaged bytes. The caller counts `boundary_lost`, drops buffered
 *   bytes up to the next event's first byte and calls `parse` again with `stream.resync` true.
 * - 'not_mine': the bytes contradict the protocol. The caller counts it against the claim, then does as for 'lost'.
 * - 'encrypted': the peers agreed to encrypt, and the stream was advanced to the first byte after that agreement. The
 *   parser whose card `encrypts` takes over; from that one it means that nothing more can be read.
 * - 'done': the peers agreed to leave this protocol (HTTP 101, CONNECT): the claim ends without a strike and what
 *   follows is inferred afresh.
 */
export type ParseState = 'more' | 'lost' | 'not_mine' | 'encrypted' | 'done';

/** What the peers agreed to speak from here on, and what of the agreement still matters then. */
export interface Succession {
  /** Folder name of the protocol; when it is not allowed, or none is said, inference decides. */
  readonly name: string;
  readonly domain?: string;
  readonly endpoint?: string;
}

export interface Parser {
  parse(stream: Stream, direction: Direction, emit: Emit): ParseState;
  /**
   * Messages of this direction may be missing. Where order pairs them, whoever waits is given up: at once when responses
   * are missing, with the next request when requests are. A parser that remembers who waits does the same, and may
   * before that emit what it has seen of the response under way.
   */
  lost?(direction: Direction): void;
  /**
   * Asked after 'done'. Set before that while a peer has asked to leave and was not answered: what follows may be anything, so
   * whole calls are captured until then.
   */
  readonly next?: Succession | undefined;
}

/** Settings that reach parsers. The same object for all; replaced whole when settings change. */
export interface ParseOptions {
  /** Values in commands, literals in SQL, query-string values, authorization become '?'. Login secrets never appear. */
  readonly redact: boolean;
  /** Header names (lower case) that carry trace ids, in order of preference. */
  readonly trace_headers: readonly string[];
  /** Header (lower case) with the client's address before proxies, e.g. x-forwarded-for. */
  readonly proxy_header: string;
  readonly request_id_header: string;
  /** Strings are cut to this many bytes before they are stored. */
  readonly string_bytes_max: number;
  /** Wall clock at the moment of what is being parsed, seconds since 1970. Without it nothing that needs it is told. */
  readonly now_s?: () => number;
}
export const DEFAULT_OPTIONS: ParseOptions = {
  redact: true,
  trace_headers: ['traceparent', 'sw8'],
  proxy_header: 'x-forwarded-for',
  request_id_header: 'x-request-id',
  string_bytes_max: 16_384,
};

export interface Protocol {
  readonly card: Card;
  /** Looks at the readable bytes of one direction of an unclaimed connection. Must not advance the stream. */
  infer(bytes: Uint8Array, start: number, end: number, direction: Direction, server_port: number): Guess;
  /** A fresh parser for one connection (or one datagram peer); `before`: another protocol handed it over. */
  open(options: ParseOptions, before?: Succession): Parser;
}
