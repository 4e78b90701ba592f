import { expect, it } from 'vitest';
import { type DataEvent, EGRESS, INGRESS, TRANSPORT } from '../event.ts';
import { ipv4 } from '../packet/testing/frames.ts';
import { Echoes, SOCK_DGRAM } from './echoes.ts';

const SOCK_RAW = 3;
const [HERE, THERE, ROUTER] = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
  [10, 0, 0, 9],
];

const echo = (type: number, identifier: number, sequence: number): number[] => [
  ...[type, 0, 0, 0, identifier >> 8, identifier & 255],
  ...[sequence >> 8, sequence & 255],
];

/** As the kernel tells it: the socket's own port, the peer that the call named. */
function event(direction: number, content: number[], { port = 1, peer = THERE, pid = 7, id = 5 } = {}): DataEvent {
  const [local, remote] = [new Uint8Array(16), new Uint8Array(16)];
  remote.set(peer!);
  const tuple = { transport: TRANSPORT.icmp, family: 4, local, remote, local_port: port, remote_port: 0 };
  const bytes = new Uint8Array([255, ...content, 255]);
  const head = { kind: 'data' as const, moment_ns: 1, pid, tid: pid, socket: { id, ...tuple, role: 0 } };
  const numbers = { offset: 0, continues: false, discarded: false, tcp_seq: 0, cap_seq: 99, length: content.length };
  return { ...head, direction, ...numbers, bytes, start: 1, end: content.length + 1 };
}

function told(taken: DataEvent | undefined): string {
  if (taken === undefined) return 'nobody';
  const { socket, cap_seq, length, bytes, start, end } = taken;
  const content = Buffer.from(bytes.subarray(start, end)).toString('hex');
  return `${socket.id} ${socket.local_port} ${socket.remote.subarray(0, 4).join('.')} #${cap_seq} ${length} ${content}`;
}

it('gives a datagram socket the identifier that the kernel sends with', () => {
  const echoes = new Echoes();
  const sent = event(EGRESS, echo(8, 0xffff, 1), { port: 0x0203 });
  expect(told(echoes.take(sent, SOCK_DGRAM))).toBe('5 515 10.0.0.2 #1 8 0800000002030001');
  const came = event(INGRESS, echo(0, 0x0203, 1), { port: 0x0203 });
  expect(told(echoes.take(came, SOCK_DGRAM))).toBe('5 515 10.0.0.2 #2 8 0000000002030001');
});

it('takes the IP header from what a raw socket reads, and what is of others away', () => {
  const echoes = new Echoes();
  const read = (message: number[], who = {}) =>
    told(echoes.take(event(INGRESS, ipv4(1, THERE!, HERE!, message), who), SOCK_RAW));
  expect(told(echoes.take(event(EGRESS, echo(8, 700, 1)), SOCK_RAW))).toBe('5 700 10.0.0.2 #1 8 0800000002bc0001');
  expect(read(echo(0, 700, 1))).toBe('5 700 10.0.0.2 #2 8 0000000002bc0001');
  expect(read(echo(0, 701, 1))).toBe('nobody');
  expect(read(echo(0, 700, 1), { pid: 8 })).toBe('nobody');
  expect(read(echo(0, 700, 1), { peer: ROUTER })).toBe('nobody');
  // Somebody asks this host; the kernel answers.
  expect(read(echo(8, 700, 1))).toBe('nobody');
  expect(told(echoes.take(event(EGRESS, echo(0, 700, 1)), SOCK_RAW))).toBe('nobody');
  expect(read([9, 0, 0, 0, 0, 0, 0, 0])).toBe('nobody');
  expect(read([])).toBe('nobody');
});

it('finds whom an error is about, and keeps two identifiers apart', () => {
  const echoes = new Echoes();
  for (const identifier of [1, 2]) echoes.take(event(EGRESS, echo(8, identifier, 1)), SOCK_RAW);
  const error = [3, 1, 0, 0, 0, 0, 0, 0, ...ipv4(1, HERE!, THERE!, echo(8, 2, 1))];
  const from_router = event(INGRESS, ipv4(1, ROUTER!, HERE!, error), { peer: ROUTER, id: 6 });
  expect(told(echoes.take(from_router, SOCK_RAW))).toMatch(/^5 2 10\.0\.0\.2 #2 36 0301/);
});

it('remembers a bounded number of conversations, the latest', () => {
  const echoes = new Echoes();
  for (let identifier = 0; identifier < 5000; identifier++) {
    echoes.take(event(EGRESS, echo(8, identifier, 1)), SOCK_RAW);
  }
  const reply = (identifier: number) => echoes.take(event(INGRESS, echo(0, identifier, 1)), SOCK_RAW);
  expect(reply(0)).toBeUndefined();
  expect(reply(4999)).toBeDefined();
});
