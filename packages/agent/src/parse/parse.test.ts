import { type Card, MESSAGE_TYPE, type Message } from '@sonde/protocols';
import { DEFAULT_SETTINGS } from '@sonde/records';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock } from '../clock.ts';
import { Counters, type Flow } from '../call.ts';
import { type DataEvent, EGRESS, INGRESS, ROLE, TRANSPORT } from '../capture/event.ts';
import { address, get, ok, TestSocket } from '../testing/events.ts';
import { Parse } from './parse.ts';
import { parse_settings } from './settings.ts';

const MS = 1e6;

function setup(settings = DEFAULT_SETTINGS, flows_max?: number) {
  const seen: string[] = [];
  const messages: Message[] = [];
  const verdicts = new Map<number, number>();
  const ended: Flow[] = [];
  const counters = new Counters();
  let disorders = 0;
  const parse = new Parse(
    parse_settings(settings, [], new Clock()),
    {
      message: (flow: Flow, message: Message, _card: Card) => {
        messages.push(message);
        seen.push(
          message.type === MESSAGE_TYPE.request ? `> ${message.request_resource}` : `< ${message.response_code}`,
        );
        // As the session stage does.
        flow.outstanding += message.type === MESSAGE_TYPE.request ? 1 : -1;
      },
      disorder: () => disorders++,
      begin: () => undefined,
      end: (flow) => ended.push(flow),
      verdict: (id, bytes) => verdicts.set(id, bytes),
      skip: () => undefined,
      listening: (transport, port) => transport === TRANSPORT.tcp && port === 8080,
    },
    counters,
    flows_max,
  );
  return { parse, seen, messages, verdicts, ended, counters, disorders: () => disorders };
}

describe('order', () => {
  it('parses in place what is in order and sets the verdict of the claim', () => {
    const { parse, seen, verdicts } = setup();
    const c = TestSocket.client();
    parse.data(c.write(get('/a'), 1));
    parse.data(c.read(ok(), 2));
    expect(seen).toEqual(['> /a', '< 200']);
    expect(verdicts.get(c.ref.id)).toBeGreaterThan(0);
  });

  it('puts events back in order whose numbers were swapped between processors', () => {
    const { parse, seen, counters } = setup();
    const c = TestSocket.client();
    const [q1, r1, q2, r2] = [c.write(get('/1'), 1), c.read(ok(), 2), c.write(get('/2'), 3), c.read(ok(), 4)];
    for (const event of [q1, q2, r1, r2]) parse.data(event);
    expect(seen).toEqual(['> /1', '< 200', '> /2', '< 200']);
    expect(counters.get('events_lost')).toBe(0);
  });

  it('orders one direction by its TCP position', () => {
    const { parse, seen } = setup();
    const c = TestSocket.client();
    parse.data(c.write(get('/first'), 1));
    const text = get('/long/path');
    const [a, b] = [c.write(text.slice(0, 20), 5), c.write(text.slice(20), 6)];
    // The thread of the second half came out of its system call first.
    [a.cap_seq, b.cap_seq] = [b.cap_seq, a.cap_seq];
    parse.data(b);
    parse.data(a);
    expect(seen).toEqual(['> /first', '> /long/path']);
  });

  it('lets a response wait for the request that another thread has not submitted yet', () => {
    const { parse, seen } = setup();
    const c = TestSocket.client();
    parse.data(c.write(get('/1'), 1 * MS));
    parse.data(c.read(ok(), 2 * MS));
    const request = c.write(get('/2'), 3 * MS);
    const response = { ...c.read(ok(), 4 * MS), tid: 101 };
    [request.cap_seq, response.cap_seq] = [response.cap_seq, request.cap_seq];
    parse.data(response);
    expect(seen).toHaveLength(2);
    parse.data(request);
    expect(seen).toEqual(['> /1', '< 200', '> /2', '< 200']);
  });

  it('gives the same messages however the ring has mixed them', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7), { minLength: 60, maxLength: 60 }), fc.boolean(), (moves, pipelined) => {
        const { parse, seen, counters } = setup();
        const c = TestSocket.client();
        const calls = 15;
        const requests = Array.from({ length: calls }, (_, n) => get(`/${n}`));
        const events: DataEvent[] = [];
        if (pipelined) for (const text of requests) events.push(c.write(text, events.length + 1));
        for (const text of requests) {
          if (!pipelined) events.push(c.write(text, events.length + 1));
          // A response in two pieces.
          events.push(c.read(ok('0123456789').slice(0, 30), events.length + 1));
          events.push(c.read(ok('0123456789').slice(30), events.length + 1));
        }
        // The first event stays first: nothing is known of the positions before it.
        for (let i = 1; i < events.length; i++) {
          const j = Math.min(events.length - 1, i + (moves[i] ?? 0));
          [events[i], events[j]] = [events[j]!, events[i]!];
        }
        for (const event of events) parse.data(event);
        parse.tick(1e9);
        expect(seen.filter((text) => text.startsWith('>'))).toEqual(requests.map((_, n) => `> /${n}`));
        expect(seen.filter((text) => text.startsWith('<'))).toHaveLength(calls);
        expect(counters.get('events_lost') + counters.get('gaps') + counters.get('boundary_lost')).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('gives a greeting that no request precedes after a short wait', () => {
    const { parse } = setup();
    const c = TestSocket.client(3306);
    parse.tick(1 * MS);
    parse.data({ ...c.read('J\0\0\0\n8.0.0\0', 1 * MS), tid: 7 });
    expect(parse.flows).toBe(1);
    parse.tick(30 * MS);
    const flows: Flow[] = [];
    parse.tick(3e9);
    parse.take_dirty(
      () => true,
      (flow) => flows.push(flow),
    );
    expect(flows[0]?.messages_rx).toBe(1);
  });
});

