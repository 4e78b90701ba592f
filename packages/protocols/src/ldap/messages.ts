// Operations of LDAP (RFC 4511 section 4.2 onwards) by their tag, and what each becomes. A message is a BER SEQUENCE of its
// number, the operation, and perhaps controls, which are ignored on purpose.
import { ber_at, integer_at, TAG } from '../asn1/ber.ts';

export interface Operation {
  readonly name: string;
  readonly from: 'client' | 'server';
  /** Requests without a response; responses that the final one follows. */
  readonly kind: 'request' | 'one_way' | 'final' | 'part';
}

export const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [0x60, { name: 'bind', from: 'client', kind: 'request' }],
  [0x61, { name: 'bind', from: 'server', kind: 'final' }],
  [0x42, { name: 'unbind', from: 'client', kind: 'one_way' }],
  [0x63, { name: 'search', from: 'client', kind: 'request' }],
  // Entries and references belong to the result that ends the search.
  [0x64, { name: 'search entry', from: 'server', kind: 'part' }],
  [0x65, { name: 'search', from: 'server', kind: 'final' }],
  [0x73, { name: 'search reference', from: 'server', kind: 'part' }],
  [0x66, { name: 'modify', from: 'client', kind: 'request' }],
  [0x67, { name: 'modify', from: 'server', kind: 'final' }],
  [0x68, { name: 'add', from: 'client', kind: 'request' }],
  [0x69, { name: 'add', from: 'server', kind: 'final' }],
  [0x4a, { name: 'delete', from: 'client', kind: 'request' }],
  [0x6b, { name: 'delete', from: 'server', kind: 'final' }],
  [0x6c, { name: 'modify DN', from: 'client', kind: 'request' }],
  [0x6d, { name: 'modify DN', from: 'server', kind: 'final' }],
  [0x6e, { name: 'compare', from: 'client', kind: 'request' }],
  [0x6f, { name: 'compare', from: 'server', kind: 'final' }],
  [0x50, { name: 'abandon', from: 'client', kind: 'one_way' }],
  [0x77, { name: 'extended', from: 'client', kind: 'request' }],
  [0x78, { name: 'extended', from: 'server', kind: 'final' }],
  [0x79, { name: 'intermediate', from: 'server', kind: 'part' }],
]);
export const BIND = 0x60;
export const SEARCH = 0x63;
export const EXTENDED = 0x77;
export const EXTENDED_RESPONSE = 0x78;
/** RFC 4511 section 4.14.1. */
export const START_TLS = '1.3.6.1.4.1.1466.20037';

const MESSAGE_BYTES_MAX = 16_777_216;
const CONTROLS = 0xa0;
const NUMBER_MAX = 2_147_483_647;
/** The longest beginning that decides: SEQUENCE, number, operation. */
export const HEAD_BYTES = 18;

export interface Head {
  id: number;
  operation: Operation;
  tag: number;
  /** Content of the operation. */
  start: number;
  end: number;
  /** Bytes of the whole message. */
  size: number;
}

/** The message that begins at `at`; 'more' when too little is known before `stop`, undefined when it is none. */
export function head_at(bytes: Uint8Array, at: number, stop: number): Head | 'more' | undefined {
  const message = ber_at(bytes, at, stop);
  if (message === undefined) return undefined;
  if (message === 'more') return 'more';
  const length = message.end - message.start;
  if (message.tag !== TAG.sequence || length < 5 || length > MESSAGE_BYTES_MAX) return undefined;
  const number = ber_at(bytes, message.start, stop);
  if (number === 'more') return 'more';
  if (number?.tag !== TAG.integer || number.end - number.start > 4 || number.end - number.start < 1) return undefined;
  const operation = ber_at(bytes, number.end, stop);
  if (operation === 'more') return 'more';
  const known = operation === undefined ? undefined : OPERATIONS.get(operation.tag);
  if (operation === undefined || known === undefined || operation.end > message.end) return undefined;
  // Nothing but controls may follow.
  if (operation.end < message.end && operation.end < stop && bytes[operation.end] !== CONTROLS) return undefined;
  const id = integer_at(bytes, number.start, number.end);
  if (id < 0 || id > NUMBER_MAX) return undefined;
  return {
    id,
    operation: known,
    tag: operation.tag,
    start: operation.start,
    end: operation.end,
    size: message.end - at,
  };
}
