// What bodies tell: the query of a request, the error of a response.
import { utf8 } from '../bytes.ts';
import type { BodyReader } from '../http/body-reader.ts';
import { type JsonLimits, JsonScan } from '../http/json.ts';
import type { Message } from '../protocol.ts';

/** Of a query this is kept. */
const QUERY_BYTES_MAX = 8192;
/** Bytes of a response in which an error is looked for. */
const ERROR_BYTES_MAX = 262_144;
const LIMITS: JsonLimits = { depth: 5, text_bytes: 512, cut: true };

/**
 * Errors whose reason names nothing but indices, nodes, settings and sizes. Reasons of others may quote values of a document
 * or a query.
 */
const NAMING = new Set([
  'index_not_found_exception',
  'resource_already_exists_exception',
  'resource_not_found_exception',
  'index_closed_exception',
  'invalid_index_name_exception',
  'invalid_alias_name_exception',
  'aliases_not_found_exception',
  'index_template_missing_exception',
  'cluster_block_exception',
  'search_phase_execution_exception',
  'no_shard_available_action_exception',
  'process_cluster_event_timeout_exception',
  'cluster_manager_not_discovered_exception',
  'master_not_discovered_exception',
  'not_master_exception',
  'circuit_breaking_exception',
  'search_context_missing_exception',
  'repository_missing_exception',
  'snapshot_missing_exception',
  'strict_dynamic_mapping_exception',
]);

/** Keeps the beginning of a query and puts it behind the path. */
export class QueryBody implements BodyReader {
  readonly #text_bytes_max: number;
  readonly #bytes: number[] = [];
  #dead = false;

  constructor(text_bytes_max: number) {
    this.#text_bytes_max = text_bytes_max;
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    if (this.#dead) return;
    const stop = Math.min(end, start + QUERY_BYTES_MAX - this.#bytes.length);
    for (let at = start; at < stop; at++) this.#bytes.push(bytes[at]!);
  }

  /** What comes behind the missing bytes is not put together with what came before them. */
  broken(): void {
    this.#dead = true;
  }

  finish(request: Message): void {
    const path = request.request_resource ?? '';
    const room = this.#text_bytes_max - path.length - 1;
    const query = utf8(Uint8Array.from(this.#bytes), 0, this.#bytes.length, Math.max(0, room)).trim();
    if (query !== '') request.request_resource = `${path} ${query}`;
  }
}

/** Looks for type and reason of the error, or of a bulk's first item that failed. */
export class ErrorBody implements BodyReader {
  readonly #redact: boolean;
  readonly #items: boolean;
  readonly #scan: JsonScan;
  #type: string | undefined = undefined;
  #reason: string | undefined = undefined;
  /** Nothing more is to be learnt. */
  #done = false;
  #left = ERROR_BYTES_MAX;

  constructor(redact: boolean, items: boolean) {
    this.#redact = redact;
    this.#items = items;
    this.#scan = new JsonScan((path, text) => this.#value(path, text), LIMITS);
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    if (this.#done) return;
    const stop = Math.min(end, start + this.#left);
    this.#left -= stop - start;
    this.#scan.write(bytes, start, stop);
    if (this.#left === 0) this.#done = true;
  }

  broken(): void {
    this.#done = true;
  }

  #value(path: string, text: string): void {
    if (this.#done) return;
    if (path === 'errors' && text === 'false') this.#done = true;
    else if (path === 'error') this.#reason ??= text;
    else if (path === 'error.type' || (this.#items && is_item(path, 'type'))) this.#type ??= text;
    else if (path === 'error.reason' || (this.#items && is_item(path, 'reason'))) this.#reason ??= text;
    if (this.#type !== undefined && this.#reason !== undefined) this.#done = true;
  }

  finish(response: Message): void {
    const reason = this.#reason === undefined ? undefined : unescaped(this.#reason);
    if (this.#type === undefined) {
      if (reason !== undefined && !this.#redact) response.response_exception = reason;
      return;
    }
    const told = reason !== undefined && (!this.#redact || NAMING.has(this.#type));
    response.response_exception = told ? `${this.#type}: ${reason}` : this.#type;
  }
}

/** "items.[].index.error.type", for any action. */
function is_item(path: string, field: string): boolean {
  return path.startsWith('items.[].') && path.endsWith(`.error.${field}`);
}

/** The text of a JSON string, which may be cut, each byte of it a character. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const decoded = utf8(bytes, 0, bytes.length);
  if (!decoded.includes('\\')) return decoded;
  return decoded.replace(/\\(u[0-9a-fA-F]{4}|.|$)/gs, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return ESCAPES[escaped] ?? escaped;
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
