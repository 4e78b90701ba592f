// Request methods that may begin a connection. Once claimed, any token is taken for a method.
import { SPACE, starts_with } from '../bytes.ts';

// RFC 9110 section 9.3, PATCH (RFC 5789); WebDAV and its kin (RFC 3253, 3648, 3744, 4437, 4791, 4918, 5323, 5842,
// 2068); then what caches, UPnP and newer drafts use on TCP.
export const METHODS = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
  ...['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'VERSION-CONTROL', 'REPORT', 'CHECKOUT'],
  ...['CHECKIN', 'UNCHECKOUT', 'MKWORKSPACE', 'UPDATE', 'LABEL', 'MERGE', 'BASELINE-CONTROL', 'MKACTIVITY'],
  ...['ORDERPATCH', 'ACL', 'MKREDIRECTREF', 'UPDATEREDIRECTREF', 'MKCALENDAR', 'SEARCH', 'BIND', 'REBIND', 'UNBIND'],
  ...['LINK', 'UNLINK', 'PURGE', 'QUERY', 'NOTIFY', 'SUBSCRIBE', 'UNSUBSCRIBE'],
];

const by_first = new Map<number, string[]>();
for (const method of METHODS) {
  const first = method.charCodeAt(0);
  by_first.set(first, [...(by_first.get(first) ?? []), method]);
}

/** Length of the known method that stands at `at`, a space behind it; 0 for none; -1 when `end` cuts it off. */
export function method_length(bytes: Uint8Array, at: number, end: number): number {
  const candidates = by_first.get(bytes[at]!);
  if (candidates === undefined || at >= end) return 0;
  for (const method of candidates) {
    if (end - at <= method.length) {
      if (starts_with(bytes, at, end, method.slice(0, end - at))) return -1;
    } else if (bytes[at + method.length] === SPACE && starts_with(bytes, at, end, method)) {
      return method.length;
    }
  }
  return 0;
}
