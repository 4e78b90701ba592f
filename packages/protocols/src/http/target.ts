// The request target (RFC 9112 section 3.2) and what rows keep of it.
import { index_of_text, intern, starts_with_fold } from '../bytes.ts';
import type { Message, ParseOptions } from '../protocol.ts';
import { redact_url } from '../redact/query.ts';

const SLASH = 47;
const QUESTION = 63;
const HASH = 35;
const SEMICOLON = 59;
const AT = 64;
const SEGMENTS = 2;

/** Where the path of an absolute-form target begins; `start` itself for every other form. */
function path_start(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === SLASH || !starts_with_fold(bytes, start, end, 'http')) return start;
  const authority = index_of_text(bytes, '://', start, Math.min(end, start + 'https://'.length)) + 3;
  if (authority < 3 + start) return start;
  let at = authority;
  while (at < end && bytes[at] !== SLASH && bytes[at] !== QUESTION && bytes[at] !== HASH) at++;
  return at;
}

/** The authority of an absolute-form target without user information (which may be a password); '' for other forms. */
export function target_authority(bytes: Uint8Array, start: number, end: number): string {
  const path = path_start(bytes, start, end);
  if (path === start) return '';
  let from = index_of_text(bytes, '://', start, path) + 3;
  for (let at = from; at < path; at++) if (bytes[at] === AT) from = at + 1;
  return intern(bytes, from, path);
}

/** The first two path segments, without what follows them. */
function endpoint_end(bytes: Uint8Array, start: number, end: number): number {
  let slashes = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUESTION || byte === HASH || byte === SEMICOLON) return at;
    if (byte === SLASH && ++slashes > SEGMENTS) return at;
  }
  return end;
}

/** Sets `request_resource` and `endpoint` from the target in [start, end). */
export function put_target(
  message: Message,
  bytes: Uint8Array,
  start: number,
  end: number,
  options: ParseOptions,
): void {
  const path = path_start(bytes, start, end);
  if (path === end && path > start) {
    // An absolute-form target without a path means the root (RFC 9112 section 3.2.1).
    message.request_resource = '/';
    message.endpoint = '/';
    return;
  }
  const resource = intern(bytes, path, end, options.string_bytes_max);
  const endpoint_to = endpoint_end(bytes, path, end);
  const plain = endpoint_to === end;
  message.request_resource = options.redact && !plain ? redact_url(resource) : resource;
  message.endpoint = plain ? resource : intern(bytes, path, endpoint_to, options.string_bytes_max);
}
