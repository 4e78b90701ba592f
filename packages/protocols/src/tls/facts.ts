// What is learned of one handshake until it ends, and the messages that tell it.
import { MESSAGE_TYPE, type Message, new_message, type ParseOptions, STATUS, type Status } from '../protocol.ts';
import { type Certificate, first_certificate } from './certificate.ts';
import { cipher_name } from './ciphers.ts';
import { type ClientHello, type ServerHello, server_hello } from './hello.ts';
import { group_name, HANDSHAKE, HANDSHAKE_NAMES, hides_handshake, version_name } from './messages.ts';

const NAMED_CURVE = 3;
const SAID_MAX = 32;
const DAY_S = 86_400;

/** What the attributes about a certificate are called. */
const names_of = (whose: string) => ({
  subject: `${whose}_cert_subject`,
  issuer: `${whose}_cert_issuer`,
  alternatives: `${whose}_cert_san`,
  not_before: `${whose}_cert_not_before`,
  not_after: `${whose}_cert_not_after`,
  days: `${whose}_cert_valid_days`,
});
type CertificateNames = ReturnType<typeof names_of>;
const OF_SERVER = names_of('server');
const OF_CLIENT = names_of('client');

/** The ClientHello as a request. */
export function request_of(hello: ClientHello, length: number): Message {
  const request = new_message(MESSAGE_TYPE.request);
  request.request_type = 'ClientHello';
  request.length = length;
  if (hello.server_name !== undefined) {
    request.request_domain = hello.server_name;
    request.request_resource = hello.server_name;
  }
  if (hello.alpn !== undefined) {
    request.attribute_names = ['alpn_offered'];
    request.attribute_values = [hello.alpn];
  }
  return request;
}

export class Facts {
  hello: ServerHello | undefined = undefined;
  /** The server asked for another ClientHello. */
  retried = false;
  /** Up to TLS 1.2: the server encrypts first, because both know the key already. */
  resumed: boolean | undefined = undefined;
  /** Name of the last alert that ended nothing. */
  warning: string | undefined = undefined;
  readonly #options: ParseOptions;
  readonly #said: string[] = [];
  #group: string | undefined = undefined;
  #server: Certificate | undefined = undefined;
  #client: Certificate | undefined = undefined;

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  /** The ServerHello was seen, and everything behind it is encrypted. */
  get hidden(): boolean {
    return this.hello !== undefined && hides_handshake(this.hello.version);
  }

  from_server(type: number, bytes: Uint8Array, start: number, end: number): void {
    const name = HANDSHAKE_NAMES.get(type);
    if (name === undefined) return;
    if (type === HANDSHAKE.server_hello) this.#server_hello(bytes, start, end);
    else if (type === HANDSHAKE.certificate) this.#server ??= first_certificate(bytes, start, end);
    else if (type === HANDSHAKE.server_key_exchange) this.#key_exchange(bytes, start, end);
    if (this.#said.length < SAID_MAX) this.#said.push(type === HANDSHAKE.server_hello ? this.#hello_name() : name);
  }

  from_client(type: number, bytes: Uint8Array, start: number, end: number): void {
    if (type === HANDSHAKE.certificate) this.#client ??= first_certificate(bytes, start, end);
  }

  response(status: Status, length: number): Message {
    const response = new_message(MESSAGE_TYPE.response, status);
    response.length = length;
    if (this.#said.length > 0) response.response_result = this.#said.join('|');
    if (this.warning !== undefined) response.response_exception = this.warning;
    const { hello } = this;
    if (hello !== undefined) {
      response.version = version_name(hello.version);
      const resumed = this.hidden ? hello.pre_shared_key : this.resumed;
      add(response, 'cipher_suite', cipher_name(hello.cipher_suite));
      add(response, 'key_share_group', this.#group);
      add(response, 'alpn', hello.alpn);
      add(response, 'session_resumed', resumed === undefined ? undefined : String(resumed));
    }
    if (this.retried) add(response, 'hello_retry_request', 'true');
    this.#tell(response, OF_SERVER, this.#server);
    this.#tell(response, OF_CLIENT, this.#client);
    return response;
  }

  #server_hello(bytes: Uint8Array, start: number, end: number): void {
    const hello = server_hello(bytes, start, end);
    if (hello === undefined) return;
    if (hello.group !== undefined) this.#group = group_name(hello.group);
    if (hello.retry) this.retried = true;
    else this.hello ??= hello;
  }

  #hello_name(): string {
    return this.retried && this.hello === undefined ? 'HelloRetryRequest' : 'ServerHello';
  }

  /** RFC 8422 section 5.4; with a shared key (RFC 5489 section 2) a hint stands before. */
  #key_exchange(bytes: Uint8Array, start: number, end: number): void {
    const suite = this.hello === undefined ? '' : cipher_name(this.hello.cipher_suite);
    if (!suite.startsWith('TLS_ECDH')) return;
    const at = suite.includes('_PSK_') ? start + 2 + ((bytes[start] ?? 0) << 8) + (bytes[start + 1] ?? 0) : start;
    if (at + 3 > end || bytes[at] !== NAMED_CURVE) return;
    this.#group ??= group_name((bytes[at + 1]! << 8) | bytes[at + 2]!);
  }

  #tell(response: Message, names: CertificateNames, certificate: Certificate | undefined): void {
    if (certificate === undefined) return;
    const { subject, issuer, alternatives, not_before, not_after, not_after_s } = certificate;
    const now_s = this.#options.now_s?.();
    const left = not_after_s === undefined || now_s === undefined ? undefined : (not_after_s - now_s) / DAY_S;
    add(response, names.subject, subject);
    add(response, names.issuer, issuer);
    add(response, names.alternatives, alternatives);
    add(response, names.not_before, not_before);
    add(response, names.not_after, not_after);
    add(response, names.days, left?.toFixed(2));
  }
}

/** An attribute, when it is known. */
function add(response: Message, name: string, value: string | undefined): void {
  if (value === undefined) return;
  response.attribute_names ??= [];
  response.attribute_values ??= [];
  response.attribute_names.push(name);
  response.attribute_values.push(value);
}

/** Who sends a fatal alert says that the other, or itself, cannot go on: it is counted where it was sent. */
export function blame(by_client: boolean): Status {
  return by_client ? STATUS.client_error : STATUS.server_error;
}
