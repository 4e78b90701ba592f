import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, type ParseOptions, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
});
const ascii = (text: string) => Buffer.from(text, 'latin1').toString('hex');
/** Behind its length in two bytes. */
const framed = (direction: 0 | 1, text: string): PlayedPiece => {
  const body = text.replaceAll(' ', '');
  return hex(direction, (body.length / 2).toString(16).padStart(4, '0') + body);
};

function read(pieces: readonly PlayedPiece[], options: Partial<ParseOptions> = {}): Message[] {
  const { messages, conversation } = play([protocol], pieces, options);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  return messages;
}

/** Type and place of each request, with the type and outcome of its response. */
function calls(messages: readonly Message[]): string[] {
  const waiting = new Map<number | undefined, Message>();
  const told: string[] = [];
  for (const m of messages) {
    if (m.type === MESSAGE_TYPE.request) {
      expect(waiting.has(m.request_id)).toBe(false);
      waiting.set(m.request_id, m);
      continue;
    }
    const asked = waiting.get(m.request_id);
    waiting.delete(m.request_id);
    const outcome = m.response_result ?? m.response_exception ?? '';
    told.push(`${asked?.request_type} ${asked?.endpoint}, ${m.request_type} ${outcome}`);
  }
  expect(waiting.size).toBe(0);
  return told;
}

const attributes = (m: Message | undefined): Record<string, string> =>
  Object.fromEntries((m?.attribute_names ?? []).map((name, i) => [name, m?.attribute_values?.[i] ?? '']));

describe.each(['ascii', 'hex'])('iso 8583, recorded from a library: %s', (name) => {
  const messages = read(recorded(name));

  // What the library's client printed.
  it('each request has its response, whoever asks and in whatever order they come', () => {
    expect(calls(messages)).toEqual([
      '0800 network management/sign on, 0810 00 approved',
      '0800 network management/echo test, 0810 00 approved',
      '0200 financial/purchase, 0210 00 approved',
      '0200 financial/purchase, 0210 51 not sufficient funds',
      '0200 financial/purchase, 0210 91 issuer or switch inoperative',
      '0200 financial/purchase, 0210 05 do not honour',
      '0200 financial/purchase, 0210 10 approved for partial amount',
      '0200 financial/purchase, 0210 96 system malfunction',
      '0200 financial/purchase, 0210 N7',
      '0100 authorization/purchase, 0110 00 approved',
      '0100 authorization/balance inquiry, 0110 00 approved',
      '0420 reversal/purchase, 0430 00 approved',
      '0421 reversal/purchase, 0430 00 approved',
      '0200 financial/return, 0210 00 approved',
      '0200 financial/cash, 0210 51 not sufficient funds',
      '0800 network management/sign off, 0810 00 approved',
    ]);
  });

  it('ids, codes, and whom they blame', () => {
    const purchase = messages.find((m) => m.request_type === '0200');
    expect(purchase).toMatchObject({ request_id: 2, request_resource: '000000', version: '1987' });
    expect(attributes(purchase)).toEqual({
      terminal_id: 'TERM0001',
      merchant_id: 'SHOP_0000000001',
      acquirer_id: '423935',
    });
    const outcome = (code: string) =>
      messages.find((m) => (m.response_result ?? m.response_exception)?.startsWith(code));
    expect(outcome('00')).toMatchObject({ response_code: 0, response_status: STATUS.ok });
    expect(outcome('10')).toMatchObject({ response_code: 10, response_status: STATUS.ok });
    expect(outcome('51')).toMatchObject({ response_status: STATUS.client_error, x_request_id: 'RRN000003000' });
    expect(outcome('91')).toMatchObject({ response_status: STATUS.server_error });
    expect(outcome('N7')).toMatchObject({ response_status: STATUS.client_error, response_exception: 'N7' });
    expect(outcome('N7')?.response_code).toBeUndefined();
  });

  it('no account number, track, PIN or chip data is kept; without redaction the account number is masked', () => {
    const secret = /4761739001010119|7434F67813BAE545|hunter2|HUNTER2|2812|My Terminals|12011758928889/;
    expect(JSON.stringify(messages)).not.toMatch(secret);
    expect(messages.some((m) => attributes(m).pan !== undefined)).toBe(false);
    const open = read(recorded(name), { redact: false });
    expect(JSON.stringify(open)).not.toMatch(secret);
    const shown = open.filter((m) => m.request_type === '0200').map((m) => attributes(m).pan);
    expect(new Set(shown)).toEqual(new Set(['476173******0119']));
  });

  it.each([1, 7, 90])('gives the same in pieces of %i bytes', (size) => {
    const small = recorded(name).flatMap(({ direction, bytes }) =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
        direction,
        bytes: bytes.slice(i * size, (i + 1) * size),
      })),
    );
    expect(play([protocol], small, {}, { hint: 'iso8583' }).messages.map(said)).toEqual(messages.map(said));
  });
});