describe('loss', () => {
  it('counts the numbers that never came and goes on', () => {
    const { parse, seen, counters, disorders } = setup();
    const c = TestSocket.client();
    parse.tick(1 * MS);
    const events = [1, 2, 3, 4].flatMap((n) => [c.write(get(`/${n}`), n * MS), c.read(ok(), n * MS + 1)]);
    events.forEach((event, i) => {
      if (i !== 2 && i !== 3) parse.data(event);
    });
    parse.tick(50 * MS);
    expect(counters.get('events_lost')).toBe(2);
    expect(disorders()).toBeGreaterThan(0);
    expect(seen.at(-1)).toBe('< 200');
    expect(seen).toContain('> /4');
    expect(seen).not.toContain('> /2');
  });

  it('does not lose what two writers at once have blurred', () => {
    const { parse, seen, counters } = setup();
    const c = TestSocket.client();
    const [a, b, d] = [c.write(get('/a'), 1), c.write(get('/b'), 2), c.write(get('/d'), 3)];
    // Both read the same position before either wrote.
    b.tcp_seq = a.tcp_seq;
    parse.tick(1 * MS);
    parse.data(a);
    parse.data(b);
    expect(seen).toEqual(['> /a']);
    // What follows shows that nothing is missing in between.
    parse.data(d);
    expect(seen).toEqual(['> /a', '> /b', '> /d']);
    const e = c.write(get('/e'), 4);
    e.tcp_seq -= 7;
    parse.data(e);
    parse.tick(60 * MS);
    expect(seen.at(-1)).toBe('> /e');
    expect(counters.get('positions_blurred')).toBe(1);
    expect(counters.get('gaps')).toBe(0);
  });

  it('holds a bounded number of events', () => {
    const { parse, counters } = setup();
    const c = TestSocket.client();
    parse.data(c.write(get('/'), 1));
    c.cap_seq += 5;
    for (let i = 0; i < 200; i++) parse.data(c.write(get('/x'), 2 + i));
    expect(counters.get('events_lost')).toBe(5);
  });
});

