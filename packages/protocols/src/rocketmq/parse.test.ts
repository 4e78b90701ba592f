import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = load(new URL('captures/ali-ons.json', import.meta.url))[0]!;
const TRACE = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' };
const SERVERS_IDS = 2 ** 32;

const u32 = (n: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeInt32BE(n | 0);
  return out;
};
const u16 = (n: number): Buffer => u32(n).subarray(2);
const frame = (kind: number, header: Buffer, body: Buffer): Buffer =>
  Buffer.concat([u32(4 + header.length + body.length), u32((kind << 24) | header.length), header, body]);
const json = (header: object, body: Buffer = Buffer.alloc(0)): Buffer =>
  frame(0, Buffer.from(JSON.stringify(header)), body);
/** As RocketMQSerializable.rocketMQProtocolEncode. */
function binary(code: number, flags: number, opaque: number, remark: string, fields: object, body = ''): Buffer {
  const pairs = Object.entries(fields).flatMap(([key, value]) => {
    const text = Buffer.from(String(value));
    return [u16(key.length), Buffer.from(key), u32(text.length), text];
  });
  const all = Buffer.concat(pairs);
  const head = [u16(code), Buffer.from([0]), u16(399), u32(opaque), u32(flags), u32(remark.length)];
  return frame(1, Buffer.concat([...head, Buffer.from(remark), u32(all.length), all]), Buffer.from(body));
}
const to_server = (bytes: Buffer): PlayedPiece => ({ direction: TO_SERVER, bytes: new Uint8Array(bytes) });
const to_client = (bytes: Buffer): PlayedPiece => ({ direction: TO_CLIENT, bytes: new Uint8Array(bytes) });
describe('rocketmq, recorded from a client', () => {
  const { messages, conversation } = play([protocol], recorded, { redact: false });
  const of = (name: string) => messages.filter((m) => m.request_type === name);

  it('every command, and every response to a request', () => {
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    const requests = new Map(messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => [m.request_id, m]));
    const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
    for (const m of responses) expect(requests.delete(m.request_id), `response ${m.request_id}`).toBe(true);
    // Pulls still waited when the client went away.
    expect(new Set([...requests.values()].map((m) => m.request_type))).toEqual(new Set(['PULL_MESSAGE']));
    expect(responses.length).toBeGreaterThan(30);
  });

  it('sends: topic, queue, group, key and trace', () => {
    expect(of('SEND_MESSAGE_V2').map((m) => [m.request_resource, m.request_domain, m.x_request_id])).toEqual([
      ['orders', 'sellers', 'AC11000100002A9F000001'],
      ['orders', 'sellers', 'AC11000100002A9F000002'],
      ['refused', 'sellers', undefined],
    ]);
    const [first] = of('SEND_MESSAGE_V2');
    expect(first).toMatchObject({ ...TRACE, version: 'V3_4_9', attribute_names: ['topic', 'group_id', 'queue_id'] });
    expect(first!.endpoint).toBe(`orders-${first!.attribute_values![2]}`);
    expect(messages.filter((m) => m.response_code === 16)[0]).toMatchObject({
      response_status: STATUS.client_error,
      response_result: 'NO_PERMISSION',
      response_exception: 'the topic[refused] sending message is forbidden',
    });
    expect(of('GET_ROUTEINFO_BY_TOPIC')[0]).toMatchObject({ endpoint: 'orders', request_resource: 'orders' });
  });

  it('pulls: what was found tells its key and trace, what was not is no error', () => {
    const found = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.trace_id !== undefined);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ ...TRACE, x_request_id: 'AC11000100002A9F000000', response_result: 'SUCCESS' });
    const empty = messages.filter((m) => m.response_code === 19);
    expect(empty.length).toBeGreaterThan(1);
    for (const m of empty) expect(brief(m)).toBe('response | status 0');
    expect(of('PULL_MESSAGE').map((m) => m.endpoint)).toContain('%RETRY%packers-1');
  });

  it('a notice of the broker has no answer, and an id of its own', () => {
    const notices = of('NOTIFY_CONSUMER_IDS_CHANGED');
    expect(notices.length).toBeGreaterThan(1);
    for (const m of notices) expect(m).toMatchObject({ type: MESSAGE_TYPE.session, one_way: true });
    expect(notices.every((m) => m.request_id! > SERVERS_IDS)).toBe(true);
  });

  it('no signature, key or body is kept', () => {
    expect(JSON.stringify(messages)).not.toMatch(/hidden|Signature|key-id|ALIYUN/);
  });

  it.each([1, 11, 500])('gives the same in pieces of %i bytes', (size) => {
    const small = recorded.flatMap(({ direction, bytes }) => {
      const cut: PlayedPiece[] = [];
      for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
      return cut;
    });
    expect(play([protocol], small, { redact: false }, { hint: 'rocketmq' }).messages.map(said)).toEqual(
      messages.map(said),
    );
  });
});

