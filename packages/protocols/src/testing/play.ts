// Pieces of one connection through the real driver; what comes out, in order.
import { Conversation, type Setup } from '../drive.ts';
import { DEFAULT_OPTIONS, type Direction, type Message, type ParseOptions, type Protocol } from '../protocol.ts';

export interface PlayedPiece {
  direction: Direction;
  bytes: Uint8Array;
  /** When longer than `bytes`, the difference was not captured. */
  true_length?: number;
}

export interface Played {
  messages: Message[];
  conversation: Conversation;
}

export function play(
  protocols: readonly Protocol[],
  pieces: readonly PlayedPiece[],
  options: Partial<ParseOptions> = {},
  setup: Partial<Setup> = {},
): Played {
  const messages: Message[] = [];
  const conversation = new Conversation({
    protocols,
    options: { ...DEFAULT_OPTIONS, ...options },
    server_port: 0,
    transport: 'tcp',
    from_start: true,
    on_message: (message) => messages.push(message),
    ...setup,
  });
  const seq = [1, 1];
  for (const [i, { direction, bytes, true_length }] of pieces.entries()) {
    const length = true_length ?? bytes.length;
    const origin = { moment_ns: (i + 1) * 1000, tcp_seq: seq[direction]!, cap_seq: i, pid: 1, tid: 1 };
    conversation.data(direction, bytes, 0, bytes.length, length, origin);
    seq[direction]! += length;
  }
  return { messages, conversation };
}

/** A piece from a JavaScript string, one byte a character. */
export function piece(direction: Direction, text: string): PlayedPiece {
  return { direction, bytes: new Uint8Array(Buffer.from(text, 'latin1')) };
}

/** What the bytes say, without moments and what depends on how they were cut into events. */
export function said(message: Message): Message {
  const { begin_ns, end_ns, cap_seq, captured_bytes, ...rest } = message;
  return rest;
}

/** One line a message, for tests to compare: direction, type, text and outcome. */
export function brief(message: Message): string {
  const kind = ['request', 'response', 'session'][message.type];
  const parts = [message.interim === true ? `interim ${kind}` : kind];
  for (const value of [message.request_type, message.request_resource]) if (value !== undefined) parts.push(value);
  if (message.response_status !== undefined) parts.push(`status ${message.response_status}`);
  if (message.response_exception !== undefined) parts.push(message.response_exception);
  if (message.sql_affected_rows !== undefined) parts.push(`${message.sql_affected_rows} rows`);
  return parts.join(' | ');
}