describe('flows', () => {
  it('counts traffic and connects of what nobody can read', () => {
    const { parse, verdicts } = setup();
    const c = TestSocket.client(9999);
    parse.tick(1);
    parse.socket(c.life('open', 1));
    for (let i = 0; i < 40; i++) parse.data(c.write('\u0001\u0002nonsense', 2 + i));
    expect(verdicts.get(c.ref.id)).toBe(0);
    parse.tick(1e9);
    const taken: Flow[] = [];
    parse.take_dirty(
      () => true,
      (flow) => taken.push({ ...flow }),
    );
    expect(taken).toHaveLength(1);
    expect(taken[0]).toMatchObject({ state: 'given_up', bytes_tx: 400, messages_tx: 40, opened: 1 });
  });

  it('recognises encryption', () => {
    const { parse, verdicts } = setup();
    const c = TestSocket.client(443);
    parse.data(c.write('\x16\x03\x01\x00\x05\x01abcd', 1));
    expect(verdicts.get(c.ref.id)).toBe(0);
  });

  it('takes no more bytes of a connection once its handshake is read, and tells it as encrypted', () => {
    const { parse, verdicts, messages, ended } = setup();
    const c = TestSocket.client(443);
    // RFC 8446 section 4.1.2: version, random, no session id, one suite, no compression; then an alert (section 6).
    parse.data(
      c.write(`\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03${'r'.repeat(32)}\x00\x00\x02\x13\x01\x01\x00\x00\x00`, 1),
    );
    expect(verdicts.get(c.ref.id)).toBe(16_384);
    parse.data(c.read('\x15\x03\x03\x00\x02\x02\x28', 2));
    expect(verdicts.get(c.ref.id)).toBe(0);
    expect(messages.map((m) => m.response_exception ?? m.request_type)).toEqual(['ClientHello', 'handshake_failure']);
    parse.close(3);
    expect(ended[0]).toMatchObject({ state: 'encrypted', bytes_tx: 52, bytes_rx: 7 });
  });

  it('follows a connection to another protocol: its number, and the bytes to capture', () => {
    const { parse, verdicts } = setup();
    const c = TestSocket.client();
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    parse.data(
      c.write(`GET /chat HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${upgrade}`, 1),
    );
    const before = verdicts.get(c.ref.id);
    parse.data(c.read(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}`, 2));
    parse.data(c.write('\x81\x82\x01\x02\x03\x04ij', 3));
    // Whole calls from the request on: messages may come in the call of the answer.
    expect([before, verdicts.get(c.ref.id)]).toEqual([2_097_152, 2_097_152]);
  });

  it('takes whole calls only until a request to leave the protocol is refused', () => {
    const { parse, verdicts } = setup();
    const c = TestSocket.client();
    parse.data(c.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 1));
    expect(verdicts.get(c.ref.id)).toBe(2_097_152);
    parse.data(c.read(ok(), 2));
    expect(verdicts.get(c.ref.id)).toBe(16_384);
  });

  it('tells a failed connection', () => {
    const { parse, ended } = setup();
    parse.tick(1);
    parse.socket(TestSocket.client(81).life('fail', 1));
    parse.tick(2e9);
    expect(ended[0]).toMatchObject({ failed: 1, state: 'given_up' });
  });

  it('still reads data that comes shortly after the close', () => {
    const { parse, seen, ended } = setup();
    const c = TestSocket.client();
    parse.tick(1);
    parse.data(c.write(get('/'), 1));
    parse.socket(c.life('close', 2));
    parse.data(c.read(ok(), 3));
    parse.tick(2e9);
    expect(seen).toEqual(['> /', '< 200']);
    expect(ended).toHaveLength(1);
    expect(parse.flows).toBe(0);
  });

  it('turns round a connection whose roles were guessed wrong', () => {
    const { parse, seen, messages } = setup();
    // A server on a high port, met in the middle.
    const s = new TestSocket(ROLE.unknown, 50_000, 1234);
    parse.data(s.read(get('/x'), 1));
    parse.data(s.write(ok(), 2));
    parse.data(s.read(get('/y'), 3));
    expect(seen).toEqual(['> /x', '< 200', '> /y']);
    expect(messages).toHaveLength(3);
  });

  it('knows a listening port as the server', () => {
    const { parse, seen } = setup();
    const s = new TestSocket(ROLE.unknown, 8080, 80);
    parse.data(s.read(get('/x'), 1));
    expect(seen).toEqual(['> /x']);
  });

  it('does not look at ignored ports', () => {
    const { parse, seen, verdicts } = setup({ ...DEFAULT_SETTINGS, ignore_ports: [80] });
    const c = TestSocket.client();
    parse.data(c.write(get('/'), 1));
    expect(seen).toEqual([]);
    expect(verdicts.get(c.ref.id)).toBe(0);
  });

  it('does not look at connections that an ignored port refuses', () => {
    const { parse, ended } = setup({ ...DEFAULT_SETTINGS, ignore_ports: [81] });
    parse.tick(1);
    parse.socket(TestSocket.client(81).life('fail', 1));
    parse.tick(2e9);
    expect(ended[0]).toMatchObject({ state: 'dropped' });
  });

  it('takes new settings for connections that exist', () => {
    const { parse, seen, verdicts } = setup();
    const c = TestSocket.client();
    parse.data(c.write(get('/1'), 1));
    const before = verdicts.get(c.ref.id)!;
    parse.configure(parse_settings({ ...DEFAULT_SETTINGS, capture_bytes_max: 100 }, [], new Clock()));
    expect(verdicts.get(c.ref.id)).toBe(Math.min(before, 100));
    const other = TestSocket.client(81);
    parse.data(other.write(get('/2'), 2));
    expect(verdicts.get(other.ref.id)).toBe(100);
    parse.configure(parse_settings({ ...DEFAULT_SETTINGS, ignore_ports: [80] }, [], new Clock()));
    expect(verdicts.get(c.ref.id)).toBe(0);
    parse.data(c.read(ok(), 3));
    expect(seen).toEqual(['> /1', '> /2']);
  });

  it('keeps a bounded number of flows', () => {
    const { parse, ended, counters } = setup(DEFAULT_SETTINGS, 10);
    for (let i = 0; i < 25; i++) parse.data(TestSocket.client().write(get('/'), i));
    expect(parse.flows).toBeLessThanOrEqual(10);
    expect(ended).toHaveLength(15);
    expect(counters.get('flows_evicted')).toBe(15);
  });
});

describe('datagrams', () => {
  const query = Buffer.from('12340100000100000000000003777777076578616d706c6503636f6d0000010001', 'hex');
  const datagram = (direction: number, peer: number, cap_seq: number): DataEvent => ({
    kind: 'data',
    moment_ns: cap_seq,
    pid: 5,
    tid: 5,
    socket: {
      id: 900_000,
      transport: TRANSPORT.udp,
      family: 4,
      local: address('0.0.0.0'),
      remote: address('127.0.0.1'),
      local_port: 53,
      remote_port: peer,
      role: ROLE.unknown,
    },
    direction,
    length: query.length,
    offset: 0,
    continues: false,
    discarded: false,
    tcp_seq: 0,
    cap_seq,
    bytes: query,
    start: 0,
    end: query.length,
  });

  it('have one flow a peer', () => {
    const { parse, messages } = setup();
    for (let peer = 0; peer < 300; peer++) parse.data(datagram(INGRESS, 20_000 + peer, peer + 1));
    expect(parse.flows).toBe(300);
    expect(messages).toHaveLength(300);
    expect(messages[0]?.request_resource).toBe('www.example.com');
  });

  it('are counted when the same ends come back under another socket', () => {
    const { parse, messages, counters } = setup();
    const first = datagram(EGRESS, 1, 1);
    parse.data(first);
    parse.data(datagram(EGRESS, 2, 2));
    expect(counters.get('udp_flows_replaced')).toBe(0);
    parse.data({ ...first, socket: { ...first.socket, id: 900_001 } });
    expect(counters.get('udp_flows_replaced')).toBe(1);
    parse.data({ ...first, cap_seq: 2, socket: { ...first.socket, id: 900_001 } });
    expect(counters.get('udp_flows_replaced')).toBe(1);
    expect(messages).toHaveLength(4);
  });

  it('count what is missing, and take back what came late', () => {
    const { parse, counters } = setup();
    for (const cap_seq of [1, 2, 5, 4]) parse.data(datagram(EGRESS, 1, cap_seq));
    expect(counters.get('events_lost')).toBe(1);
  });
});
