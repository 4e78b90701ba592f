import { describe, expect, it } from 'vitest';
import { CARDS, protocol_list } from '../index.ts';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const hex = (direction: 0 | 1, ...frames: string[]): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(frames.join('').replaceAll(' ', ''), 'hex')),
});

function read(pieces: readonly PlayedPiece[]): Message[] {
  const { messages, conversation } = play([protocol], pieces);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  return messages;
}

/** Each question with its answer, in the order of the answers; what stands alone by itself. */
function calls(messages: readonly Message[]): string[] {
  const waiting = new Map<number | undefined, Message>();
  const told: string[] = [];
  for (const m of messages) {
    if (m.interim === true) continue;
    if (m.type === MESSAGE_TYPE.session) told.push(brief(m));
    else if (m.type === MESSAGE_TYPE.request) {
      expect(waiting.has(m.request_id)).toBe(false);
      waiting.set(m.request_id, m);
    } else {
      const asked = waiting.get(m.request_id);
      expect(asked).toBeDefined();
      waiting.delete(m.request_id);
      const outcome = m.response_exception ?? m.response_result ?? 'ok';
      told.push([asked?.request_type, asked?.request_resource ?? '', outcome].join(' '));
    }
  }
  expect([...waiting.values()].map((m) => m.request_type)).toEqual([]);
  return told;
}

const attributes = (m: Message | undefined): Record<string, string> =>
  Object.fromEntries((m?.attribute_names ?? []).map((name, i) => [name, m?.attribute_values?.[i] ?? '']));