// Bytes that others published: a host's answer to a terminal of UnionPay (github.com/m1ome/iso8583, issue 4), a terminal's
// sign-on behind a TPDU alone, a sign-on reply with packed numbers and EBCDIC text (stackoverflow.com/q/11421574), and one
// with packed numbers only (stackoverflow.com/q/21282257).
describe('iso 8583, as others wrote it', () => {
  it('packed digits behind TPDU and header', () => {
    const answer = hex(
      TO_CLIENT,
      '009C 6000000006 600101010102 0810 003800010AC10014 000013 201450 0311 0811135440 313037303530393136393839 3030' +
        '3130303134323630 383838303030303532333130303031 0024100142608880000523100010 0011000000010030' +
        '006100E132C038225E555776A2E527F7B4DE1F343A76F912F9181CC5A972678FD3C4F43548633D3A5B0D5B8D6B1A7D5930BB24433611' +
        '221495D345E8F51C1D',
    );
    const [message] = read([answer]);
    expect(message).toMatchObject({
      type: MESSAGE_TYPE.response,
      request_type: '0810',
      request_id: 13,
      x_request_id: '107050916989',
      response_result: '00 approved',
      length: 158,
    });
    expect(attributes(message)).toEqual({
      terminal_id: '10014260',
      merchant_id: '888000052310001',
      acquirer_id: '11135440',
    });
  });

  it('packed digits behind a TPDU', () => {
    const sign_on = hex(
      TO_SERVER,
      '0036 6000320000 0800 0020000000C00012 000012 3132333435363731 313233343536373839303132333435 0011000000010010' +
        '0003303120',
    );
    expect(read([sign_on])).toMatchObject([{ request_type: '0800', request_id: 12, endpoint: 'network management' }]);
  });

  it('packed numbers with EBCDIC text', () => {
    const reply = framed(TO_CLIENT, '0810 8220000002000000 0400000000000000 0501130427 000005 F0F0 0001');
    expect(read([reply])).toMatchObject([
      { request_id: 5, response_code: 0, response_result: '00 approved', endpoint: 'network management/sign on' },
    ]);
  });

  it('packed numbers', () => {
    const echo = framed(TO_SERVER, '0800 2020000000800000 000000 000001 3239313130303031');
    expect(attributes(read([echo])[0])).toEqual({ terminal_id: '29110001' });
  });
});

