// Frames written by hand from RFC 9113 and RFC 7541; conversations with real peers are in real.test.ts and grpc/.
import { describe, expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play } from '../testing/play.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const text = (value: string) => Buffer.from(value, 'latin1').toString('hex');
/** Literal without indexing, name and value as they are (RFC 7541 section 6.2.2). */
const field = (name: string, value: string) =>
  `00${Buffer.from([name.length]).toString('hex')}${text(name)}${Buffer.from([value.length]).toString('hex')}${text(value)}`;
const frame = (type: number, flags: number, stream: number, payload: string) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length / 2, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return head.toString('hex') + payload;
};
const piece = (direction: 0 | 1, hex: string, captured = hex.length / 2): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(hex, 'hex').subarray(0, captured)),
  true_length: hex.length / 2,
});
const ask = (hex: string, captured?: number) => piece(TO_SERVER, hex, captured);
const say = (hex: string, captured?: number) => piece(TO_CLIENT, hex, captured);
const PREFACE = text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') + frame(4, 0, 0, '');
const SETTINGS = frame(4, 0, 0, '000300000064');
const GET = `82 86 84`.replaceAll(' ', '');
const END_HEADERS = 4;
const END_BOTH = 5;

describe('http2 messages', () => {
  it('keeps what a row needs and nothing secret', () => {
    const block =
      `83 86 04${Buffer.from([23]).toString('hex')}${text('/v1/users?token=hunter2')}`.replaceAll(' ', '') +
      field('authorization', 'Bearer hunter2') +
      field('cookie', 'sid=hunter2') +
      field('x-forwarded-for', '10.0.0.1') +
      field('host', 'shop.example') +
      field('content-length', '5');
    const { messages } = play(
      [protocol],
      [ask(PREFACE + frame(1, END_HEADERS, 1, block)), say(SETTINGS + frame(1, END_BOTH, 1, '8c'))],
    );
    expect(messages).toMatchObject([
      {
        type: MESSAGE_TYPE.request,
        request_type: 'POST',
        request_resource: '/v1/users?token=?',
        endpoint: '/v1/users',
        request_domain: 'shop.example',
        http_proxy_client: '10.0.0.1',
        request_id: 1,
        version: '2',
      },
      { type: MESSAGE_TYPE.response, response_code: 400, response_status: STATUS.client_error, request_id: 1 },
    ]);
    expect(JSON.stringify(messages)).not.toContain('hunter2');
  });

  it('reads padding, priority and continuation', () => {
    const padded = frame(1, 0x8 | 0x20 | 1, 1, `03 80000000 10 ${GET.slice(0, 4)} 000000`.replaceAll(' ', ''));
    const rest = frame(9, END_HEADERS, 1, GET.slice(4) + field('x-request-id', 'abc'));
    const { messages } = play([protocol], [ask(PREFACE + padded), ask(rest)]);
    expect(messages).toMatchObject([
      { request_type: 'GET', request_resource: '/', x_request_id: 'abc', begin_ns: 1000 },
    ]);
  });

  it('keeps what a hole leaves of a header block, and never mistakes older entries afterwards', () => {
    const indexed = `40${'01'}${text('a')}01${text('b')}`;
    const long = GET + field('x-request-id', 'abc') + indexed + field('x-pad', 'z'.repeat(100)) + indexed;
    const head = PREFACE + frame(1, END_BOTH, 1, long);
    const { messages, conversation } = play(
      [protocol],
      [ask(head, head.length / 2 - 60), ask(frame(1, END_BOTH, 3, `${GET}be`))],
    );
    expect(messages).toMatchObject([
      { request_id: 1, request_type: 'GET', x_request_id: 'abc' },
      { request_id: 3, request_type: 'GET' },
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('gives up what is none within three messages', () => {
    const junk = ask('ffffff2a2affffffffff'.repeat(3));
    const { conversation } = play([protocol], [ask(PREFACE), junk, junk, junk, junk]);
    expect(conversation.state).not.toBe('claimed');
  });
});

const GRPC = field('content-type', 'application/grpc+proto');
const CALL = `83 86 04 08${text('/pkg.S/M')}`.replaceAll(' ', '');
const attribute = (m: { attribute_names?: string[]; attribute_values?: string[] } | undefined, name: string) =>
  m?.attribute_values?.[m.attribute_names?.indexOf(name) ?? -1];

describe('calls within http2', () => {
  it('a response that is nothing but trailers', () => {
    const { messages } = play(
      [protocol],
      [
        ask(PREFACE + frame(1, END_HEADERS, 1, CALL + GRPC)),
        say(SETTINGS + frame(1, END_BOTH, 1, `88${GRPC}${field('grpc-status', '12')}`)),
      ],
    );
    expect(messages).toMatchObject([
      { l7_protocol: 41, endpoint: '/pkg.S/M', request_resource: '/pkg.S/M' },
      { l7_protocol: 41, response_code: 12, response_exception: 'UNIMPLEMENTED', response_status: STATUS.server_error },
    ]);
    expect(attribute(messages[0], 'rpc_service')).toBe('pkg.S');
    expect(attribute(messages[1], 'rpc.grpc.status_code')).toBe('12');
  });

  it('Triple is told by its fields', () => {
    const { messages } = play(
      [protocol],
      [
        ask(PREFACE + frame(1, END_BOTH, 1, CALL + GRPC + field('tri-service-version', '1.0.0'))),
        say(SETTINGS + frame(1, END_HEADERS, 1, `88${GRPC}`) + frame(1, END_BOTH, 1, field('grpc-status', '0'))),
      ],
    );
    expect(messages.map((m) => m.unfinished)).toEqual([undefined, true, undefined]);
    expect(messages.filter((m) => m.interim !== true)).toMatchObject([
      { l7_protocol: 49, endpoint: '/pkg.S/M' },
      { l7_protocol: 49, response_code: 200, response_status: STATUS.ok },
    ]);
  });

  it('a call whose connection ends before its status', () => {
    const { messages, conversation } = play(
      [protocol],
      [ask(PREFACE + frame(1, END_BOTH, 1, CALL + GRPC)), say(SETTINGS + frame(1, END_HEADERS, 1, `88${GRPC}`))],
    );
    expect(messages[1]).toMatchObject({ interim: true, unfinished: true });
    conversation.end(TO_CLIENT);
    expect(messages[2]).toMatchObject({ response_code: 200, request_id: 1 });
  });

  it('a connection joined in its middle, its methods known by the static table only', () => {
    const pieces = [
      ask(frame(1, END_BOTH, 101, '83 86 c0 c1 c2'.replaceAll(' ', ''))),
      say(frame(1, END_BOTH, 101, '88c0c1')),
    ];
    const { messages } = play(protocol_list, pieces, {}, { from_start: false });
    expect(messages).toMatchObject([
      { request_type: 'POST', request_id: 101 },
      { response_code: 200, request_id: 101 },
    ]);
    expect(messages[0]?.request_resource).toBeUndefined();
  });
});

it('h2c: takes over from HTTP/1.1, whose request is stream 1', () => {
  const upgrade = text('GET /a HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n');
  const switching = text('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  const { messages, conversation } = play(protocol_list, [
    ask(upgrade),
    say(switching + SETTINGS + frame(1, END_BOTH, 1, '88')),
    ask(PREFACE + frame(1, END_BOTH, 3, GET)),
    say(frame(1, END_BOTH, 3, '89')),
  ]);
  expect(conversation.protocol?.card).toBe(protocol.card);
  expect(messages.map((m) => [m.request_id, m.request_type ?? m.response_code])).toEqual([
    [undefined, 'GET'],
    [undefined, 101],
    [1, 200],
    [3, 'GET'],
    [3, 204],
  ]);
});

describe('http2 inference', () => {
  const score = (hex: string, direction: 0 | 1 = TO_SERVER) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    return infer(bytes, 0, bytes.length, direction).score;
  };
  it.each([
    [PREFACE, 3],
    [PREFACE.slice(0, 24), 3],
    [SETTINGS, 3],
    [frame(1, 5, 1, GET), 3],
    [frame(8, 0, 0, '00000100') + frame(1, 5, 3, GET), 2],
    // Repeats the request before it: the fields are numbers in a table that nobody here saw.
    [frame(1, 4, 5, 'bebfc0') + frame(0, 1, 5, '00') + frame(1, 4, 7, GET), 3],
    [frame(1, 4, 5, 'be83c0') + frame(0, 1, 5, '00'), 3],
    [frame(1, 4, 5, 'bebfc0') + frame(0, 1, 5, '00'), 0],
    [frame(0, 0, 3, '82868482'), 0],
    [frame(1, 5, 2, 'ffffff'), 0],
    [frame(4, 0, 0, '00ee00000064'), 0],
    [text('PRIORITY'), 0],
    ['16030100aa010000a60303', 0],
    ['0000000100000000000000000000', 0],
  ])('%s', (hex, expected) => {
    expect(score(hex)).toBe(expected);
  });
});
