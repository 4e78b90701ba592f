// What a message to the server asks: command, database, collection, and the whole as text.
import { u32le, utf8 } from '../bytes.ts';
import type { Message, ParseOptions } from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { note_text } from '../trace-text.ts';
import { Elements, TYPE } from './bson.ts';
import { name_end, OP, OPERATIONS, type Section, sections } from './messages.ts';
import { DocumentText } from './text.ts';

/** Clients of old put the command, or the filter, into an element of this name. */
const WRAPPERS = new Set(['$query', 'query']);
const COMMENT_FIELDS_MAX = 32;
const BARE_TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-/;

/** Adds to `message` what [at, stop) says: the content of an operation, whose last byte is before `total`. */
export function read_request(
  message: Message,
  operation: number,
  bytes: Uint8Array,
  at: number,
  stop: number,
  total: number,
  options: ParseOptions,
): void {
  if (operation === OP.msg) {
    const found = sections(bytes, at, stop, total) ?? [];
    const body = found.find((section) => section.kind === 0);
    const sequences = found.filter((section) => section.kind === 1);
    if (body !== undefined) new RequestText(message, bytes, stop, options).command(body.start, '', sequences);
    return;
  }
  const command = OPERATIONS.get(operation)?.command ?? '';
  const end = operation === OP.kill_cursors ? -1 : name_end(bytes, at + 4, stop);
  if (end < 0) {
    name(message, command, '', '');
    return;
  }
  const full = utf8(bytes, at + 4, end);
  const dot = full.indexOf('.');
  const [db, collection] = [full.slice(0, dot), full.slice(dot + 1)];
  // Number of documents to pass over and to return stand between the name and the query.
  const document = end + 1 + (operation === OP.query ? 8 : operation === OP.insert ? 0 : 4);
  const has_document = operation !== OP.get_more && document + 5 <= stop;
  const text = new RequestText(message, bytes, stop, options);
  if (collection === '$cmd' && has_document) text.command(document, db, []);
  else {
    name(message, command, collection, db);
    if (has_document) text.plain(document, full);
    else message.request_resource = full;
  }
}

function name(message: Message, command: string, collection: string, db: string): void {
  if (command !== '') {
    message.attribute_names = ['command'];
    message.attribute_values = [command];
    message.endpoint = collection === '' ? command : `${command} ${collection}`;
  }
  if (db !== '') message.request_domain = db;
}

class RequestText {
  readonly #message: Message;
  readonly #bytes: Uint8Array;
  readonly #stop: number;
  readonly #options: ParseOptions;

  constructor(message: Message, bytes: Uint8Array, stop: number, options: ParseOptions) {
    this.#message = message;
    this.#bytes = bytes;
    this.#stop = stop;
    this.#options = options;
  }

  /** A document that is a command. `db` is '' where the command itself names it. */
  command(start: number, db: string, sequences: readonly Section[]): void {
    let from = start;
    const first = new Elements(this.#bytes, start, this.#stop);
    if (first.next() && first.type === TYPE.document && WRAPPERS.has(first.name)) from = first.value;
    this.#names(from, db);
    const text = this.#text();
    text.add('{');
    text.command(new Elements(this.#bytes, from, this.#stop), true);
    for (const { name_start, name_end, start: at, end } of sequences) {
      text.add(`,${JSON.stringify(utf8(this.#bytes, name_start, name_end))}:[`);
      for (let doc = at; doc + 5 <= Math.min(end, this.#stop) && !text.full; ) {
        if (doc > at) text.add(',');
        text.document(this.#bytes, doc, Math.min(end, this.#stop));
        doc += Math.max(5, u32le(this.#bytes, doc));
      }
      text.add(']');
    }
    text.add('}');
    this.#message.request_resource = text.text;
  }

  plain(start: number, collection: string): void {
    const text = this.#text();
    text.add(`${collection} `);
    text.document(this.#bytes, start, this.#stop);
    this.#message.request_resource = text.text;
  }

  #text(): DocumentText {
    return new DocumentText(this.#options.string_bytes_max >> 1, this.#options.redact);
  }

  #names(start: number, db_given: string): void {
    const elements = new Elements(this.#bytes, start, this.#stop);
    let [command, collection, db] = ['', '', db_given];
    for (let n = 0; elements.next(); n++) {
      const key = elements.name;
      if (n === 0) {
        command = key;
        collection = elements.text(256) ?? '';
      } else if (key === '$db') db = elements.text(256) ?? db;
      else if (key === 'collection' && collection === '') collection = elements.text(256) ?? '';
      else if (key === 'comment') this.#trace(elements);
    }
    name(this.#message, command, collection, db);
  }

  /** Trace context in a command's comment: text as in the comments of SQL, or nothing but a traceparent, or a document. */
  #trace(comment: Elements): void {
    const traces = new TracePairs(this.#options);
    if (comment.nested) {
      const fields = new Elements(this.#bytes, comment.value, this.#stop);
      for (let n = 0; n < COMMENT_FIELDS_MAX && fields.next(); n++) traces.note(fields.name, fields.text(1024) ?? '');
    } else {
      const text = comment.text(1024) ?? '';
      if (BARE_TRACEPARENT.test(text)) traces.note('traceparent', text);
      else note_text(text, traces);
    }
    traces.put(this.#message);
  }
}
