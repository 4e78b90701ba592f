import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { COMMANDS } from './messages.ts';
import { protocol } from './parse.ts';

const clients = load(new URL('captures/clients.json', import.meta.url));
const commands = load(new URL('captures/commands.json', import.meta.url))[0]!;
const TRACE = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' };

const u32 = (n: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(n);
  return out;
};
/** A frame of the command that the hex digits are, and of what follows it. */
function frame(direction: 0 | 1, hex: string, after: Buffer = Buffer.alloc(0)): PlayedPiece {
  const command = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const all = Buffer.concat([u32(4 + command.length + after.length), u32(command.length), command, after]);
  return { direction, bytes: new Uint8Array(all) };
}
const small = (pieces: readonly PlayedPiece[], size: number): PlayedPiece[] =>
  pieces.flatMap(({ direction, bytes }) => {
    const cut: PlayedPiece[] = [];
    for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
    return cut;
  });

describe('pulsar, recorded from clients', () => {
  const played = clients.map((pieces) => play([protocol], pieces));
  const all = played.flatMap(({ messages }) => messages);
  const of = (name: string) => all.filter((m) => m.request_type === name);

  it('every request has its answer', () => {
    for (const { conversation, messages } of played) {
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
      const waiting = new Set<number | undefined>();
      for (const m of messages) {
        if (m.type === MESSAGE_TYPE.request) waiting.add(m.request_id);
        else if (m.type === MESSAGE_TYPE.response) expect(waiting.delete(m.request_id), m.request_type).toBe(true);
      }
      expect(waiting.size).toBe(0);
    }
  });

  it('what is sent, alone and in a batch, tells topic and trace; its receipt tells where it went', () => {
    expect(of('SEND').map((m) => [m.endpoint, m.request_id, m.trace_id])).toEqual([
      ['orders', 1, TRACE.trace_id],
      ['orders', 2, TRACE.trace_id],
      ['orders', 3, undefined],
    ]);
    expect(of('SEND_RECEIPT').map((m) => m.x_request_id)).toEqual(['7:1:-1:-1', '7:2:-1:-1']);
    expect(of('SEND_ERROR')).toMatchObject([
      {
        response_status: STATUS.server_error,
        response_code: 9,
        response_result: 'ChecksumError',
        response_exception: 'checksum failed',
        request_resource: 'orders',
      },
    ]);
  });

  it('what is delivered tells the same, one-way', () => {
    expect(of('MESSAGE')).toMatchObject([
      { ...TRACE, one_way: true, x_request_id: '7:1:-1:-1', endpoint: 'orders' },
      { ...TRACE, one_way: true, x_request_id: '7:2:-1:-1' },
    ]);
    expect(of('SUBSCRIBE')[0]).toMatchObject({ attribute_values: ['subscribe', 'orders', 'packers'] });
    expect(
      of('FLOW')
        .concat(of('ACK'))
        .every((m) => m.one_way && m.endpoint === 'orders'),
    ).toBe(true);
  });

  it('no token and no message is kept', () => {
    expect(JSON.stringify(all)).not.toMatch(/hidden/);
  });

  it.each([1, 13, 300])('gives the same in pieces of %i bytes', (size) => {
    for (const [i, pieces] of clients.entries()) {
      const got = play([protocol], small(pieces, size), {}, { hint: 'pulsar' }).messages;
      expect(got.map(said)).toEqual(played[i]!.messages.map(said));
    }
  });
});

describe('pulsar, every command of the library', () => {
  const { messages, conversation } = play([protocol], commands);
  const of = (name: string) => messages.filter((m) => m.request_type === name);

  it('is told, those of its definition all', () => {
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(messages).toHaveLength(commands.length);
    const seen = new Set(
      [...messages, ...clients.flatMap((c) => play([protocol], c).messages)].map((m) => m.request_type),
    );
    const listed = Object.entries(COMMANDS).filter(([type]) => Number(type) <= 61);
    expect(listed.map(([, { name }]) => name).filter((name) => !seen.has(name))).toEqual([]);
    expect(JSON.stringify(messages)).not.toMatch(/hidden/);
  });

  it('answers to answers, closings and pings find whom they are for', () => {
    expect(messages.slice(0, 8).map((m) => [m.request_id, brief(m)])).toEqual([
      [undefined, 'request | CONNECT'],
      [2 ** 32, 'request | AUTH_CHALLENGE'],
      [2 ** 32, 'response | AUTH_RESPONSE | status 0'],
      [undefined, 'response | CONNECTED | status 0'],
      [2 ** 32 + 1, 'request | PING'],
      [2 ** 32 + 2, 'request | PING'],
      [2 ** 32 + 2, 'response | PONG | status 0'],
      [2 ** 32 + 1, 'response | PONG | status 0'],
    ]);
    expect(messages[3]).toMatchObject({ version: '18', request_domain: 'broker-1:6650' });
    expect(of('CLOSE_CONSUMER')[0]).toMatchObject({ type: MESSAGE_TYPE.session, one_way: true });
    expect(of('CLOSE_PRODUCER')[0]).toMatchObject({ type: MESSAGE_TYPE.request });
    expect(of('PRODUCER_SUCCESS').map((m) => m.interim)).toEqual([true, undefined]);
  });

  it('sends are numbered by producer and sequence, metadata of brokers and compression are no hindrance', () => {
    const id = (70_000 % 65_536) * 65_536 + (65_538 % 65_536);
    expect(of('SEND')[0]).toMatchObject({ request_id: id, trace_id: 'trace', span_id: 'seg-4' });
    expect(of('SEND_RECEIPT')[0]).toMatchObject({ request_id: id, x_request_id: '9:8:3:-1' });
    expect(of('MESSAGE')[0]).toMatchObject({ ...TRACE, x_request_id: '9:8:3:1' });
    expect(of('MESSAGE')[0]!.length).toBeGreaterThan(9000);
  });

  it('errors are told by name, also of what has no text', () => {
    const failed = messages.filter((m) => m.response_code !== undefined);
    expect(failed.map((m) => `${m.request_type} ${m.response_result}: ${m.response_exception}`)).toEqual([
      'PARTITIONED_METADATA_RESPONSE AuthorizationError: not allowed',
      'GET_OR_CREATE_SCHEMA_RESPONSE IncompatibleSchema: IncompatibleSchema',
      'ACK_RESPONSE TransactionConflict: conflict',
      'ERROR ConsumerNotFound: no consumer',
      'END_TXN_RESPONSE InvalidTxnStatus: ended before',
    ]);
  });
});

