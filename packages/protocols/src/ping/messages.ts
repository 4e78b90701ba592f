// ICMP messages (RFC 792; RFC 4443 for IPv6) and what becomes of them:
//
//   IPv4  IPv6
//   8     128     echo request: request
//   0     129     echo reply: response
//   3     1       destination unreachable   |
//   11    3       time exceeded             |  about an echo request: response with the error's name; others never come here
//   12    4       parameter problem         |
//   4             source quench             |
//         2       packet too big            |
//   all others    ignored on purpose: routers, neighbours, multicast, time and address masks ask for nothing a row could tell
import { STATUS, type Status } from '../protocol.ts';

export const HEADER_BYTES = 8;

/** Numbers of both versions differ, so the type alone tells an echo. */
export const ECHO = { request: [8, 128], reply: [0, 129] } as const;

export interface ErrorType {
  readonly name: string;
  readonly status: Status;
  /** By code; where it has none, the name alone. */
  readonly codes: Readonly<Record<number, string>>;
}
const { client_error, server_error } = STATUS;

/** IANA registry "ICMP Parameters". */
export const ERRORS_V4: ReadonlyMap<number, ErrorType> = new Map<number, ErrorType>([
  [
    3,
    {
      name: 'destination unreachable',
      status: server_error,
      codes: {
        0: 'net',
        1: 'host',
        2: 'protocol',
        3: 'port',
        4: 'fragmentation needed',
        5: 'source route failed',
        6: 'network unknown',
        7: 'host unknown',
        8: 'source host isolated',
        9: 'network prohibited',
        10: 'host prohibited',
        11: 'network for type of service',
        12: 'host for type of service',
        13: 'communication prohibited',
        14: 'host precedence violation',
        15: 'precedence cutoff',
      },
    },
  ],
  [4, { name: 'source quench', status: server_error, codes: {} }],
  [11, { name: 'time exceeded', status: client_error, codes: { 0: 'in transit', 1: 'in reassembly' } }],
  [12, { name: 'parameter problem', status: client_error, codes: { 1: 'missing option', 2: 'bad length' } }],
]);

/** IANA registry "ICMPv6 Parameters". */
export const ERRORS_V6: ReadonlyMap<number, ErrorType> = new Map<number, ErrorType>([
  [
    1,
    {
      name: 'destination unreachable',
      status: server_error,
      codes: {
        0: 'no route',
        1: 'prohibited',
        2: 'beyond scope of source address',
        3: 'address',
        4: 'port',
        5: 'source address refused',
        6: 'route rejected',
        7: 'source routing header',
      },
    },
  ],
  [2, { name: 'packet too big', status: client_error, codes: {} }],
  [3, { name: 'time exceeded', status: client_error, codes: { 0: 'in transit', 1: 'in reassembly' } }],
  [
    4,
    {
      name: 'parameter problem',
      status: client_error,
      codes: { 0: 'erroneous header', 1: 'unknown next header', 2: 'unknown option' },
    },
  ],
]);
/** Of an unreachable destination: the packet was too large, which is its sender's fault. */
export const FRAGMENTATION_NEEDED = { type: 3, code: 4 } as const;
