import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { is_command, STRUCTURES } from './messages.ts';
import { protocol } from './parse.ts';

// Clients of a real broker: tight; loose; tight without caches; loose without caches or stack traces; versions 9, 3 (loose)
// and 1; without lengths, tight and loose; a refused one; one with keep-alives and pulls.
const clients = load(new URL('captures/clients.json', import.meta.url));
const structures = load(new URL('captures/structures.json', import.meta.url));
const USERS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const TRACE = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' };
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
});
/** In the order in which one side sent them: two sides may overtake each other. */
const of_side = (messages: readonly Message[], type: 'asked' | 'answered') =>
  messages
    .filter((m) => (m.type === MESSAGE_TYPE.response) === (type === 'answered'))
    .map(({ request_type, request_id, request_resource, x_request_id, trace_id, response_exception }) => {
      const place = request_resource?.startsWith('ID:') ? 'temporary' : request_resource;
      // Clients are named by the format that they asked for.
      const exception = response_exception?.replace(/clientID: \S+/, 'clientID');
      return { request_type, request_id, place, x_request_id, trace_id, exception };
    })
    .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));

describe('openwire, recorded from a broker', () => {
  const played = clients.map((pieces) => play([protocol], pieces));
  const usual = played[0]!.messages;
  const of = (name: string) => usual.filter((m) => m.request_type === name);

  it('every command that wants an answer has it', () => {
    for (const { conversation, messages } of played) {
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
      const waiting = new Set<number | undefined>();
      for (const m of messages) {
        if (m.type === MESSAGE_TYPE.request) waiting.add(m.request_id);
        else if (m.type === MESSAGE_TYPE.response) expect(waiting.delete(m.request_id)).toBe(true);
      }
      expect(waiting.size).toBe(0);
    }
  });

  it.each(USERS.slice(1))('format %i tells what the usual one tells', (i) => {
    const { messages } = played[i]!;
    expect(of_side(messages, 'asked')).toEqual(of_side(usual, 'asked'));
    expect(of_side(messages, 'answered')).toEqual(of_side(usual, 'answered'));
  });

  it('messages: destination, trace, correlation id; deliveries and acknowledgements too', () => {
    expect(of('ActiveMQTextMessage')).toMatchObject([{ ...TRACE, x_request_id: 'c-77', endpoint: 'orders' }]);
    expect(of('ActiveMQBytesMessage')).toMatchObject([{ trace_id: 'trace', span_id: 'seg-4' }]);
    expect(of('MessageDispatch').slice(0, 2)).toMatchObject([
      { ...TRACE, x_request_id: 'c-77', endpoint: 'orders', one_way: true, request_id: 4 },
      { trace_id: 'trace', endpoint: 'orders', one_way: true, request_id: 5 },
    ]);
    expect(of('MessageAck').map((m) => m.request_resource)).toEqual(['orders', 'orders', 'orders']);
    expect(of('ActiveMQBytesMessage')[0]!.length).toBeGreaterThan(4900);
    expect(of('ConsumerInfo').at(-1)).toMatchObject({ attribute_values: ['news', 'paper'] });
  });

  it('failures: an exception by its text', () => {
    expect(of('ExceptionResponse')).toMatchObject([
      { response_status: STATUS.server_error, response_result: 'javax.jms.InvalidDestinationException' },
    ]);
    expect(played[9]!.messages.at(-1)).toMatchObject({
      request_id: 1,
      response_exception: 'User name [seller] or password is invalid.',
    });
  });

  it('versions and the broker are known once they are agreed upon', () => {
    expect(USERS.map((i) => played[i]!.messages.at(-1)!.version)).toEqual('12 12 12 12 9 3 1 12 12'.split(' '));
    expect(usual.at(-1)!.request_domain).toMatch(/^tcp:\/\/localhost:\d+$/);
  });

  it('keep-alives and pulls are one-way', () => {
    const { messages } = played[10]!;
    const alive = messages.filter((m) => m.request_type === 'KeepAliveInfo');
    expect(alive.length).toBeGreaterThan(2);
    expect(alive.every((m) => m.one_way)).toBe(true);
    expect(messages.filter((m) => m.request_type === 'MessagePull').map((m) => m.endpoint)).toEqual(['bills', 'bills']);
  });

  it('no password and no body is kept', () => {
    expect(JSON.stringify(clients.map((pieces) => play([protocol], pieces, { redact: false }).messages))).not.toMatch(
      /hidden/,
    );
  });

  it.each([1, 7, 100])('gives the same in pieces of %i bytes', (size) => {
    for (const i of [0, 1, 7, 8]) {
      const small = clients[i]!.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      const got = play([protocol], small, {}, { hint: 'openwire' }).messages;
      expect(got.map(said)).toEqual(played[i]!.messages.map(said));
    }
  });

  it.each([0, 1, 3, 5])('finds out the format of connection %i from its middle', (i) => {
    const rest = clients[i]!.slice(12);
    const { messages, conversation } = play([protocol], rest, {}, { from_start: false, server_port: 61_616 });
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    const whole = played[i]!.messages;
    const types = messages.map((m) => m.request_type);
    expect(types).toEqual(whole.slice(whole.length - types.length).map((m) => m.request_type));
    expect(types.length).toBeGreaterThan(40);
  });
});

