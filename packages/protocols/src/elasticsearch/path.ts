// What the method and path of a request ask for.
import { ALL_INDICES, type Api, APIS, INDEX, ROOT, TYPED_DOCUMENT } from './messages.ts';

export interface Call {
  /** Name of the API; undefined: a call of the server that this does not know. */
  name: string | undefined;
  /** Index expression; '' for none. */
  index: string;
  query: boolean;
  items: boolean;
}

/** Segments before the API: an index, and a type before version 7. */
const BEFORE_MAX = 2;
const WORD = /^_?([a-z][a-z_]*)$/;
const UNDERSCORE = 95;
const SLASH = 47;

/** Whether the path can be one of this API: it has a segment that begins with "_". */
export function may_be_api(path: string): boolean {
  for (let at = path.indexOf('/_'); at >= 0; at = path.indexOf('/_', at + 2)) if (path.length > at + 2) return true;
  return false;
}

/** `known`: the server is one of this API, so that a path without a segment of its own is one too. */
export function read_path(method: string, path: string, known: boolean): Call | undefined {
  if (path.charCodeAt(0) !== SLASH) return undefined;
  if (!known && !may_be_api(path)) return undefined;
  const segments = path.slice(1).split('/', BEFORE_MAX + 4);
  if (segments.at(-1) === '') segments.pop();
  for (let i = 0; i <= BEFORE_MAX && i < segments.length; i++) {
    const api = Object.hasOwn(APIS, segments[i]!) ? APIS[segments[i]!] : undefined;
    if (api !== undefined) return call_of(api, method, segments, i);
    if (segments[i]!.charCodeAt(0) === UNDERSCORE && segments[i] !== ALL_INDICES) break;
  }
  return known ? plain_call(method, segments) : undefined;
}

function call_of(api: Api, method: string, segments: readonly string[], at: number): Call {
  const index = at === 0 ? '' : decoded(segments[0]!);
  const found = further(api, segments[at + 1]) ?? further(api, segments[at + 2]) ?? api;
  const of_method = found.methods !== undefined && Object.hasOwn(found.methods, method);
  let name = (of_method ? found.methods![method] : undefined) ?? found.name ?? segments[at]!.slice(1);
  const word = WORD.exec(found.family === true ? (segments[at + 1] ?? '') : '');
  if (word !== null) name = `${name}.${word[1]}`;
  return { name, index, query: found.query === true, items: found.items === true };
}

/** Clients percent-encode the commas between indices. */
function decoded(index: string): string {
  if (!index.includes('%')) return index;
  try {
    return decodeURIComponent(index);
  } catch {
    // Not encoded after all.
    return index;
  }
}

function further(api: Api, segment: string | undefined): Api | undefined {
  return segment !== undefined && api.further !== undefined && Object.hasOwn(api.further, segment)
    ? api.further[segment]
    : undefined;
}

function plain_call(method: string, segments: readonly string[]): Call {
  const [index = '', , id] = segments;
  let names: Readonly<Record<string, string>> | undefined;
  if (segments.length === 0) names = ROOT;
  else if (index.charCodeAt(0) === UNDERSCORE && index !== ALL_INDICES) names = undefined;
  else if (segments.length === 1) names = INDEX;
  else if (segments.length === 3 && id !== undefined) names = TYPED_DOCUMENT.methods;
  const name = names !== undefined && Object.hasOwn(names, method) ? names[method] : undefined;
  return { name, index: names === undefined ? '' : decoded(index), query: false, items: false };
}
