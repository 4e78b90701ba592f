import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, NO_GUESS, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/mqttjs.json', import.meta.url));
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
});

describe('mqtt, recorded from mosquitto', () => {
  const played = connections.map((pieces) => play([protocol], pieces));
  const all = played.flatMap(({ messages }) => messages);
  const line = (m: Message) => `${m.request_type} ${m.request_resource ?? ''}`.trim();

  it('every packet that asks has its answer by id', () => {
    for (const { conversation, messages } of played) {
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
      const asked = messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => m.request_id);
      const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response).map((m) => m.request_id);
      expect(answered.sort()).toEqual(asked.sort());
    }
  });

  it.each([1, 3])('exactly what the publisher did (connection %i)', (i) => {
    const { messages } = played[i]!;
    expect(messages.filter((m) => m.type !== MESSAGE_TYPE.response).map(line)).toEqual([
      'Connect',
      'Publish news/one',
      'Publish news/two',
      'Publish sport/three',
      'Pubrel',
      'Publish other/x',
      'Disconnect',
    ]);
    expect(messages[0]).toMatchObject({ attribute_names: ['client_id'], version: i === 1 ? '3.1.1' : '5.0' });
    expect(messages.find((m) => m.request_resource === 'other/x')!.length).toBeGreaterThan(5400);
  });

  it('subscriptions list their filters; version 5 carries traces', () => {
    expect(all.filter((m) => m.request_type === 'Subscribe')[0]).toMatchObject({
      endpoint: 'news/#,sport/+',
      attribute_names: ['topics'],
      attribute_values: ['["news/#","sport/+"]'],
    });
    const traced = all.filter((m) => m.trace_id === '0af7651916cd43dd8448eb211c80319c');
    expect(traced.map(line).sort()).toEqual([
      'Publish news/one',
      'Publish news/one',
      'Publish news/two',
      'Publish news/two',
      'Publish sport/three',
      'Publish sport/three',
    ]);
  });

  it('a refused version, and no login or payload kept', () => {
    expect(played[4]!.messages.at(-1)).toMatchObject({ response_code: 1, response_status: STATUS.client_error });
    expect(JSON.stringify(all)).not.toMatch(/alice|hunter2|hidden|secret|gone/);
  });

  it.each([1, 6, 700])('gives the same in pieces of %i bytes', (size) => {
    for (const [i, pieces] of connections.entries()) {
      const small = pieces.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      const got = play([protocol], small, {}, { hint: 'mqtt' }).messages;
      expect(got.map(said)).toEqual(played[i]!.messages.map(said));
    }
  });
});

describe('mqtt, by the specification', () => {
  it('a payload that is not captured costs nothing but itself', () => {
    const long = { ...hex(TO_SERVER, `30 808004 0003 612f62 ${'41'.repeat(20)}`), true_length: 65_540 };
    const pieces = [long, hex(TO_SERVER, 'c000'), hex(TO_CLIENT, 'd000')];
    const { messages, conversation } = play([protocol], pieces, {}, { hint: 'mqtt' });
    expect(messages.map((m) => [m.request_type, m.length])).toEqual([
      ['Publish', 65_540],
      ['Pingreq', 2],
      ['Pingresp', 2],
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('reasons of version 5 tell whose fault it is', () => {
    const connect = hex(TO_SERVER, '10 0f 0004 4d515454 05 02 003c 00 0002 6161');
    const refused = (code: string) => hex(TO_CLIENT, `20 03 00 ${code} 00`);
    const status = (code: string) => play([protocol], [connect, refused(code)]).messages[1];
    expect(status('86')).toMatchObject({ response_status: STATUS.client_error, response_code: 134 });
    expect(status('89')).toMatchObject({ response_status: STATUS.server_error, response_exception: 'Server busy' });
  });

  it('an alias stands for its topic', () => {
    const connect = hex(TO_SERVER, '10 0f 0004 4d515454 05 02 003c 00 0002 6161');
    const named = hex(TO_SERVER, '30 09 0003 612f62 03 23 0001');
    const { messages } = play([protocol], [connect, named, hex(TO_SERVER, '30 07 0000 03 23 0001 41')]);
    expect(messages.map((m) => m.request_resource)).toEqual([undefined, 'a/b', 'a/b']);
  });

  it('a connection met in its middle tells by its subscriptions that it is version 5', () => {
    // Subscribe 7 to "a/b", quality 1, and its Suback: version 5 has properties before filters and codes.
    for (const [properties, length, version] of [
      ['', '08', undefined],
      ['00', '09', '5.0'],
    ]) {
      const ask = hex(TO_SERVER, `82 ${length} 0007 ${properties} 0003 612f62 01`);
      const answer = hex(TO_CLIENT, `90 ${properties === '' ? '03' : '04'} 0007 ${properties} 01`);
      const { messages } = play([protocol], [ask, answer], {}, { hint: 'mqtt' });
      expect(messages.map((m) => [m.request_resource, m.version, m.response_code])).toEqual([
        ['a/b', version, undefined],
        [undefined, version, 1],
      ]);
    }
  });

  it('only Connect is certain', () => {
    const score = (text: string) => infer(Buffer.from(text, 'latin1'), 0, text.length, TO_SERVER).score;
    expect(score('\x10\x0e\0\x04MQTT\x04\x02\0\x3c\0\x02aa')).toBe(3);
    expect(score('\x10\x0e\0\x04MQXX\x04\x02\0\x3c\0\x02aa')).toBe(0);
    expect(score('0123456789')).toBe(0);
    expect(score('\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03')).toBe(0);
    expect(score('\xc0\0')).toBe(1);
    // A server that reads byte by byte.
    expect(infer(Buffer.from([0x82]), 0, 1, TO_SERVER)).toMatchObject({ score: 0, more: true });
    expect(infer(Buffer.from([0x82, 0x08, 0]), 0, 3, TO_SERVER)).toMatchObject({ score: 0, more: true });
    expect(infer(Buffer.from([0x83]), 0, 1, TO_SERVER)).toEqual(NO_GUESS);
  });
});
