// Parameters of a request (CGI 1.1, RFC 3875 section 4.1, and those that web servers add) that rows keep. Those with the
// header fields of HTTP are named HTTP_ and the field; authorization, cookies and all others are passed over.
import { decimal, intern, starts_with } from '../bytes.ts';
import { add_client, add_trace_ids } from '../http/fields.ts';
import { put_target } from '../http/target.ts';
import { type Message, MESSAGE_TYPE, type ParseOptions } from '../protocol.ts';
import { PairStream } from './pairs.ts';

const FIELD = {
  method: 0,
  uri: 1,
  document: 2,
  script: 3,
  host: 4,
  server: 5,
  length: 6,
  agent: 7,
  referer: 8,
  proxy: 9,
  request_id: 10,
  trace: 11,
} as const;

interface Wanted {
  name: string;
  field: number;
}

/** Wanted names by their length. */
type Names = readonly (readonly Wanted[] | undefined)[];

/** The parameter that carries a header field (RFC 3875 section 4.1.18). */
function param_of(header: string): string {
  return `HTTP_${header.toUpperCase().replaceAll('-', '_')}`;
}

function names_for(options: ParseOptions): Names {
  const names: Wanted[][] = [];
  const want = (name: string, field: number): void => {
    const same_length = names[name.length] ?? [];
    same_length.push({ name, field });
    names[name.length] = same_length;
  };
  want('REQUEST_METHOD', FIELD.method);
  want('REQUEST_URI', FIELD.uri);
  want('DOCUMENT_URI', FIELD.document);
  want('SCRIPT_NAME', FIELD.script);
  want('HTTP_HOST', FIELD.host);
  want('SERVER_NAME', FIELD.server);
  want('CONTENT_LENGTH', FIELD.length);
  want('HTTP_USER_AGENT', FIELD.agent);
  want('HTTP_REFERER', FIELD.referer);
  if (options.proxy_header !== '') want(param_of(options.proxy_header), FIELD.proxy);
  if (options.request_id_header !== '') want(param_of(options.request_id_header), FIELD.request_id);
  for (const [i, header] of options.trace_headers.entries()) want(param_of(header), FIELD.trace + i);
  return names;
}

let known_options: ParseOptions | undefined;
let known_names: Names = [];

function names_of(options: ParseOptions): Names {
  if (known_options !== options) {
    known_names = names_for(options);
    known_options = options;
  }
  return known_names;
}

/** Collects one request's parameters. */
export class Params {
  readonly #options: ParseOptions;
  readonly #names: Names;
  readonly #pairs = new PairStream();
  readonly #texts: (string | undefined)[] = [];
  readonly #uri: Message = { type: MESSAGE_TYPE.request };
  readonly #document: Message = { type: MESSAGE_TYPE.request };
  readonly #script: Message = { type: MESSAGE_TYPE.request };
  /** A pair was read. */
  any = false;
  /** Bytes of the body, as the web server announced them. */
  content_length = 0;

  constructor(options: ParseOptions) {
    this.#options = options;
    this.#names = names_of(options);
  }

  write(bytes: Uint8Array, start: number, end: number, whole: boolean): void {
    this.#pairs.write(bytes, start, end, this.#pair);
    if (!whole) this.#pairs.broken();
  }

  readonly #pair = (bytes: Uint8Array, name: number, value: number, end: number): void => {
    this.any = true;
    const wanted = this.#names[value - name];
    if (wanted === undefined) return;
    for (let i = 0; i < wanted.length; i++) {
      const one = wanted[i]!;
      if (starts_with(bytes, name, value, one.name)) this.#take(one.field, bytes, value, end);
    }
  };

  #take(field: number, bytes: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    if (field === FIELD.uri) put_target(this.#uri, bytes, start, end, this.#options);
    else if (field === FIELD.document) put_target(this.#document, bytes, start, end, this.#options);
    else if (field === FIELD.script) put_target(this.#script, bytes, start, end, this.#options);
    else if (field === FIELD.length) this.content_length = Math.max(0, decimal(bytes, start, end));
    else this.#texts[field] = intern(bytes, start, end, this.#options.string_bytes_max);
  }

  /** What was collected, into the request. */
  put(message: Message): void {
    const texts = this.#texts;
    const options = this.#options;
    const method = texts[FIELD.method];
    if (method !== undefined) message.request_type = method;
    const domain = texts[FIELD.host] ?? texts[FIELD.server];
    if (domain !== undefined) message.request_domain = domain;
    const resource = this.#uri.request_resource ?? this.#script.request_resource ?? this.#document.request_resource;
    if (resource !== undefined) message.request_resource = resource;
    // The document is what the web server made of the target: fewer, and without a part for the application's own use.
    const endpoint = this.#document.endpoint ?? this.#uri.endpoint ?? this.#script.endpoint;
    if (endpoint !== undefined) message.endpoint = endpoint;
    const proxy = texts[FIELD.proxy];
    if (proxy !== undefined) message.http_proxy_client = proxy;
    const request_id = texts[FIELD.request_id];
    if (request_id !== undefined) message.x_request_id = request_id;
    add_client(message, texts[FIELD.agent], texts[FIELD.referer], options);
    for (const [i, header] of options.trace_headers.entries()) {
      const value = texts[FIELD.trace + i];
      if (value !== undefined && add_trace_ids(message, header, value)) return;
    }
  }
}