describe('amqp 1.0, recorded from rhea', () => {
  const connections = recorded('rhea').map(read);
  const first = connections[0]!;

  // What the two programs printed of their own deliveries.
  it('each delivery of the client has the outcome that it was told', () => {
    const sent = calls(first).filter((call) => /^transfer (orders|any|kills|second)/.test(call));
    expect(sent).toEqual([
      'transfer orders accepted',
      'transfer orders amqp:not-allowed: price too low',
      'transfer orders released',
      'transfer orders modified',
      'transfer orders accepted',
      'transfer orders accepted',
      'transfer any/where accepted',
      'transfer kills amqp:link:message-size-exceeded: too big',
      'transfer second accepted',
    ]);
    const received = calls(first).filter((call) => call.startsWith('transfer offers'));
    expect(received.filter((call) => call.endsWith('accepted'))).toHaveLength(3);
    expect(calls(first)).toContain('session | transfer | logs');
  });

  it('openings and closings have their answers', () => {
    expect(calls(first).filter((call) => !/transfer/.test(call))).toEqual([
      'sasl-init PLAIN ok',
      'open  ok',
      'begin  ok',
      'attach orders ok',
      'attach logs ok',
      'attach offers ok',
      'attach  temp-1',
      'attach missing amqp:not-found: no node missing',
      'attach forbidden amqp:unauthorized-access: not yours',
      'attach  ok',
      'attach kills ok',
      'begin  ok',
      'attach second ok',
      'detach second ok',
      'end  ok',
      'detach orders ok',
      'detach offers ok',
      'close  ok',
    ]);
  });

  it('a message tells its node, its ids and its trace', () => {
    const sent = first.find((m) => m.request_type === 'transfer');
    expect(sent).toMatchObject({
      type: MESSAGE_TYPE.request,
      request_id: 0,
      request_domain: 'shop.vhost',
      request_resource: 'orders',
      endpoint: 'orders',
      version: '1.0',
      x_request_id: 'c-77',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
    expect(attributes(sent)).toEqual({ message_id: 'm-1', subject: 'new', reply_to: 'answers' });
    const from_server = first.find((m) => m.request_type === 'transfer' && m.request_resource === 'offers');
    expect(from_server).toMatchObject({ request_id: 2 ** 32, trace_id: 'trace', span_id: 'seg-3' });
    const attach = first.filter((m) => m.request_type === 'attach' && m.type === MESSAGE_TYPE.request);
    expect(attach.map((m) => attributes(m).role).slice(0, 3)).toEqual(['sender', 'sender', 'receiver']);
    expect(attributes(first.find((m) => m.request_type === 'open'))).toEqual({ container_id: 'shop-client' });
  });

  it('deliveries of several frames are one row', () => {
    const large = first.filter((m) => m.type === MESSAGE_TYPE.request && (m.length ?? 0) > 9000);
    expect(large.map((m) => m.request_resource)).toEqual(['orders', 'offers', 'temp-1']);
  });

  it('errors: a failing server, a refused login, a server that goes', () => {
    expect(calls(connections[1]!).at(-1)).toBe('transfer x amqp:internal-error: out of memory');
    expect(connections[1]!.at(-1)).toMatchObject({ response_status: STATUS.server_error });
    expect(connections[2]!.at(-1)).toMatchObject({
      request_type: 'sasl-outcome',
      response_code: 1,
      response_status: STATUS.client_error,
      response_exception: 'auth',
    });
    expect(connections[3]!.at(-1)).toMatchObject({
      type: MESSAGE_TYPE.session,
      request_type: 'close',
      response_status: STATUS.server_error,
      response_exception: 'amqp:connection:forced: going down',
    });
    const rejected = first.find((m) => m.response_exception?.includes('price'));
    expect(rejected).toMatchObject({ response_status: STATUS.client_error, response_result: 'rejected' });
    const released = first.find((m) => m.response_exception === 'released');
    expect(released).toMatchObject({ response_status: STATUS.server_error });
  });
});

describe('amqp 1.0, recorded from others', () => {
  it('RabbitMQ: an end of the session answers the link that it refuses', () => {
    const [first, second, , refused] = recorded('rabbitmq').map((pieces) => play([protocol], pieces).messages);
    const failed = (messages: readonly Message[] | undefined) =>
      (messages ?? [])
        .filter((m) => m.response_exception !== undefined)
        .map((m) => [m.request_type, m.response_exception]);
    expect(failed(first)).toEqual([
      ['disposition', 'rejected'],
      ['disposition', 'released'],
      ['attach', "amqp:not-found: NOT_FOUND - no exchange 'nope' in vhost '/'"],
    ]);
    expect(failed(second)).toEqual([
      ['attach', 'amqp:invalid-field: Attach rejected: {unknown_destination,"/bogus/x"}'],
    ]);
    expect(failed(refused)).toEqual([['sasl-outcome', 'auth']]);
    expect(first?.find((m) => m.request_type === 'transfer')?.trace_id).toBe('2af7651916cd43dd8448eb211c80319c');
  });

  it('Proton: ids of every type, transactions, a link that is refused without its node', () => {
    const [first, second] = recorded('proton').map(read);
    expect(first?.find((m) => m.request_type === 'transfer')).toMatchObject({
      x_request_id: '12345678901234567890',
      trace_id: '1af7651916cd43dd8448eb211c80319c',
    });
    const attaches = (first ?? []).filter((m) => m.request_type === 'attach' && m.type === MESSAGE_TYPE.response);
    expect(attaches.map((m) => [m.unfinished === true, m.response_exception])).toEqual([
      [false, undefined],
      [true, undefined],
      [false, undefined],
      [true, undefined],
      [false, 'amqp:resource-limit-exceeded: too many links'],
    ]);
    expect(calls(second ?? []).slice(-5)).toEqual([
      'declare $coordinator declared',
      'transfer ledger accepted',
      'transfer ledger accepted',
      'discharge $coordinator accepted',
      'close  ok',
    ]);
  });

  it('no login, body or transaction is kept', () => {
    const all = ['rhea', 'proton', 'rabbitmq'].flatMap((name) =>
      recorded(name).flatMap((pieces) => play([protocol], pieces, { redact: false }).messages),
    );
    expect(all.length).toBeGreaterThan(150);
    expect(JSON.stringify(all)).not.toMatch(/hunter2|guest|bob|bigbig|aaaa|zzzz|unroutable/);
  });

  it.each([1, 11, 700])('gives the same in pieces of %i bytes', (size) => {
    for (const pieces of ['rhea', 'proton', 'rabbitmq'].flatMap(recorded)) {
      const small = pieces.flatMap(({ direction, bytes }) =>
        Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
          direction,
          bytes: bytes.slice(i * size, (i + 1) * size),
        })),
      );
      const whole = play([protocol], pieces).messages;
      expect(play([protocol], small, {}, { hint: 'amqp1' }).messages.map(said)).toEqual(whole.map(said));
    }
  });
});