describe('iso 8583, by the standard', () => {
  const STAN = '000042';
  /** Fields 3, 11, 37 where given, 39 where given, 41. */
  const plain = (mti: string, stan: string, terminal: string, reference = '', code = '') => {
    const bits =
      (0x20200000n << 32n) | (reference === '' ? 0n : 1n << 27n) | (code === '' ? 0n : 1n << 25n) | (1n << 23n);
    return ascii(mti) + bits.toString(16).padStart(16, '0') + ascii(`000000${stan}${reference}${code}${terminal}`);
  };

  it('terminals that count alike are told apart, and a number that comes again means the newer', () => {
    const ask = (terminal: string) => framed(TO_SERVER, plain('0200', STAN, terminal));
    const answer = (terminal: string, code: string) =>
      framed(TO_CLIENT, plain('0210', STAN, terminal, 'REFERENCE001', code));
    const messages = read([
      ...[ask('TERM0001'), ask('TERM0002'), answer('TERM0002', '00'), answer('TERM0001', '05')],
      ...[ask('TERM0001'), ask('TERM0001'), answer('TERM0001', '00')],
    ]);
    expect(messages.map((m) => m.request_id)).toEqual([42, 1_000_042, 1_000_042, 42, 42, 42, 42]);
  });

  it('the reference number tells apart what is otherwise the same', () => {
    const messages = read([
      framed(TO_SERVER, plain('0200', STAN, 'TERM0001', 'REFERENCE001')),
      framed(TO_SERVER, plain('0200', STAN, 'TERM0001', 'REFERENCE002')),
      framed(TO_CLIENT, plain('0210', STAN, 'TERM0001', 'REFERENCE002', '00')),
      framed(TO_CLIENT, plain('0410', STAN, 'TERM0001', 'REFERENCE001', '00')),
    ]);
    // The last is a reversal's response: no request of its class is known.
    expect(messages.map((m) => m.request_id)).toEqual([42, 1_000_042, 1_000_042, 1_000_042]);
  });

  it('action codes of 1993', () => {
    const bits = '2020000002800000';
    const answer = (code: string) =>
      framed(TO_CLIENT, `${ascii('1210')}${bits}${ascii(`000000${STAN}${code}TERM0001`)}`);
    const messages = read(['000', '116', '911', '904', '900'].map(answer));
    expect(messages.map((m) => [m.response_status, m.response_result ?? m.response_exception])).toEqual([
      [STATUS.ok, '000 approved'],
      [STATUS.client_error, '116 not sufficient funds'],
      [STATUS.server_error, '911 issuer timed out'],
      [STATUS.client_error, '904 format error'],
      [STATUS.ok, '900 advice acknowledged, no liability accepted'],
    ]);
    expect(messages[0]?.version).toBe('1993');
  });

  it('nobody answers a notification, and a length of zero keeps the connection open', () => {
    const messages = read([
      framed(TO_SERVER, plain('0200', STAN, 'TERM0001')),
      hex(TO_SERVER, '0000'),
      framed(TO_SERVER, plain('0240', '000043', 'TERM0001')),
      hex(TO_SERVER, '00000000'),
      framed(TO_CLIENT, plain('0210', STAN, 'TERM0001', '', '00')),
    ]);
    expect(messages.map((m) => m.type)).toEqual([MESSAGE_TYPE.request, MESSAGE_TYPE.session, MESSAGE_TYPE.response]);
  });

  it('EBCDIC throughout, lengths that count themselves, a header of BASE24', () => {
    const ebcdic = (text: string) =>
      [...text].map((c) => (/\d/.test(c) ? `f${c}` : (c.charCodeAt(0) - 65 + 0xc1).toString(16))).join('');
    const body = `${ebcdic('0800')}2020000000800000${ebcdic(`000000${STAN}ABCDEFGH`)}`;
    expect(attributes(read([framed(TO_SERVER, body)])[0])).toEqual({ terminal_id: 'ABCDEFGH' });
    const message = plain('0200', STAN, 'TERM0001');
    const inclusive = (message.length / 2 + 2).toString(16).padStart(4, '0') + message;
    expect(read([hex(TO_SERVER, inclusive)])).toMatchObject([{ request_id: 42 }]);
    expect(read([framed(TO_SERVER, ascii('ISO026000070') + message)])).toMatchObject([{ request_id: 42 }]);
    expect(read([hex(TO_SERVER, `0000${(message.length / 2).toString(16).padStart(4, '0')}${message}`)])).toHaveLength(
      1,
    );
  });

  it('private fields of a link that mean something else cost only what stands behind them', () => {
    const good = framed(TO_SERVER, plain('0200', STAN, 'TERM0001'));
    // Field 48 says that it is longer than the message.
    const odd = framed(TO_SERVER, `${ascii('0200')}2020000000810000${ascii('000000000043TERM0001998abc')}`);
    const messages = read([good, odd, good]);
    expect(messages.map((m) => [m.request_id, attributes(m).terminal_id])).toEqual([
      [42, 'TERM0001'],
      [43, 'TERM0001'],
      [42, 'TERM0001'],
    ]);
  });

  it('what was not captured costs nothing but itself', () => {
    const long = framed(
      TO_SERVER,
      `${ascii('0200')}2020000000810000${ascii(`000000000043TERM0001900${'x'.repeat(900)}`)}`,
    );
    const cut = { ...long, bytes: long.bytes.subarray(0, 60), true_length: long.bytes.length };
    const good = framed(TO_SERVER, plain('0200', STAN, 'TERM0001'));
    expect(read([good, cut, good]).map((m) => m.request_id)).toEqual([42, 43, 42]);
  });

  it('only what fits in every way looks like it', () => {
    const score = (text: string) => {
      const { bytes } = hex(TO_SERVER, text);
      return infer(bytes, 0, bytes.length).score;
    };
    const message = plain('0200', STAN, 'TERM0001');
    const length = (n: number) => (message.length / 2 + n).toString(16).padStart(4, '0');
    expect(score(length(0) + message)).toBe(3);
    expect(score(length(1) + message)).toBe(0);
    expect(score(length(-1) + message)).toBe(0);
    expect(score(length(0) + message.replace(ascii('0200'), ascii('0900')))).toBe(0);
    expect(score(length(0) + message.replace('2020', '2030'))).toBe(0);
    expect(score(length(0) + message.replace(ascii(STAN), ascii('00x042')))).toBe(0);
  });
});
