// Addresses (RFC 3261 section 19.1): sip:user:password@host:port;parameters?headers, and tel: numbers (RFC 3966).

/** The host, small letters; '' when there is none. */
export function host_of(uri: string): string {
  const colon = uri.indexOf(':');
  const scheme = uri.slice(0, colon).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return '';
  const from = user_end(uri, colon) + 1;
  if (uri[from] === '[') return uri.slice(from, uri.indexOf(']', from) + 1).toLowerCase();
  let to = from;
  while (to < uri.length && !':;?>'.includes(uri[to]!)) to++;
  return uri.slice(from, to).toLowerCase();
}

/** Place of the '@', or of the scheme's colon when there is no user part. */
function user_end(uri: string, colon: number): number {
  // "?" and ";" may stand in a user part, "@" may not stand behind it unescaped (section 25.1).
  return Math.max(uri.lastIndexOf('@'), colon);
}

/** As it may be told: never the password and the headers, the user part and parameters only when values may be told. */
export function told(uri: string, redact: boolean): string {
  const colon = uri.indexOf(':');
  if (colon < 0) return redact ? '?' : uri;
  const scheme = uri.slice(0, colon).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') return redact ? `${uri.slice(0, colon + 1)}?` : uri;
  const at = user_end(uri, colon);
  const rest = uri.slice(at + 1);
  const headers = rest.indexOf('?');
  const place = headers < 0 ? rest : rest.slice(0, headers);
  if (at === colon) return uri.slice(0, colon + 1) + (redact ? without_parameters(place) : place);
  if (redact) return `${uri.slice(0, colon + 1)}?@${without_parameters(place)}`;
  const user = uri.slice(colon + 1, at);
  const secret = user.indexOf(':');
  return `${uri.slice(0, colon + 1)}${secret < 0 ? user : `${user.slice(0, secret)}:?`}@${place}`;
}

function without_parameters(place: string): string {
  const semicolon = place.indexOf(';');
  return semicolon < 0 ? place : place.slice(0, semicolon);
}

/** The address within a From or To, without the name before it. */
export function address_of(value: string): string {
  const open = value.indexOf('<');
  if (open >= 0) return value.slice(open + 1, value.indexOf('>', open) < 0 ? value.length : value.indexOf('>', open));
  const semicolon = value.indexOf(';');
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
}
