import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, piece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { slide } from '../testing/slide.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/libzmq.json', import.meta.url));
const [asked, asking, router, plain, refused, curve, published, pushed, radio, served] = connections.map(
  (pieces) => play([protocol], pieces).messages,
);
/** What becomes a row: frames before the last of a message and beginnings of greetings do not. */
const rows = (messages: readonly Message[] | undefined) => messages!.filter((m) => m.interim !== true);
const calls = (messages: readonly Message[] | undefined) => rows(messages).filter((m) => m.request_type === 'Message');
const commands = (messages: readonly Message[] | undefined) =>
  rows(messages)
    .filter((m) => m.request_type === 'Command')
    .map((m) => m.attribute_values!.slice(1).join(' '));
const latin1_of = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const pieces_of = (pieces: readonly PlayedPiece[], size: number): PlayedPiece[] =>
  pieces.flatMap(({ direction, bytes }) => {
    const cut: PlayedPiece[] = [];
    for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
    return cut;
  });

describe('zmtp, recorded from libzmq', () => {
  it.each(connections.map((pieces, i) => ({ i, pieces })))(
    'connection $i is read to its last byte',
    ({ i, pieces }) => {
      const { conversation } = play([protocol], pieces);
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
      expect(conversation.state).toBe(i === 5 ? 'encrypted' : 'claimed');
    },
  );

  it.each([1, 7, 100])('gives the same in pieces of %i bytes', (size) => {
    for (const pieces of connections) {
      const [whole, cut] = [play([protocol], pieces), play([protocol], pieces_of(pieces, size))];
      expect(cut.messages.map(said)).toEqual(whole.messages.map(said));
      expect(cut.conversation.state).toBe(whole.conversation.state);
    }
  });

  it('a message is one row, whatever its frames: requests and responses of REQ and REP', () => {
    const exchange = [
      [MESSAGE_TYPE.request, 19],
      [MESSAGE_TYPE.response, 17],
      [MESSAGE_TYPE.request, 21],
      [MESSAGE_TYPE.response, 18],
      [MESSAGE_TYPE.request, 3011],
      [MESSAGE_TYPE.response, 17],
    ];
    for (const messages of [asked, asking, plain]) {
      expect(calls(messages).map((m) => [m.type, m.length])).toEqual(exchange);
    }
    expect(calls(asked)[1]).toMatchObject({ response_status: STATUS.ok, version: '3.1' });
    expect(calls(router).map((m) => m.type)).toEqual([MESSAGE_TYPE.request, MESSAGE_TYPE.response]);
  });

  it('whoever listens may be the one that asks', () => {
    const directions: number[] = [];
    play(
      [protocol],
      connections[1]!,
      {},
      { on_message: (m, _, direction) => calls([m])[0] && directions.push(direction) },
    );
    expect(directions).toEqual([TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER, TO_CLIENT, TO_SERVER]);
  });

  it('greetings tell version and mechanism, READY the type of the socket', () => {
    expect(rows(asked).slice(0, 4)).toMatchObject([
      { version: '3.1', one_way: true, length: 64, attribute_values: ['Greeting', 'NULL'] },
      { version: '3.1', one_way: true, length: 64, attribute_values: ['Greeting', 'NULL'] },
      { attribute_names: ['frame', 'command', 'socket_type'], attribute_values: ['Command', 'READY', 'REP'] },
      { attribute_values: ['Command', 'READY', 'REQ'] },
    ]);
  });

  it('PLAIN: its commands, and an error by its text', () => {
    expect(commands(plain)).toEqual(['HELLO', 'WELCOME', 'INITIATE REQ', 'READY REP']);
    expect(commands(refused)).toEqual(['HELLO', 'ERROR']);
    expect(refused!.at(-1)).toMatchObject({
      response_status: STATUS.server_error,
      response_exception: '400',
      one_way: true,
    });
  });

  it('CURVE: nothing behind its handshake', () => {
    expect(commands(curve)).toEqual(['HELLO', 'WELCOME', 'INITIATE', 'READY']);
    expect(calls(curve)).toEqual([]);
  });

  it('in the middle: REQ and REP by their delimiters, others once commands or many frames tell', () => {
    const middle = (pieces: readonly PlayedPiece[], from: number) =>
      play([protocol], pieces.slice(from), {}, { from_start: false });
    for (const i of [0, 3]) {
      const played = play([protocol], connections[i]!).messages;
      const first = connections[i]!.findIndex(({ bytes }) => bytes[0] === 1 && bytes[1] === 0);
      const late = middle(connections[i]!, first);
      const lengths = calls(late.messages).map((m) => m.length);
      expect(lengths.length).toBeGreaterThan(4);
      expect(lengths).toEqual(
        calls(played)
          .map((m) => m.length)
          .slice(-lengths.length),
      );
      expect(late.conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    }
    // Those who listen have asked; what is published comes in pieces that end anywhere.
    const subscribing = connections[6]!.find(({ bytes }) => latin1_of(bytes).includes('SUBSCRIBE'))!;
    // Behind READY in the same piece.
    const { bytes } = connections[7]!.find((p) => latin1_of(p.bytes).includes('hidden 0'))!;
    const published = bytes.subarray(2 + bytes[1]!);
    const cut = [0, 60, 95].map(
      (at, i, all): PlayedPiece => ({ direction: TO_CLIENT, bytes: published.slice(at, all[i + 1]) }),
    );
    const heard = middle([{ direction: TO_SERVER, bytes: subscribing.bytes }, ...cut], 0);
    expect(heard.conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(calls(heard.messages)).toHaveLength(20);
  });

  it('subscriptions, groups and heartbeats', () => {
    expect(commands(published)).toEqual([
      'READY PUB',
      'READY SUB',
      'SUBSCRIBE sports.general',
      'SUBSCRIBE sports.football',
      'CANCEL sports.general',
      'SUBSCRIBE ',
    ]);
    expect(calls(published).map((m) => [m.one_way, m.length])).toEqual([
      [true, 29],
      [true, 426],
    ]);
    expect(rows(published).at(-2)).toMatchObject({ endpoint: 'sports.general', request_resource: 'sports.general' });
    expect(commands(radio)).toEqual(['READY RADIO', 'READY DISH', 'JOIN birds', 'JOIN bees', 'LEAVE bees']);
    expect(calls(radio)).toMatchObject([{ endpoint: 'birds', length: 20, one_way: true }]);
    expect(calls(pushed)).toHaveLength(20);
    expect(commands(pushed).slice(2, 6)).toEqual(['PING', 'PING', 'PONG', 'PONG']);
    expect(calls(served).map((m) => m.one_way)).toEqual([true, true]);
  });

  it('no body, user or password is kept', () => {
    const all = connections.map((pieces) => play([protocol], pieces, { redact: false }).messages);
    expect(JSON.stringify(all)).not.toMatch(/hidden|seller/);
  });

  it('bodies need not be captured', () => {
    const cut = connections[0]!.map(({ direction, bytes }) => ({
      direction,
      bytes: bytes.subarray(0, 100),
      true_length: bytes.length,
    }));
    const { messages, conversation } = play([protocol], cut);
    expect(conversation.counters.boundary_lost).toBe(0);
    expect(messages.map(said)).toEqual(asked!.map(said));
  });

  it('a lost part of a message costs that message', () => {
    const pieces = connections[0]!;
    const { messages, conversation } = play([protocol], pieces.slice(0, 6));
    for (const { direction, bytes } of pieces.slice(6, 8)) conversation.gap(direction, bytes.length);
    for (const { direction, bytes } of pieces.slice(8)) {
      conversation.data(direction, bytes, 0, bytes.length, bytes.length, {
        moment_ns: 1,
        tcp_seq: 1,
        cap_seq: 1,
        pid: 1,
        tid: 1,
      });
    }
    expect(calls(messages).map((m) => m.length)).toEqual([19, 17, 3011, 17]);
  });

  it('is recognized in the middle of a connection by a command', () => {
    const { messages, conversation } = play([protocol], connections[7]!.slice(5), {}, { from_start: false });
    expect(commands(messages).slice(0, 4)).toEqual(['PING', 'PING', 'PONG', 'PONG']);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  });
});

describe('zmtp, by its specifications', () => {
  /** Both greetings, and READYs of these sockets. */
  function begin(minor: number, client: string, server: string): PlayedPiece[] {
    const said_by = (type: string) => {
      const value = `\x0bSocket-Type\0\0\0${String.fromCharCode(type.length)}${type}`;
      return `\xff${'\0'.repeat(8)}\x7f\x03${String.fromCharCode(minor)}NULL${'\0'.repeat(48)}\x04${String.fromCharCode(value.length + 6)}\x05READY${value}`;
    };
    return [piece(TO_SERVER, said_by(client)), piece(TO_CLIENT, said_by(server))];
  }
  const after = (messages: readonly Message[]) => rows(messages).slice(4);

  it('SUB sockets of version 3.0 subscribe by messages', () => {
    const { messages } = play(
      [protocol],
      [
        ...begin(0, 'SUB', 'PUB'),
        piece(TO_SERVER, '\0\x06\x01birds\0\x01\x01\0\x06\0birds'),
        piece(TO_CLIENT, '\0\x02\x01x'),
      ],
    );
    expect(after(messages).map((m) => [m.version, m.endpoint, ...m.attribute_values!])).toEqual([
      ['3.0', 'birds', 'Message', 'SUBSCRIBE', 'birds'],
      ['3.0', undefined, 'Message', 'SUBSCRIBE', ''],
      ['3.0', 'birds', 'Message', 'CANCEL', 'birds'],
      ['3.0', undefined, 'Message'],
    ]);
  });

  it('the older version of both is spoken', () => {
    const [client] = begin(1, 'PUSH', 'PULL');
    const [, server] = begin(0, 'PUSH', 'PULL');
    const { messages } = play([protocol], [client!, server!, piece(TO_SERVER, '\0\x01x')]);
    expect(messages.at(-1)!.version).toBe('3.0');
  });

  it('requests in a row are answered in order', () => {
    const { messages } = play(
      [protocol],
      [
        ...begin(1, 'DEALER', 'REP'),
        piece(TO_SERVER, '\x01\0\0\x01a\x01\0\0\x01b'),
        piece(TO_CLIENT, '\x01\0\0\x01A\x01\0\0\x01B'),
      ],
    );
    expect(after(messages).map(brief)).toEqual([
      'request | Message',
      'request | Message',
      'response | Message | status 0',
      'response | Message | status 0',
    ]);
  });

  it('an ERROR of the client blames the client; long commands', () => {
    const { messages } = play(
      [protocol],
      [
        ...begin(1, 'PAIR', 'PAIR'),
        piece(TO_SERVER, '\x04\x0a\x05ERROR\x03bad'),
        piece(TO_CLIENT, '\x06\0\0\0\0\0\0\0\x07\x05ERROR\0'),
      ],
    );
    expect(after(messages).map(brief)).toEqual([
      'session | Command | status 4 | bad',
      'session | Command | status 3 | ',
    ]);
  });

  it('a huge message is passed over, and what follows is read', () => {
    const huge = piece(TO_SERVER, `\x02\0\0\0\0\0\x40\0\0${'x'.repeat(1000)}`);
    const { messages } = play(
      [protocol],
      [...begin(1, 'PUSH', 'PULL'), { ...huge, true_length: 9 + 0x400000 }, piece(TO_SERVER, '\0\x01x')],
    );
    expect(after(messages).map((m) => m.length)).toEqual([9 + 0x400000, 3]);
  });

  const greeting = `\xff${'\0'.repeat(8)}\x7f`;
  it.each([
    [greeting.slice(0, 1), 0, true],
    [greeting, 2, true],
    [`${greeting}\x03`, 3, undefined],
    // Versions 2 and 1 are other protocols.
    [`${greeting}\x01\x02`, 0, undefined],
    ['\x01\0\0\x01a', 0, undefined],
    ['\x04\x19\x05READY\x0bSocket-Type', 3, undefined],
    ['\x04\x07\x04PING\0\x0a', 3, undefined],
    ['\x04\x07\x04PINK\0\x0a', 0, undefined],
    ['\0\x07\x04PING\0\x0a', 0, undefined],
    [`\xff${'\x01'.repeat(8)}\x7f\x03`, 0, undefined],
  ])('inference of %j', (text, score, more) => {
    const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
    const guess = infer(bytes, 0, bytes.length);
    expect([guess.score, guess.more]).toEqual([score, more]);
  });
});

describe('zmtp sockets that ask on while answers come', () => {
  it.each([1, 2, 3, 4])('each answer of a REP is its request’s (%i)', (seed) => {
    // RFC 23 sections 2.1 and 2.3.
    const greeting = `\xff${'\0'.repeat(8)}\x7f\x03\x01NULL${'\0'.repeat(48)}`;
    const told = (type: string) => `\x05READY\x0bSocket-Type\0\0\0${String.fromCharCode(type.length)}${type}`;
    const ready = (type: string) => `\x04${String.fromCharCode(told(type).length)}${told(type)}`;
    const sent = (text: string) => `\x01\0\0${String.fromCharCode(text.length)}${text}`;
    const begin = [piece(TO_SERVER, greeting), piece(TO_CLIENT, greeting)];
    begin.push(piece(TO_SERVER, ready('DEALER')), piece(TO_CLIENT, ready('REP')));
    const exchanges = Array.from({ length: 40 }, (_, i) => {
      return [piece(TO_SERVER, sent('x'.repeat(i))), piece(TO_CLIENT, sent('x'.repeat(2 * i)))] as const;
    });
    const pairs = slide(protocol, begin, exchanges, seed).filter(([one]) => one?.request_type === 'Message');
    expect(pairs.map(([request, response]) => [request?.length, response?.length])).toEqual(
      exchanges.map((_, i) => [4 + i, 4 + 2 * i]),
    );
  });
});
