import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/amqplib.json', import.meta.url));
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
});

describe('amqp, recorded from RabbitMQ', () => {
  const played = connections.map((pieces) => play([protocol], pieces));
  const all = played.flatMap(({ messages }) => messages);
  const of = (name: string) => all.filter((m) => m.request_type === name);

  it('every question has its answer on its channel, one after the other', () => {
    for (const { conversation, messages } of played) {
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
      const waiting = new Map<number, string>();
      for (const m of messages) {
        const channel = m.request_id ?? -1;
        if (m.type === MESSAGE_TYPE.request) {
          expect(waiting.get(channel)).toBe(undefined);
          waiting.set(channel, m.request_type!);
        } else if (m.type === MESSAGE_TYPE.response) {
          const asked = waiting.get(channel);
          if (m.request_type !== 'Channel.Close') expect(m.request_type).toMatch(new RegExp(`^${asked}(Ok|Empty)$`));
          waiting.delete(channel);
        }
      }
      expect(waiting.size).toBe(0);
    }
  });

  it('as many of each as the client made', () => {
    expect(of('Basic.Publish').map((m) => m.endpoint)).toEqual([
      'logs.order.new',
      'logs.nowhere',
      '.orders',
      'logs.order.old',
      '.orders',
    ]);
    expect(of('Basic.Deliver')).toHaveLength(3);
    expect(of('Basic.Get')).toHaveLength(2);
    expect(of('Basic.Ack')).toHaveLength(4);
    expect(of('Queue.Declare').map((m) => m.request_resource)).toEqual(['orders', 'missing']);
  });

  it('a message is one row with its header and body', () => {
    expect(of('Basic.Publish')[0]).toMatchObject({
      type: MESSAGE_TYPE.session,
      request_domain: '/',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
      x_request_id: 'c-77',
      attribute_names: ['vhost', 'exchange', 'routing_key'],
      attribute_values: ['/', 'logs', 'order.new'],
    });
    expect(of('Basic.Deliver')[0]).toMatchObject({ trace_id: '0af7651916cd43dd8448eb211c80319c' });
    expect(of('Basic.Publish')[2]!.length).toBeGreaterThan(5000);
  });

  it('failures: a closed channel answers, a returned message and a refused login stand alone', () => {
    expect(of('Channel.Close')[0]).toMatchObject({
      type: MESSAGE_TYPE.response,
      response_code: 404,
      response_status: STATUS.client_error,
    });
    expect(of('Basic.Return')[0]).toMatchObject({ response_code: 312, response_exception: 'NO_ROUTE' });
    expect(of('Connection.Close').at(-1)).toMatchObject({ type: MESSAGE_TYPE.session, response_code: 403 });
  });

  it('no login and no body is kept', () => {
    expect(JSON.stringify(all)).not.toMatch(/guest|wrongsecret|hidden|AAAA/);
  });

  it.each([1, 9, 400])('gives the same in pieces of %i bytes', (size) => {
    for (const [i, pieces] of connections.entries()) {
      const small = pieces.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      const got = play([protocol], small, {}, { hint: 'amqp' }).messages;
      expect(got.map(said)).toEqual(played[i]!.messages.map(said));
    }
  });
});

describe('amqp, by the specification', () => {
  // Queue.Delete on channel 3: reserved, "q", bits if-unused, if-empty, no-wait.
  const remove = (bits: string) => hex(TO_SERVER, `01 0003 00000009 0032 0028 0000 0171 ${bits} ce`);
  const removed = hex(TO_CLIENT, '01 0003 00000008 0032 0029 00000005 ce');

  it('a closing of the connection answers the method that it blames, on its channel', () => {
    // Basic.Recover on channel 3, answered by Connection.Close 540 "x" because of 60.110; then one that blames nothing.
    const recover = hex(TO_SERVER, '01 0003 00000005 003c 006e 00 ce');
    const close = (method: string) => hex(TO_CLIENT, `01 0000 0000000c 000a 0032 021c 0178 ${method} ce`);
    for (const [method, type, channel] of [
      ['003c 006e', MESSAGE_TYPE.response, 3],
      ['0000 0000', MESSAGE_TYPE.session, 0],
    ] as const) {
      const { messages } = play([protocol], [recover, close(method)]);
      expect(messages[1]).toMatchObject({ type, request_id: channel, response_code: 540, response_status: 3 });
    }
  });

  it('no-wait asks nothing', () => {
    const { messages } = play([protocol], [remove('04'), remove('00'), removed]);
    expect(messages.map((m) => m.type)).toEqual([MESSAGE_TYPE.session, MESSAGE_TYPE.request, MESSAGE_TYPE.response]);
  });

  it('a body that is not captured costs nothing but itself', () => {
    const body = hex(TO_SERVER, `03 0003 00010000 ${'41'.repeat(40)}`);
    const { messages, conversation } = play(
      [protocol],
      [
        hex(TO_SERVER, '01 0003 0000000b 003c 0028 0000 0165 0172 00 ce'),
        hex(TO_SERVER, '02 0003 0000000e 003c 0000 0000000000010000 0000 ce'),
        { ...body, true_length: 65_544 },
        remove('00'),
        removed,
      ],
    );
    expect(messages.map((m) => [m.request_type, m.length])).toEqual([
      ['Basic.Publish', 65_536 + 19 + 22],
      ['Queue.Delete', 17],
      ['Queue.DeleteOk', 16],
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('only its own first bytes look like it', () => {
    const score = (text: string) => infer(Buffer.from(text, 'latin1'), 0, text.length, TO_SERVER).score;
    expect(score('AMQP\0\0\x09\x01')).toBe(3);
    expect(score('AMQP\0\x01\0\0')).toBe(0);
    expect(score('AMQP\x03\x01\0\0')).toBe(0);
    expect(score('\x01\0\0\0\0\0\x04\0\x0a\0\x0a\xcd')).toBe(0);
    expect(score('\x08\0\0\0\0\0\0\xce')).toBe(3);
  });
});