describe('amqp 1.0, by the specification', () => {
  const AMQP = '414d5150 00 010000';
  const open = '00000014 02 00 0000 005310 c0 07 02 a1 01 63 a1 01 68';
  /** On handle 0: delivery-id, and whether it is settled or has more frames. */
  const transfer = (id: string, settled = '42', more = '42') =>
    `0000001d 02 00 0000 005314 c0 0a 06 43 52${id} a00100 43 ${settled} ${more} 005377 a10162`;
  /** Role, first, last, settled and state. */
  const disposition = (role: string, first: string, last: string, settled: string, state: string) => {
    const fields = `05 ${role} 52${first} 52${last} ${settled} ${state}`.replaceAll(' ', '');
    const length = fields.length / 2;
    return `000000${(13 + length).toString(16)} 02 00 0000 005315 c0 ${length.toString(16).padStart(2, '0')} ${fields}`;
  };
  const ACCEPTED = '00532445';
  const brief_of = (m: Message) => [m.type, m.request_id, m.response_result ?? m.response_exception];

  it('one disposition answers many deliveries, from the first to the last', () => {
    const messages = read([
      hex(TO_SERVER, AMQP, open, transfer('05'), transfer('06'), transfer('07'), transfer('08')),
      hex(TO_CLIENT, AMQP, open, disposition('41', '05', '07', '41', ACCEPTED)),
    ]);
    expect(messages.filter((m) => m.type === MESSAGE_TYPE.response).map((m) => m.request_id)).toEqual([
      2 ** 50,
      5,
      6,
      7,
    ]);
  });

  it('a state that is no outcome answers nothing, settling without one does', () => {
    const received = '005323 c0 03 02 43 44'.replaceAll(' ', '');
    const messages = read([
      hex(TO_SERVER, AMQP, transfer('05'), transfer('06')),
      hex(TO_CLIENT, AMQP, disposition('41', '05', '05', '42', received)),
      hex(TO_CLIENT, disposition('41', '05', '05', '41', '40')),
      hex(TO_SERVER, disposition('42', '06', '06', '41', '40')),
    ]);
    expect(messages.map(brief_of).slice(2)).toEqual([
      [MESSAGE_TYPE.response, 5, 'settled'],
      [MESSAGE_TYPE.response, 6, 'settled'],
    ]);
  });

  it('a delivery that is settled by its last frame is one-way, an aborted one too', () => {
    const aborted = '00000018 02 00 0000 005314 c0 0b 0a 43 40 40 40 42 42 40 40 40 41';
    const messages = read([
      hex(TO_SERVER, AMQP, transfer('05', '42', '41'), transfer('05', '41', '42')),
      hex(TO_SERVER, transfer('06', '42', '41'), aborted),
    ]);
    expect(messages.map((m) => [m.type, m.request_id, m.length])).toEqual([
      [MESSAGE_TYPE.session, 5, 58],
      [MESSAGE_TYPE.session, 6, 53],
    ]);
    expect(messages[1]?.response_exception).toBe('aborted');
  });

  it('sessions number their deliveries by themselves, and channels are those of each side', () => {
    const on = (frame: string, channel: string) => frame.replace('02 00 0000', `02 00 ${channel}`);
    const begin = '00000014 02 00 0000 005311 c0 07 04 40 43 520a 520a';
    const began = (remote: string) => `00000016 02 00 0000 005311 c0 09 04 60${remote} 43 520a 520a`;
    const messages = read([
      hex(TO_SERVER, AMQP, open, on(begin, '0000'), on(begin, '0001')),
      hex(TO_CLIENT, AMQP, open, on(began('0000'), '0007'), on(began('0001'), '0000')),
      hex(TO_SERVER, on(transfer('05'), '0000'), on(transfer('05'), '0001')),
      hex(TO_CLIENT, on(disposition('41', '05', '05', '41', ACCEPTED), '0007')),
      hex(TO_CLIENT, on(disposition('41', '05', '05', '41', '00532645'), '0000')),
    ]);
    expect(messages.slice(-4).map(brief_of)).toEqual([
      [MESSAGE_TYPE.request, 5, undefined],
      [MESSAGE_TYPE.request, 2 ** 33 + 5, undefined],
      [MESSAGE_TYPE.response, 5, 'accepted'],
      [MESSAGE_TYPE.response, 2 ** 33 + 5, 'released'],
    ]);
  });

  it('a server that wants another protocol', () => {
    const { messages } = play([protocol], [hex(TO_SERVER, AMQP), hex(TO_CLIENT, '414d5150 03 010000')]);
    expect(messages).toMatchObject([{ response_exception: 'the server wants SASL 1-0-0', response_status: 4 }]);
    const old = play([protocol], [hex(TO_SERVER, AMQP), hex(TO_CLIENT, '414d5150 00000901')]).messages;
    expect(old).toMatchObject([{ response_exception: 'the server wants AMQP 0-9-1' }]);
  });

  it('peers that agree to encrypt', () => {
    const TLS = '414d5150 02 010000';
    const { conversation, messages } = play([protocol], [hex(TO_SERVER, TLS), hex(TO_CLIENT, TLS)]);
    expect(messages).toEqual([]);
    expect(conversation.state).toBe('encrypted');
  });

  it('values of any depth and length are passed over, those that do not fit end the reading', () => {
    // An open whose properties nest described values, arrays and maps, before it a container id of 32 bit length.
    const deep = `${'00a30178'.repeat(5)} d1 0000000a 00000002 a10161 e0 03 01 50 07`;
    const fields = `0a b1 00000001 63 a10168 40 40 40 40 40 40 40 ${deep}`.replaceAll(' ', '');
    const body = `005310 c0 ${(fields.length / 2).toString(16)} ${fields}`.replaceAll(' ', '');
    const frame = `000000${(8 + body.length / 2).toString(16)} 02 00 0000 ${body}`;
    expect(read([hex(TO_SERVER, AMQP, frame)])).toMatchObject([{ request_domain: 'h', attribute_values: ['c'] }]);
    const endless = hex(TO_SERVER, AMQP, '00000018 02 00 0000', '00'.repeat(16));
    expect(() => play([protocol], [endless])).not.toThrow();
  });

  it('it and the older AMQP tell each other apart by the version in their headers', () => {
    const claimed = (header: string) => play(protocol_list, [hex(TO_SERVER, header)]).conversation.protocol?.card.id;
    expect(claimed(AMQP)).toBe(CARDS.amqp1.id);
    expect(claimed('414d5150 03 010000')).toBe(CARDS.amqp1.id);
    expect(claimed('414d5150 00000901')).toBe(CARDS.amqp.id);
  });

  it('only its own first bytes look like it', () => {
    const score = (text: string) => {
      const { bytes } = hex(TO_SERVER, text);
      return infer(bytes, 0, bytes.length).score;
    };
    expect(score(open)).toBe(3);
    expect(score(open.replace('02 00 0000', '01 00 0000'))).toBe(0);
    expect(score(open.replace('005310', '005319'))).toBe(0);
    expect(score(open.replace('c0 07', 'c0 08'))).toBe(2);
    expect(score('414d5150 00 010001')).toBe(0);
  });
});