describe('pulsar, by PulsarApi.proto', () => {
  it('commands newer than the library', () => {
    const { messages } = play(
      [protocol],
      [
        frame(TO_SERVER, '0840 8204 14 0801 1002 1a0a 7075626c69632f6e6577 2202 2e2a'),
        frame(TO_CLIENT, '0841 8a04 0a 0801 1002 2202 6161 1a00'),
        frame(TO_CLIENT, '0842 9204 06 0802 2202 6161'),
        frame(TO_SERVER, '0843 9a04 04 0802 1002'),
        frame(TO_CLIENT, '0844 a204 04 0801 1000'),
        frame(TO_SERVER, '083e f203 04 0803 1000'),
        frame(TO_CLIENT, '083f fa03 08 0803 1014 1a02 6e6f'),
        frame(TO_CLIENT, '087f fa07 02 0801'),
      ],
    );
    expect(messages.map((m) => [brief(m), m.response_result])).toEqual([
      ['session | WATCH_TOPIC_LIST | public/new', undefined],
      ['session | WATCH_TOPIC_LIST_SUCCESS', undefined],
      ['session | WATCH_TOPIC_UPDATE', undefined],
      ['session | WATCH_TOPIC_LIST_CLOSE', undefined],
      ['session | TOPIC_MIGRATED', undefined],
      ['request | TC_CLIENT_CONNECT_REQUEST', undefined],
      ['response | TC_CLIENT_CONNECT_RESPONSE | status 3 | no', 'TransactionCoordinatorNotFound'],
      ['session | 127', undefined],
    ]);
  });

  it('an error of no request refuses the connection', () => {
    const none = `${'ff'.repeat(9)}01`;
    const { messages } = play([protocol], [commands[0]!, frame(TO_CLIENT, `080e 72 11 08${none} 1003 1a02 6e6f`)]);
    expect(messages[1]).toMatchObject({ response_code: 3, response_result: 'AuthenticationError' });
    expect(messages[1]!.request_id).toBe(messages[0]!.request_id);
  });

  it('messages without a checksum, and batches that Snappy packed', () => {
    const single = Buffer.from('0a070a0162120131 1800'.replaceAll(' ', ''), 'hex');
    const plain = Buffer.concat([u32(single.length), single]);
    const packed = Buffer.concat([Buffer.from([plain.length, (plain.length - 1) << 2]), plain]);
    // Name "p", number 1, moment 1, Snappy, one message in the batch.
    const metadata = Buffer.from('0a0170 1001 1801 4004 5801'.replaceAll(' ', ''), 'hex');
    const after = Buffer.concat([u32(metadata.length), metadata, packed]);
    const { messages } = play([protocol], [frame(TO_SERVER, '0806 32 04 0801 1002', after)], { trace_headers: ['b'] });
    expect(messages).toMatchObject([{ request_type: 'SEND', request_id: 0x1_0002, trace_id: '1' }]);
  });

  it('what was not captured costs nothing but itself; a command cut behind its id is told', () => {
    const [subscribe, answer] = commands.filter((_, i) => i === 21 || i === 22);
    const topics = frame(TO_CLIENT, `0821 8a02 8501 0807 128001 ${'61'.repeat(128)}`);
    const { messages, conversation } = play(
      [protocol],
      [{ ...topics, bytes: topics.bytes.subarray(0, 40), true_length: topics.bytes.length }, subscribe!, answer!],
    );
    expect(messages.map((m) => [brief(m), m.request_id])).toEqual([
      ['response | GET_TOPICS_OF_NAMESPACE_RESPONSE | status 0', 7],
      ['request | SUBSCRIBE | orders', 6],
      ['response | SUCCESS | status 0', 6],
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it.each([
    [commands[0]!.bytes, 3, 'request'],
    [commands[3]!.bytes, 3, 'response'],
    [commands[4]!.bytes, 3, 'either'],
    [commands[0]!.bytes.subarray(0, 30), 2, 'request'],
    [commands[0]!.bytes.subarray(0, 9), 0, 'either'],
    [frame(TO_SERVER, '0804 2a 04 0801 1002').bytes, 0, 'either'],
    [frame(TO_SERVER, '0806 32 05 0801 1002').bytes, 0, 'either'],
    [frame(TO_SERVER, '0806 32 04 0801 0002').bytes, 0, 'either'],
    [frame(TO_SERVER, '0806 32 04 0801 1f02').bytes, 0, 'either'],
  ])('inference of %#', (bytes, score, says) => {
    expect(infer(bytes, 0, bytes.length)).toMatchObject({ score, says });
  });
});
