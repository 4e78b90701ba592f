// Frames of AMQP 1.0 (OASIS specification, parts 2.7, 4.5 and 5.3) and what becomes of each:
//
//   open, begin, attach        request; that of the other side is its response. An attach that comes back without its node is
//                              an unfinished response, and the detach that tells why the whole
//   detach, end, close         request, and response of the other side; of the server's own accord: session, and the
//                              client's consent is ignored. An error answers the deliveries that still wait
//   transfer                   request, told with its last frame; session when it is settled already or aborted
//   disposition                response to each delivery that it names, when it has an outcome or settles
//   flow                       ignored on purpose: credit; it shows that a link is used
//   empty frame                ignored on purpose: heartbeat
//   sasl-mechanisms            ignored on purpose: an offer
//   sasl-init, sasl-outcome    request and response; mechanism only, never what it carries
//   sasl-challenge, -response  ignored on purpose: secrets
//   protocol header            nothing; session when the server answers with another one, which is a refusal
//
// Request ids: of a delivery, its delivery-id; on sessions other than 0, and of those that the server sends, made unique by
// higher bits. Others have an id of their kind and of their channel or handle, see `exchange_id`.

export const CODE = {
  open: 0x10,
  begin: 0x11,
  attach: 0x12,
  flow: 0x13,
  transfer: 0x14,
  disposition: 0x15,
  detach: 0x16,
  end: 0x17,
  close: 0x18,
  error: 0x1d,
  received: 0x23,
  accepted: 0x24,
  rejected: 0x25,
  released: 0x26,
  modified: 0x27,
  source: 0x28,
  target: 0x29,
  coordinator: 0x30,
  declare: 0x31,
  discharge: 0x32,
  declared: 0x33,
  transactional_state: 0x34,
  sasl_mechanisms: 0x40,
  sasl_init: 0x41,
  sasl_challenge: 0x42,
  sasl_response: 0x43,
  sasl_outcome: 0x44,
  header: 0x70,
  delivery_annotations: 0x71,
  message_annotations: 0x72,
  properties: 0x73,
  application_properties: 0x74,
  value: 0x77,
} as const;

/** Performatives of frames, by descriptor. */
export const PERFORMATIVES: Readonly<Record<number, string>> = {
  [CODE.open]: 'open',
  [CODE.begin]: 'begin',
  [CODE.attach]: 'attach',
  [CODE.flow]: 'flow',
  [CODE.transfer]: 'transfer',
  [CODE.disposition]: 'disposition',
  [CODE.detach]: 'detach',
  [CODE.end]: 'end',
  [CODE.close]: 'close',
};
export const SASL_PERFORMATIVES: Readonly<Record<number, string>> = {
  [CODE.sasl_mechanisms]: 'sasl-mechanisms',
  [CODE.sasl_init]: 'sasl-init',
  [CODE.sasl_challenge]: 'sasl-challenge',
  [CODE.sasl_response]: 'sasl-response',
  [CODE.sasl_outcome]: 'sasl-outcome',
};

/** Descriptors may also be symbols: "amqp:open:list" (part 1.5 and the types' definitions). */
const SYMBOLS: Readonly<Record<string, number>> = {
  'amqp:open:list': CODE.open,
  'amqp:begin:list': CODE.begin,
  'amqp:attach:list': CODE.attach,
  'amqp:flow:list': CODE.flow,
  'amqp:transfer:list': CODE.transfer,
  'amqp:disposition:list': CODE.disposition,
  'amqp:detach:list': CODE.detach,
  'amqp:end:list': CODE.end,
  'amqp:close:list': CODE.close,
  'amqp:error:list': CODE.error,
  'amqp:received:list': CODE.received,
  'amqp:accepted:list': CODE.accepted,
  'amqp:rejected:list': CODE.rejected,
  'amqp:released:list': CODE.released,
  'amqp:modified:list': CODE.modified,
  'amqp:source:list': CODE.source,
  'amqp:target:list': CODE.target,
  'amqp:coordinator:list': CODE.coordinator,
  'amqp:declare:list': CODE.declare,
  'amqp:discharge:list': CODE.discharge,
  'amqp:declared:list': CODE.declared,
  'amqp:transactional-state:list': CODE.transactional_state,
  'amqp:sasl-mechanisms:list': CODE.sasl_mechanisms,
  'amqp:sasl-init:list': CODE.sasl_init,
  'amqp:sasl-challenge:list': CODE.sasl_challenge,
  'amqp:sasl-response:list': CODE.sasl_response,
  'amqp:sasl-outcome:list': CODE.sasl_outcome,
  'amqp:header:list': CODE.header,
  'amqp:delivery-annotations:map': CODE.delivery_annotations,
  'amqp:message-annotations:map': CODE.message_annotations,
  'amqp:properties:list': CODE.properties,
  'amqp:application-properties:map': CODE.application_properties,
  'amqp:amqp-value:*': CODE.value,
};

export function code_of_symbol(symbol: string): number {
  return Object.hasOwn(SYMBOLS, symbol) ? SYMBOLS[symbol]! : -1;
}

/** Kinds of exchanges that are no deliveries; 0 are deliveries. */
export const KIND = { delivery: 0, open: 1, close: 2, begin: 3, end: 4, attach: 5, detach: 6, sasl: 7 } as const;

/**
 * An id that no other exchange of the connection has at the same time: `number` is a delivery-id or handle of the session
 * on `channel`, as the side that begins the exchange counts them; `by_server`: it is the server.
 */
export function exchange_id(kind: number, by_server: boolean, channel: number, number: number): number {
  return kind * 2 ** 50 + channel * 2 ** 33 + (by_server ? 2 ** 32 : 0) + number;
}
