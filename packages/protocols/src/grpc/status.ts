// gRPC status codes (grpc/doc/statuscodes.md) and what becomes of them.
import { latin1 } from '../bytes.ts';
import { add_attribute, http_status } from '../http/fields.ts';
import { reason_phrase } from '../http/reason.ts';
import { type Message, STATUS, type Status } from '../protocol.ts';

const NAMES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];
// UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS: those that OpenTelemetry's conventions
// for RPC count against the server.
const SERVER_ERRORS = new Set([2, 4, 12, 13, 14, 15]);
const MESSAGE_BYTES_MAX = 1024;

export function grpc_status(code: number): Status {
  if (code === 0) return STATUS.ok;
  return SERVER_ERRORS.has(code) ? STATUS.server_error : STATUS.client_error;
}

/** Number in a grpc-status field; undefined when it is none. */
export function read_grpc_status(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

/** grpc-message is percent-encoded UTF-8 (grpc/doc/PROTOCOL-HTTP2.md, Responses). */
function decode_message(text: string): string {
  const cut = text.slice(0, MESSAGE_BYTES_MAX);
  if (!cut.includes('%')) return cut;
  const bytes = Buffer.from(
    cut.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString('utf8');
}

/** Sets code, status and exception of a response from its HTTP status and gRPC status, as far as each is known. */
export function put_grpc_status(
  message: Message,
  http_code: number | undefined,
  grpc_code: number | undefined,
  text: string | undefined,
): void {
  if (grpc_code !== undefined) add_attribute(message, 'rpc.grpc.status_code', String(grpc_code));
  if (grpc_code !== undefined && grpc_code !== 0) {
    message.response_code = grpc_code;
    message.response_status = grpc_status(grpc_code);
    const name = NAMES[grpc_code] ?? `status ${grpc_code}`;
    message.response_exception = text === undefined || text === '' ? name : `${name}: ${decode_message(text)}`;
  } else if (http_code !== undefined) {
    message.response_code = http_code;
    message.response_status = http_status(http_code);
    if (http_code >= 400) message.response_exception = reason_phrase(http_code);
  } else {
    message.response_status = grpc_code === 0 ? STATUS.ok : STATUS.unknown;
  }
}

/** Status and text in a block of trailer lines as gRPC-Web puts them into the body (grpc/doc/PROTOCOL-WEB.md). */
export function read_trailer_lines(bytes: Uint8Array, start: number, end: number): { status?: string; text?: string } {
  const found: { status?: string; text?: string } = {};
  for (const line of latin1(bytes, start, end).split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (name === 'grpc-status') found.status = line.slice(colon + 1).trim();
    else if (name === 'grpc-message') found.text = line.slice(colon + 1).trim();
  }
  return found;
}
