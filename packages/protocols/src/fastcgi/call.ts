// One request id in use: what has been read of the request, and of its answer until that has ended.
import { latin1, utf8 } from '../bytes.ts';
import { add_attribute } from '../http/fields.ts';
import { type Message, MESSAGE_TYPE, type MessageType, new_message, type ParseOptions, STATUS } from '../protocol.ts';
import { AnswerHead } from './answer.ts';
import { PROTOCOL_STATUS, REQUEST_COMPLETE, RESPONDER, ROLES, UNKNOWN_ROLE } from './messages.ts';
import { Params } from './params.ts';
import type { End } from './record.ts';

export const VERSION = '1';
const STDERR_BYTES_MAX = 512;

function fresh(type: MessageType, id: number): Message {
  const message = new_message(type);
  message.request_id = id;
  message.version = VERSION;
  return message;
}

export class Call {
  readonly id: number;
  readonly #options: ParseOptions;
  /** Undefined when the beginning was not seen. */
  readonly params: Params | undefined;
  readonly #role: number;
  /** The request was emitted. */
  told = false;
  aborted = false;
  /** An unfinished answer was emitted. */
  shown = false;
  bytes_in = 0;
  bytes_out = 0;
  readonly head = new AnswerHead();
  readonly answer: Message;
  #stderr = '';

  constructor(id: number, role: number, options: ParseOptions) {
    this.id = id;
    this.#role = role;
    this.#options = options;
    this.params = role === 0 ? undefined : new Params(options);
    this.answer = fresh(MESSAGE_TYPE.response, id);
  }

  request(): Message {
    const message = fresh(MESSAGE_TYPE.request, this.id);
    this.params?.put(message);
    if (this.#role !== RESPONDER) add_attribute(message, 'fastcgi_role', ROLES[this.#role] ?? String(this.#role));
    message.length = this.bytes_in + (this.params?.content_length ?? 0);
    return message;
  }

  note_stderr(bytes: Uint8Array, start: number, end: number): void {
    if (this.#options.redact || this.#stderr.length >= STDERR_BYTES_MAX) return;
    this.#stderr += latin1(bytes, start, Math.min(end, start + STDERR_BYTES_MAX - this.#stderr.length));
  }

  /** The answer, complete but for its end where that was not seen. */
  finish(end: End | undefined): Message {
    const { answer } = this;
    if (end !== undefined) this.#put_end(end);
    else if (!this.head.done) answer.response_status = STATUS.unknown;
    if (this.aborted) {
      answer.response_status = STATUS.client_error;
      answer.response_exception = 'ABORT_REQUEST';
    }
    if (this.#stderr !== '' && answer.response_status !== STATUS.ok) {
      const bytes = Buffer.from(this.#stderr, 'latin1');
      answer.response_exception = `${answer.response_exception ?? ''}: ${utf8(bytes, 0, bytes.length).trimEnd()}`;
    }
    answer.length = this.bytes_out;
    return answer;
  }

  #put_end({ app_status, protocol_status }: End): void {
    const { answer } = this;
    if (app_status !== 0) add_attribute(answer, 'fastcgi_app_status', String(app_status));
    if (protocol_status !== REQUEST_COMPLETE) {
      answer.response_status = protocol_status === UNKNOWN_ROLE ? STATUS.client_error : STATUS.server_error;
      answer.response_exception = PROTOCOL_STATUS[protocol_status] ?? `protocol status ${protocol_status}`;
    } else if (!this.head.done) {
      answer.response_status = STATUS.server_error;
      answer.response_exception = app_status === 0 ? 'no answer' : `app status ${app_status}`;
    }
  }
}
