// Control packets (MQTT 3.1.1 and 5.0 section 2.1.2) and what becomes of each:
//
//   Connect, Subscribe, Unsubscribe, Pingreq    requests; Connack, Suback, Unsuback, Pingresp their responses
//   Publish    QoS 0: one-way; QoS 1: answered by Puback; QoS 2: answered by Pubrec
//   Pubrel     answered by Pubcomp
//   Disconnect one-way; the server's, with its reason
//   Auth       one-way (its data are login secrets and are not read)
export const PACKET = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

export const NAMES = [
  '',
  'Connect',
  'Connack',
  'Publish',
  'Puback',
  'Pubrec',
  'Pubrel',
  'Pubcomp',
  'Subscribe',
  'Suback',
  'Unsubscribe',
  'Unsuback',
  'Pingreq',
  'Pingresp',
  'Disconnect',
  'Auth',
] as const;

/** Low bits of the first byte that a packet must have (section 2.1.3); Publish has its own use of them. */
export const FLAGS: readonly number[] = [-1, 0, 0, -2, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0];

/** Remaining length of each kind: smallest and largest. Kinds with properties are longer in version 5. */
export const LENGTHS: readonly (readonly [number, number])[] = [
  [1, 0],
  [12, 400_000],
  [2, 70_000],
  [2, 268_435_455],
  [2, 70_000],
  [2, 70_000],
  [2, 70_000],
  [2, 70_000],
  [6, 4_000_000],
  [3, 70_000],
  [4, 4_000_000],
  [2, 70_000],
  [0, 0],
  [0, 0],
  [0, 70_000],
  [0, 70_000],
];

/** Who may send a kind: 0 the client, 1 the server, undefined both. */
export const SENDERS: readonly (0 | 1 | undefined)[] = [
  undefined,
  0,
  1,
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  0,
  1,
  0,
  1,
  0,
  1,
  undefined,
  undefined,
];

/** Connack's return codes before version 5 (3.1.1 section 3.2.2.3). */
const RETURN_CODES = [
  'Connection Accepted',
  'unacceptable protocol version',
  'identifier rejected',
  'Server unavailable',
  'bad user name or password',
  'not authorized',
] as const;

/** Reason codes of version 5 from 0x80 on (5.0 section 2.4). */
const REASONS: Readonly<Record<number, string>> = {
  128: 'Unspecified error',
  129: 'Malformed Packet',
  130: 'Protocol Error',
  131: 'Implementation specific error',
  132: 'Unsupported Protocol Version',
  133: 'Client Identifier not valid',
  134: 'Bad User Name or Password',
  135: 'Not authorized',
  136: 'Server unavailable',
  137: 'Server busy',
  138: 'Banned',
  139: 'Server shutting down',
  140: 'Bad authentication method',
  141: 'Keep Alive timeout',
  142: 'Session taken over',
  143: 'Topic Filter invalid',
  144: 'Topic Name invalid',
  145: 'Packet Identifier in use',
  146: 'Packet Identifier not found',
  147: 'Receive Maximum exceeded',
  148: 'Topic Alias invalid',
  149: 'Packet too large',
  150: 'Message rate too high',
  151: 'Quota exceeded',
  152: 'Administrative action',
  153: 'Payload format invalid',
  154: 'Retain not supported',
  155: 'QoS not supported',
  156: 'Use another server',
  157: 'Server moved',
  158: 'Shared Subscriptions not supported',
  159: 'Connection rate exceeded',
  160: 'Maximum connect time',
  161: 'Subscription Identifiers not supported',
  162: 'Wildcard Subscriptions not supported',
};
const SERVERS_FAULT = new Set([128, 131, 136, 137, 139, 151, 152, 156, 157, 159, 160]);
/** "Server unavailable" before version 5. */
const SERVER_UNAVAILABLE = 3;
export const REFUSED = 0x80;

export interface Outcome {
  failed: boolean;
  servers_fault: boolean;
  text: string;
}

/** What a code says; before version 5 only those of Connack have meanings of their own. */
export function outcome(code: number, of_connack: boolean, version: number): Outcome {
  if (of_connack && version < 5 && code < REFUSED) {
    return { failed: code !== 0, servers_fault: code === SERVER_UNAVAILABLE, text: RETURN_CODES[code] ?? String(code) };
  }
  return { failed: code >= REFUSED, servers_fault: SERVERS_FAULT.has(code), text: REASONS[code] ?? String(code) };
}