describe('rocketmq, by its source', () => {
  it('the binary header, with codes that do not fit it', () => {
    const properties = 'UNIQ_KEY\u0001K1\u0002sw8\u00011-dA==-cw==-3-a-b-c-d\u0002';
    const { messages } = play(
      [protocol],
      [
        to_server(binary(10, 0, 7, '', { producerGroup: 'g', topic: 't', queueId: 2, properties }, 'hidden')),
        to_client(binary(2, 1, 7, 'broker busy, start flow control', {})),
        to_server(binary(200_050, 0, -1, '', { consumerGroup: 'c', topic: 't', queueId: -1 })),
        to_client(binary(209, 1, -1, '', {})),
        to_server(binary(15, 2, 9, '', { consumerGroup: 'c', topic: 't', queueId: 0, commitOffset: 4 })),
      ],
    );
    expect(messages.map((m) => [m.request_id, brief(m), m.endpoint])).toEqual([
      [7, 'request | SEND_MESSAGE | t', 't-2'],
      [7, 'response | status 3 | broker busy, start flow control', undefined],
      [0xffff_ffff, 'request | POP_MESSAGE | t', 't'],
      [0xffff_ffff, 'response | status 3 | UPDATE_AND_CREATE_ACL_CONFIG_FAILED', undefined],
      [9, 'session | UPDATE_CONSUMER_OFFSET | t', 't-0'],
    ]);
    expect(messages[0]).toMatchObject({ version: 'V4_9_3', x_request_id: 'K1', trace_id: 't', span_id: 's-3' });
  });

  it('codes that 5 gave away again, codes that nobody knows, numbers beyond the known versions', () => {
    const { messages } = play(
      [protocol],
      [
        to_server(json({ code: 200_054, flag: 0, opaque: 1, version: 413, extFields: { consumerGroup: 'c' } })),
        to_client(json({ code: 210, flag: 1, opaque: 1, version: 413 })),
        to_server(json({ code: 7777, flag: 0, opaque: 2, version: 9999 })),
        to_client(json({ code: 8888, flag: 1, opaque: 2, version: 412, remark: null })),
      ],
    );
    expect(messages.map((m) => [m.version, m.response_result, brief(m)])).toEqual([
      ['V5_0_0', undefined, 'request | NOTIFICATION'],
      ['V5_0_0', 'POLLING_TIMEOUT', 'response | status 3 | POLLING_TIMEOUT'],
      ['9999', undefined, 'request | 7777'],
      ['V5_0_0_SNAPSHOT', '8888', 'response | status 3 | 8888'],
    ]);
  });

  it('a batch tells key and trace of its first message', () => {
    const one = (properties: string, body: string) => {
      const rest = Buffer.concat([u32(0), u32(0), u32(0), u32(body.length), Buffer.from(body)]);
      const text = Buffer.from(properties);
      return Buffer.concat([u32(4 + rest.length + 2 + text.length), rest, u16(text.length), text]);
    };
    const traced =
      'UNIQ_KEY\u0001A\u0002traceparent\u000100-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\u0002';
    const body = Buffer.concat([one(traced, 'hidden 1'), one('UNIQ_KEY\u0001B\u0002', 'hidden 2')]);
    const extFields = { a: 'g', b: 't', e: '1', i: 'WAIT\u0001true\u0002', m: 'true' };
    const { messages } = play([protocol], [to_server(json({ code: 320, extFields, flag: 0, opaque: 5 }, body))]);
    expect(messages).toMatchObject([{ ...TRACE, request_type: 'SEND_BATCH_MESSAGE', x_request_id: 'A' }]);
  });

  it('a stored message with addresses of version 6 and a long topic', () => {
    const topic = 't'.repeat(200);
    const long = Buffer.alloc(8);
    const host = Buffer.alloc(20);
    const text = Buffer.from('UNIQ_KEY\u0001V6\u0002');
    const rest = Buffer.concat([
      ...[u32(-626_843_477), u32(0), u32(1), u32(0), long, long, u32(0x30), long, host, long, host, u32(0), long],
      ...[u32(3), Buffer.from('xyz'), u16(topic.length), Buffer.from(topic), u16(text.length), text],
    ]);
    const stored = Buffer.concat([u32(rest.length + 4), rest]);
    const { messages } = play(
      [protocol],
      [
        to_server(json({ code: 33, flag: 0, opaque: 1, extFields: { offset: '1' } })),
        to_client(json({ code: 0, flag: 1, opaque: 1 }, stored)),
      ],
    );
    expect(messages[1]).toMatchObject({ x_request_id: 'V6', response_status: STATUS.ok });
  });

  it('a server asks, a client answers', () => {
    const { messages } = play(
      [protocol],
      [
        to_server(json({ code: 34, flag: 0, opaque: 4 })),
        to_client(json({ code: 307, flag: 0, opaque: 4, extFields: { consumerGroup: 'c' } })),
        to_server(json({ code: 0, flag: 1, opaque: 4 })),
        to_client(json({ code: 0, flag: 1, opaque: 4 })),
      ],
    );
    expect(messages.map((m) => m.request_id)).toEqual([4, 4 + SERVERS_IDS, 4 + SERVERS_IDS, 4]);
  });

  it('a body that was not captured costs nothing but itself', () => {
    const send = json({ code: 310, flag: 0, opaque: 1, extFields: { b: 't' } }, Buffer.alloc(70_000));
    const { messages, conversation } = play(
      [protocol],
      [
        { ...to_server(send.subarray(0, 200)), true_length: send.length },
        to_client(json({ code: 0, flag: 1, opaque: 1 })),
        to_server(json({ code: 34, flag: 0, opaque: 2 })),
      ],
    );
    expect(messages.map((m) => [brief(m), m.length])).toEqual([
      ['request | SEND_MESSAGE_V2 | t', send.length],
      ['response | status 0', 38],
      ['request | HEART_BEAT', 39],
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('long texts are cut, whatever escapes they hold', () => {
    const remark = '\u0001"ä'.repeat(1000);
    const { messages } = play(
      [protocol],
      [to_client(json({ code: 1, flag: 1, opaque: 1, remark }))],
      { string_bytes_max: 101 },
      { hint: 'rocketmq' },
    );
    expect(Buffer.byteLength(messages[0]!.response_exception!)).toBeLessThanOrEqual(101);
    expect(remark.startsWith(messages[0]!.response_exception!)).toBe(true);
  });

  it.each([
    [json({ code: 34, flag: 0, language: 'JAVA', opaque: 267, version: 293 }), 3, 'request'],
    [json({ code: 40, flag: 2, opaque: 267 }), 3, 'response'],
    [json({ code: 0, flag: 1, opaque: 267 }), 3, 'response'],
    [json({ code: 34, flag: 0 }), 0, 'either'],
    [frame(0, Buffer.from('{"code":34,"flag":0,"opaque":1'), Buffer.alloc(0)), 0, 'either'],
    [frame(0, Buffer.from('{"code":34,"flag":0,"opaque":1}}'), Buffer.alloc(0)), 0, 'either'],
    [frame(2, Buffer.from('{"code":34,"flag":0,"opaque":1}'), Buffer.alloc(0)), 0, 'either'],
    [binary(34, 0, 1, '', {}), 3, 'request'],
    [binary(34, 0, 1, '', {}).subarray(0, 20), 0, 'either'],
    [Buffer.concat([u32(25), u32((1 << 24) | 21), Buffer.alloc(17), u32(9)]), 0, 'either'],
  ])('inference of %#', (bytes, score, says) => {
    expect(infer(bytes, 0, bytes.length)).toMatchObject({ score, says });
  });
});
