import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/clients.json', import.meta.url));
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
});

describe('kafka, recorded from real clients', () => {
  const played = connections.map((pieces) => play([protocol], pieces));
  const all = played.flatMap(({ messages }) => messages);
  const of = (type: 0 | 1 | 2, name: string) => all.filter((m) => m.type === type && m.request_type === name);

  it('as many requests as tshark 4.0 counts in the same capture, each with its answer', () => {
    for (const { conversation } of played) {
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    }
    expect(all.filter((m) => m.type !== MESSAGE_TYPE.response)).toHaveLength(85);
    for (const { messages } of played) {
      const ids = messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => m.request_id);
      const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response).map((m) => m.request_id);
      // A consumer's last question may have been cut off by its end.
      expect(answered).toEqual(expect.arrayContaining(ids.slice(0, -2)));
    }
  });

  it('produce: topic, partition, trace of the first record', () => {
    expect(of(0, 'Produce')[0]).toMatchObject({
      request_domain: 'orders',
      endpoint: 'orders-3',
      version: '7',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
      attribute_values: ['orders', 'shop'],
    });
    expect(of(1, 'Produce')[0]).toMatchObject({ response_code: 0, response_status: STATUS.ok, endpoint: 'orders-3' });
    // kafkajs, with the header of SkyWalking: trace "abc", segment "def", span 3.
    expect(of(0, 'Produce').map((m) => m.trace_id)).toContain('abc');
    expect(of(2, 'Produce')).toMatchObject([{ one_way: true }]);
    expect(JSON.stringify(all)).not.toMatch(/secret|hidden/);
  });

  it('fetch: place and offset; its answer tells the trace of what was fetched', () => {
    expect(of(0, 'Fetch').map((m) => m.request_resource)).toContain('hold-2:0');
    expect(of(1, 'Fetch').map((m) => m.trace_id)).toContain('abc');
  });

  // kcat packs whole batches by gzip, Snappy, LZ4 and Zstandard; kafkajs-snappy in blocks as the Java client does. In what kafkajs
  // sent only the second record has headers.
  it('compressed records: the trace of the first record that has one', () => {
    const told = load(new URL('captures/compressed.json', import.meta.url)).map((pieces) =>
      play([protocol], pieces).messages.flatMap((m) =>
        m.type === MESSAGE_TYPE.request && m.request_type === 'Produce' ? [m.trace_id] : [],
      ),
    );
    const id = '0af7651916cd43dd8448eb211c80319c';
    // Nothing that is part of Node.js 20 opens Zstandard.
    expect(told).toEqual([[id], [id], [id], [undefined], [id, id]]);
  });

  it('groups, and errors by name', () => {
    for (const name of ['JoinGroup', 'SyncGroup', 'Heartbeat', 'LeaveGroup', 'OffsetFetch']) {
      const groups = of(0, name).map((m) => m.attribute_values?.[m.attribute_names!.indexOf('group_id')]);
      expect(groups, name).toEqual(expect.arrayContaining(['billing']));
    }
    expect(of(1, 'ApiVersions').find((m) => m.response_code !== 0)).toMatchObject({
      response_code: 35,
      response_exception: 'UNSUPPORTED_VERSION',
      response_status: STATUS.server_error,
    });
  });

  it.each([1, 5, 333])('gives the same in pieces of %i bytes', (size) => {
    for (const [i, pieces] of connections.entries()) {
      const small = pieces.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      const got = play([protocol], small, {}, { hint: 'kafka' }).messages;
      expect(got.map(said)).toEqual(played[i]!.messages.map(said));
    }
  });

  it('from the middle: answers to unseen requests are told apart from those to seen ones', () => {
    const pieces = connections[4]!;
    const { messages } = play([protocol], pieces.slice(3), {}, { from_start: false });
    const wanted = played[4]!.messages.filter((m) => m.type === MESSAGE_TYPE.request).slice(2);
    expect(messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => m.request_id)).toEqual(
      wanted.map((m) => m.request_id),
    );
  });
});

describe('kafka, by the specification', () => {
  // Heartbeat 4 with compact texts: group "g", generation 1, member "m", no instance.
  const heartbeat = hex(TO_SERVER, '00000018 000c 0004 00000009 0003616263 00 0267 00000001 026d 00 00');
  // A bare token as SaslHandshake 0 leaves it: NUL name NUL secret.
  const handshake = hex(TO_SERVER, '00000014 0011 0000 00000001 0003616263 0005504c41494e');
  const shaken = hex(TO_CLIENT, '00000011 00000001 0000 00000001 0005504c41494e');

  it('errors of flexible versions', () => {
    const { messages } = play([protocol], [heartbeat, hex(TO_CLIENT, '0000000c 00000009 00 00000000 001b 00')]);
    expect(messages).toMatchObject([
      { request_type: 'Heartbeat', request_resource: 'g', version: '4' },
      { response_code: 27, response_exception: 'REBALANCE_IN_PROGRESS', response_status: STATUS.server_error },
    ]);
  });

  it('tokens without header are passed by, whatever they hold', () => {
    const token = hex(TO_SERVER, '0000000d 00616c69636500736563726574');
    const { messages, conversation } = play(
      [protocol],
      [handshake, shaken, token, hex(TO_CLIENT, '00000000'), heartbeat],
    );
    expect(messages.map((m) => m.request_type)).toEqual(['SaslHandshake', 'SaslHandshake', 'Heartbeat']);
    expect(conversation.counters.not_mine).toBe(0);
    expect(JSON.stringify(messages)).not.toContain('secret');
  });

  it('a body that is not captured costs nothing but itself', () => {
    const long = hex(TO_CLIENT, `00010000 00000009 00 00000000 0000 ${'00'.repeat(20)}`);
    const { messages, conversation } = play(
      [protocol],
      [heartbeat, { ...long, true_length: 65_540 }, heartbeat, hex(TO_CLIENT, '0000000c 00000009 00 00000000 0000 00')],
    );
    expect(messages.map((m) => m.type)).toEqual([0, 1, 0, 1]);
    expect(messages[1]!.length).toBe(65_540);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('others do not look like it', () => {
    const guess = (text: string) => infer(Buffer.from(text, 'latin1'), 0, text.length, TO_SERVER).score;
    // A login to PostgreSQL also begins with a length and small numbers.
    const startup = '\0\x03\0\0user\0app\0database\0shop\0\0';
    expect(guess(`\0\0\0${String.fromCharCode(startup.length + 4)}${startup}`)).toBe(0);
    expect(guess('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe(0);
    // A request of ZooKeeper without its first two bytes: more than a megabyte, if it were one.
    expect(guess('\0\x13\0\0\0\x07\0\0\0\x03\0\0\0\x06/shop1\x01')).toBe(1);
    expect(guess('\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0')).toBe(0);
  });
});
