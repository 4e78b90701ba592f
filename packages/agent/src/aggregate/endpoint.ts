// Endpoints as templates: /users/123 -> /users/*. Only paths; what is no path (a statement, a name, a topic) is a
// template already.

const SLASH = 47;
/** Hexadecimal from this length on counts as an id when it holds a digit. */
const HEX_MIN = 8;
const RANDOM_MIN = 20;
const SEGMENTS_MAX = 16;

export function template(endpoint: string): string {
  if (endpoint.charCodeAt(0) !== SLASH) return endpoint;
  let out = '';
  let from = 1;
  for (let n = 0; from <= endpoint.length; n++) {
    if (n === SEGMENTS_MAX) return `${out}/*`;
    let to = endpoint.indexOf('/', from);
    if (to < 0) to = endpoint.length;
    out += is_variable(endpoint, from, to) ? '/*' : endpoint.slice(from - 1, to);
    from = to + 1;
  }
  return out;
}

/** Whether the characters [from, to) are a number, an id, an address of a person, or random. */
function is_variable(text: string, from: number, to: number): boolean {
  let digits = 0;
  let hex = 0;
  let dashes = 0;
  let letters = 0;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c >= 48 && c <= 57) digits++;
    else if ((c >= 97 && c <= 102) || (c >= 65 && c <= 70)) hex++;
    else if ((c >= 103 && c <= 122) || (c >= 71 && c <= 90)) letters++;
    else if (c === 45) dashes++;
    // '@' also as '%40', RFC 3986 section 2.1.
    else if (c === 64 || (c === 37 && text.startsWith('%40', i))) return i > from;
    else if (c !== 95 && c !== 46 && c !== 58 && c !== 126 && c !== 61 && c !== 43 && c !== 37) return false;
  }
  const length = to - from;
  if (digits === 0) return false;
  if (digits + dashes === length) return true;
  const hex_like = letters === 0 && digits + hex + dashes === length;
  if (hex_like && length >= HEX_MIN) return true;
  // Versions and names with a number stay: v2, s3, utf-8, part12.
  return length >= RANDOM_MIN && digits * 10 >= length;
}

/** Keeps at most `max` endpoints of one service; the rest become '*'. */
export class EndpointCap {
  private readonly known = new Set<string>();

  keep(endpoint: string, max: number): string {
    if (this.known.has(endpoint)) return endpoint;
    if (this.known.size >= max) return '*';
    this.known.add(endpoint);
    return endpoint;
  }
}