describe('openwire, every structure of every version', () => {
  it.each(structures.map((pieces, i) => ({ i, pieces })))('connection $i is read to its last byte', ({ pieces }) => {
    const { messages, conversation } = play([protocol], pieces);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(messages).toHaveLength(pieces.length);
    for (const m of messages.slice(2)) expect(m.request_type).not.toBe('WireFormatInfo');
  });

  it('has met all commands', () => {
    const met = new Set(structures.flatMap((pieces) => play([protocol], pieces).messages.map((m) => m.request_type)));
    const commands = Object.keys(STRUCTURES).map(Number).filter(is_command);
    expect(commands.map((type) => STRUCTURES[type]!.name).filter((name) => !met.has(name))).toEqual([]);
  });
});

describe('openwire, by its source', () => {
  const [first, second] = clients[9]!;
  // Both ends want version 9, the loose encoding and no caches.
  const loose = structures[11]!.slice(0, 2);
  /** A text in the loose encoding. */
  const text = (value: string) =>
    `01 ${value.length.toString(16).padStart(4, '0')} ${Buffer.from(value).toString('hex')}`;
  const prefixed = (body: string) => {
    const bytes = body.replaceAll(' ', '');
    return `${(bytes.length / 2).toString(16).padStart(8, '0')}${bytes}`;
  };

  it('an error of a connection and a poisoned message blame who tells them', () => {
    const error = `01 ${text('java.io.EOFException')} ${text('gone')}`;
    const ack = `16 00000007 00 01 64 ${text('orders')} 00 00 05 00 00 00000001 ${error}`;
    const { messages } = play(
      [protocol],
      [...loose, hex(TO_CLIENT, prefixed(`10 00000000 00 ${error} 00`)), hex(TO_SERVER, prefixed(ack))],
    );
    expect(messages.slice(2).map(brief)).toEqual([
      'session | ConnectionError | status 3 | gone',
      'session | MessageAck | orders | status 4 | gone',
    ]);
    expect(messages[2]!.response_result).toBe('java.io.EOFException');
  });

  it('what a broker wants answered has ids of its own', () => {
    const { messages } = play(
      [protocol],
      [
        ...loose,
        hex(TO_CLIENT, prefixed('12 00000003 01 00 00 00 00 00 00 00 00 00')),
        hex(TO_SERVER, prefixed('1e 00000009 00 00000003')),
      ],
    );
    expect(messages.slice(2).map((m) => m.request_id)).toEqual([2 ** 32 + 3, 2 ** 32 + 3]);
  });

  it('a body that was not captured costs nothing but itself', () => {
    const { messages, conversation } = play(
      [protocol],
      clients[0]!.map(({ direction, bytes }) => ({
        direction,
        bytes: bytes.subarray(0, 400),
        true_length: bytes.length,
      })),
    );
    expect(conversation.counters.boundary_lost).toBe(0);
    expect(messages.map((m) => m.request_type)).toEqual(
      play([protocol], clients[0]!).messages.map((m) => m.request_type),
    );
    const bytes_message = messages.find((m) => m.request_type === 'ActiveMQBytesMessage');
    expect(bytes_message).toMatchObject({ endpoint: 'orders' });
    expect(bytes_message!.trace_id).toBe(undefined);
  });

  it.each([
    [first!.bytes, 3],
    [first!.bytes.subarray(0, 13), 3],
    [first!.bytes.subarray(0, 12), 0],
    [second!.bytes, 3],
    [clients[0]!.at(-1)!.bytes, 1],
    [new Uint8Array(Buffer.from(prefixed('0a 01 00 00000000 00'), 'hex')), 0],
    [new Uint8Array(Buffer.from(prefixed('63 01 00 00000000'), 'hex')), 0],
  ])('inference of %#', (bytes, score) => {
    expect(infer(bytes, 0, bytes.length).score).toBe(score);
  });
});
