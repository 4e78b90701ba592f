import { describe, expect, it } from 'vitest';
import { opposite } from '../infer.ts';
import { MESSAGE_TYPE, type Message, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = () => load(new URL('captures/hessian2.json', import.meta.url))[0]!;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const line = (m: Message) => `${m.request_id} ${brief(m)}`;

describe('dubbo, bytes of client libraries', () => {
  it('pairs calls, heartbeats and out-of-order responses by id', () => {
    const { messages, conversation } = play([protocol], recorded());
    const service = 'shop.api.OrderService';
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(messages.map(line)).toEqual([
      `1 request | find | ${service}`,
      '1 response | status 0',
      `2 request | count | ${service}`,
      '2 response | status 0',
      `3 request | store | ${service}`,
      '3 response | status 3 | java.lang.IllegalStateException: no stock left',
      `4 request | old | ${service}`,
      '4 response | status 0',
      `5 request | gone | ${service}`,
      '5 response | status 3 | Service not found: shop.api.OrderService:1.2.0',
      '0 request | HEARTBEAT',
      '0 response | status 0',
      `6 request | slow | ${service}`,
      `7 request | fast | ${service}`,
      '7 response | status 0',
      '6 response | status 3 | Waiting server-side response timeout',
      '8 request | READONLY',
    ]);
    expect(messages[0]).toMatchObject({ endpoint: `${service}/find`, version: '2.0.2', attribute_values: [service] });
    expect(messages.at(-1)?.one_way).toBe(true);
    expect(JSON.stringify(messages)).not.toContain('secret value');
  });

  it('finds trace context behind arguments of every type', () => {
    const { messages } = play([protocol], recorded());
    const traced = messages.filter((m) => m.trace_id === TRACE).map((m) => m.request_type);
    expect(traced).toEqual(['find', 'store', 'old']);
    expect(messages[0]?.span_id).toBe('b7ad6b7169203331');
  });

  it('knows what a cut request says before the cut', () => {
    const [request, response] = recorded();
    const cut = { ...request!, bytes: request!.bytes.subarray(0, 60), true_length: request!.bytes.length };
    const { messages } = play([protocol], [cut, response!]);
    expect(messages.map(line)).toEqual(['1 request | find | shop.api.OrderService', '1 response | status 0']);
    expect(messages[0]).toMatchObject({ length: request!.bytes.length });
    expect(messages[0]?.trace_id).toBeUndefined();
  });

  it('tells the roles in the middle of a connection', () => {
    let flips = 0;
    const swapped = recorded().map((p) => ({ ...p, direction: opposite(p.direction) }));
    const { messages } = play([protocol], swapped.slice(0, 1), {}, { from_start: false, on_flip: () => flips++ });
    expect([flips, messages[0]?.type]).toEqual([1, MESSAGE_TYPE.request]);
  });
});

/** A message whose body is built from the printed constants of a serialization. */
function message(flags: number, status: number, body: (number | string)[]): PlayedPiece {
  const bytes = Buffer.concat(body.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))));
  const header = Buffer.from([0xda, 0xbb, flags, status, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 12);
  return { direction: (flags & 0x80) !== 0 ? TO_SERVER : TO_CLIENT, bytes: Buffer.concat([header, bytes]) };
}

describe('dubbo, other serializations', () => {
  // JSONB by its published constants: 0x49 + length = short ASCII, 0x79 = ASCII, 0x38 = two-byte int, 0xa6 .. 0xa5 = map.
  const jsonb = (text: string): (number | string)[] => [0, 0, 0, text.length + 1, 0x49 + text.length, text];
  const parent = `00-${TRACE}-b7ad6b7169203331-01`;

  it('reads fastjson2', () => {
    const map = [0xa6, 0x49 + 11, 'traceparent', 0x79, 0x38, parent.length, parent, 0xa5];
    const length = 1 + 12 + 3 + parent.length + 1;
    const head = ['2.0.2', 'a.B', '0.0.0', 'run', 'I'].flatMap(jsonb);
    const pieces = [
      message(0xc0 | 23, 0, [...head, 0, 0, 0, 1, 7, 0, 0, 0, length, ...map]),
      message(23, 20, [0, 0, 0, 2, 0xbd, 0, ...[0, 0, 0, 5, 0x92, 0x49 + 3, 'x.E']]),
    ];
    const { messages } = play([protocol], pieces);
    expect(messages[0]).toMatchObject({ endpoint: 'a.B/run', trace_id: TRACE });
    expect(brief(messages[1]!)).toBe('response | status 3 | x.E');
  });

  it('reads Kryo, whose attachments are found by name', () => {
    const marked = (text: string) => [text.slice(0, -1), text.charCodeAt(text.length - 1) | 0x80];
    const head = ['2.0.2', 'a.B', '0.0.0', 'run'].flatMap(marked);
    const pieces = [
      message(0xc0 | 8, 0, [
        ...head,
        0,
        0,
        0,
        1,
        3,
        1,
        0x83,
        'ab',
        3,
        1,
        ...marked('traceparent'),
        3,
        1,
        ...marked(parent),
      ]),
      message(8, 20, [2]),
    ];
    const { messages } = play([protocol], pieces);
    expect(messages[0]).toMatchObject({ endpoint: 'a.B/run', version: '2.0.2', trace_id: TRACE });
    expect(brief(messages[1]!)).toBe('response | status 0');
  });

  it('reads fastjson, and knows only the id of what is not listed', () => {
    const lines = ['"2.0.2"', '"a.B"', 'null', '"run"', '"I"', '5', `{"traceparent":"${parent}"}`].join('\n');
    const { messages } = play([protocol], [message(0xc0 | 6, 0, [`${lines}\n`]), message(0xc0 | 9, 0, [1, 2, 3])]);
    expect(messages.map(line)).toEqual(['9 request | run | a.B', '9 request']);
  });
});
