// What a row keeps of a message: who asked what, and the outcome.
import { type Message, MESSAGE_TYPE, type ParseOptions, STATUS } from '../protocol.ts';
import { is_approval, status_of, text_of } from './codes.ts';
import { digits_text, type Encoding, text_at } from './encoding.ts';
import { endpoint_of, is_response, NETWORK_MANAGEMENT, NOTIFICATION, type_text, VERSIONS } from './messages.ts';
import { found } from './walk.ts';

const FIELD = {
  pan: 2,
  processing_code: 3,
  function_code: 24,
  acquirer: 32,
  reference: 37,
  response_code: 39,
  terminal: 41,
  merchant: 42,
  management_code: 70,
} as const;
export const STAN = 11;
/** Digits of an account number that may be shown (PCI DSS 3.4), and the shortest one there is. */
const PAN_FIRST = 6;
const PAN_LAST = 4;
const PAN_DIGITS_MIN = 13;

function digits(encoding: Encoding, bytes: Uint8Array, field: number): string | undefined {
  return found.has(field) ? digits_text(encoding, bytes, found.from[field]!, found.to[field]!) : undefined;
}

export function text(encoding: Encoding, bytes: Uint8Array, field: number): string | undefined {
  return found.has(field) ? text_at(encoding, bytes, found.from[field]!, found.to[field]!) || undefined : undefined;
}

export const reference_of = (encoding: Encoding, bytes: Uint8Array): string | undefined =>
  text(encoding, bytes, FIELD.reference);
export const terminal_of = (encoding: Encoding, bytes: Uint8Array): string | undefined =>
  text(encoding, bytes, FIELD.terminal);

function masked(pan: string): string | undefined {
  if (pan.length < PAN_DIGITS_MIN) return undefined;
  const hidden = pan.length - PAN_FIRST - PAN_LAST;
  return pan.slice(0, PAN_FIRST) + '*'.repeat(hidden) + pan.slice(-PAN_LAST);
}

function add_attribute(message: Message, name: string, value: string | undefined): void {
  if (value === undefined || value === '') return;
  message.attribute_names ??= [];
  message.attribute_values ??= [];
  message.attribute_names.push(name);
  message.attribute_values.push(value);
}

/** The code that says what is asked: three digits of management, else the processing code. */
function code_of(encoding: Encoding, bytes: Uint8Array): string | undefined {
  if (found.mti_class !== NETWORK_MANAGEMENT) return digits(encoding, bytes, FIELD.processing_code);
  const field = found.has(FIELD.management_code) || found.version === 0 ? FIELD.management_code : FIELD.function_code;
  return digits(encoding, bytes, field)?.slice(-3);
}

function put_outcome(message: Message, encoding: Encoding, bytes: Uint8Array): void {
  message.response_status = STATUS.ok;
  const field = FIELD.response_code;
  // Digits from the version of 1993 on.
  const code = found.version === 0 ? text(encoding, bytes, field) : digits(encoding, bytes, field)?.slice(-3);
  if (code === undefined) return;
  message.response_status = status_of(code);
  const number = Number(code);
  if (Number.isInteger(number)) message.response_code = number;
  if (is_approval(code)) message.response_result = text_of(code);
  else message.response_exception = text_of(code);
}

/** The message that was walked last. */
export function message_of(encoding: Encoding, bytes: Uint8Array, options: ParseOptions): Message {
  const { version, mti_class, fn, origin } = found;
  const answers = is_response(fn);
  const message: Message = {
    type: answers ? MESSAGE_TYPE.response : fn === NOTIFICATION ? MESSAGE_TYPE.session : MESSAGE_TYPE.request,
    request_type: type_text(version, mti_class, fn, origin),
    version: VERSIONS[version] ?? '',
  };
  const code = code_of(encoding, bytes);
  if (code !== undefined) message.request_resource = code;
  message.endpoint = endpoint_of(mti_class, code);
  const reference = reference_of(encoding, bytes);
  if (reference !== undefined) message.x_request_id = reference;
  if (answers) put_outcome(message, encoding, bytes);
  add_attribute(message, 'terminal_id', terminal_of(encoding, bytes));
  add_attribute(message, 'merchant_id', text(encoding, bytes, FIELD.merchant));
  add_attribute(message, 'acquirer_id', digits(encoding, bytes, FIELD.acquirer));
  if (!options.redact) add_attribute(message, 'pan', masked(digits(encoding, bytes, FIELD.pan) ?? ''));
  return message;
}
