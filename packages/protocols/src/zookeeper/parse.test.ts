import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play, said } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
});

function read(pieces: readonly PlayedPiece[]): Message[] {
  const { messages, conversation } = play([protocol], pieces);
  for (const direction of [TO_SERVER, TO_CLIENT] as const) conversation.end(direction);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  return messages;
}

/** Requests with their answers: what was asked, and how it went. */
function calls(messages: readonly Message[]): string[] {
  const waiting = new Map<number | undefined, Message>();
  const told: string[] = [];
  for (const m of messages) {
    if (m.type === MESSAGE_TYPE.request) {
      expect(waiting.get(m.request_id)).toBe(undefined);
      waiting.set(m.request_id, m);
    } else if (m.type === MESSAGE_TYPE.response) {
      const asked = waiting.get(m.request_id);
      expect(asked?.request_type).toBe(m.request_type);
      waiting.delete(m.request_id);
      told.push([asked?.request_type, asked?.request_resource ?? '', m.response_exception ?? 'ok'].join(' '));
    } else {
      told.push(brief(m));
    }
  }
  expect(waiting.size).toBe(0);
  return told;
}

const attributes = (m: Message | undefined): Record<string, string> =>
  Object.fromEntries((m?.attribute_names ?? []).map((name, i) => [name, m?.attribute_values?.[i] ?? '']));

describe('zookeeper, recorded from its own client and server', () => {
  const connections = recorded('java').map(read);
  const session = connections[0]!;
  const of = (name: string) => session.filter((m) => m.request_type === name && m.type === MESSAGE_TYPE.request);

  // What the client printed of its own calls.
  it('tells each call of the client, and how it went', () => {
    expect(calls(session)).toEqual([
      'connect  ok',
      'create /shop1 ok',
      'create2 /shop1/carts ok',
      'create /shop1/carts/c- ok',
      'create /shop1 NODEEXISTS',
      'createContainer /shop1/box ok',
      'createTTL /shop1/ttl ok',
      'exists /shop1 ok',
      'exists /shop1/none NONODE',
      'getData /shop1 ok',
      'getData /shop1/none NONODE',
      'session | notification | /shop1',
      'setData /shop1 ok',
      'setData /shop1 BADVERSION',
      'getACL /shop1 ok',
      'getChildren /shop1 ok',
      'getChildren2 /shop1 ok',
      'getAllChildrenNumber /shop1 ok',
      'getEphemerals /shop1 ok',
      'sync /shop1 ok',
      'delete /shop1 NOTEMPTY',
      'addWatch /shop1/carts ok',
      'session | notification | /shop1/carts/d',
      'create /shop1/carts/d ok',
      'session | notification | /shop1/carts/d',
      'delete /shop1/carts/d ok',
      'removeWatches /shop1/nowatch NOWATCHER',
      'removeWatches /shop1/carts ok',
      'session | notification | /shop1',
      'multi create /shop1/m, setData /shop1/m, check /shop1, delete /shop1/m ok',
      'multi check /shop1, delete /shop1/none, create /shop1/m2 NONODE',
      'multiRead getData /shop1, getChildren /shop1, getData /shop1/none NONODE',
      'whoAmI  ok',
      'auth digest ok',
      'setACL /shop1/box ok',
      'getACL /shop1/box ok',
      'getData /zookeeper/config ok',
      'ping  ok',
      'getChildren /shop1 ok',
      'delete /shop1/box ok',
      'delete /shop1/ttl ok',
      'closeSession  ok',
    ]);
    expect(connections.slice(1).flatMap(calls)).toEqual([
      'connect  ok',
      'getData /shop1/box NOAUTH',
      'closeSession  ok',
      'connect  ok',
      'reconfig server.5=127.0.0.1:1234:1235;1236 UNIMPLEMENTED',
      'connect  SESSIONEXPIRED',
    ]);
  });

  it('knows kinds of nodes and watches, the path that was made, zxid and session', () => {
    expect(of('create')[1]).toMatchObject({ request_resource: '/shop1/carts/c-', endpoint: '/shop1/carts' });
    expect(attributes(of('create')[1])).toEqual({ mode: 'EPHEMERAL_SEQUENTIAL' });
    expect(attributes(of('createTTL')[0])).toEqual({ mode: 'PERSISTENT_WITH_TTL' });
    expect(attributes(of('addWatch')[0])).toEqual({ mode: 'PERSISTENT_RECURSIVE' });
    expect(of('getData').map((m) => attributes(m).watch)).toEqual(['true', undefined, undefined]);
    const made = session.filter((m) => m.request_type === 'create' && m.type === MESSAGE_TYPE.response);
    expect(made[1]).toMatchObject({ response_result: '/shop1/carts/c-0000000000', response_status: STATUS.ok });
    expect(made.map((m) => attributes(m).zxid)).toEqual(['0x2', '0x4', '0x5', '0xb']);
    expect(attributes(session[1])).toEqual({ session_id: '0x1000009395d0000' });
    const events = session.filter((m) => m.type === MESSAGE_TYPE.session).map(attributes);
    expect(events.map(({ event }) => event)).toEqual([
      'NodeDataChanged',
      'NodeCreated',
      'NodeDeleted',
      'NodeChildrenChanged',
    ]);
    expect(new Set(events.map(({ state }) => state))).toEqual(new Set(['SyncConnected']));
  });

  it('blames the client or the server, and pairs by transaction id', () => {
    const failed = connections.flat().filter((m) => m.response_exception !== undefined);
    const blamed = new Map(failed.map((m) => [m.response_exception, [m.response_code, m.response_status]]));
    expect(blamed.get('NONODE')).toEqual([-101, STATUS.client_error]);
    expect(blamed.get('SESSIONEXPIRED')).toEqual([-112, STATUS.client_error]);
    expect(blamed.get('UNIMPLEMENTED')).toEqual([-6, STATUS.server_error]);
    expect(of('ping')[0]?.request_id).toBe(0xffff_fffe);
    expect(of('create')[0]?.request_id).toBe(1);
    expect(of('setData')[0]?.length).toBe(3030);
  });

  it('a client that logs in by SASL and comes back after its connection was cut', () => {
    const back = recorded('java-sasl').slice(0, 5).map(read);
    const told = back.map((messages) =>
      messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => m.request_type),
    );
    expect(told[0]?.slice(0, 3)).toEqual(['connect', 'sasl', 'sasl']);
    expect(told[3]).toEqual([
      ...['connect', 'sasl', 'sasl', 'auth', 'setWatches', 'ping', 'exists', 'ping', 'ping', 'getChildren', 'delete'],
      ...['delete', 'closeSession'],
    ]);
    expect(attributes(back[3]?.[1])).toEqual(attributes(back[0]?.[1]));
  });

  it('four-letter words, and kazoo', () => {
    const [ruok, stat, mntr, , isro, , wchp, kazoo] = recorded('kazoo').map(read);
    expect(ruok).toMatchObject([{ request_type: 'ruok' }, { response_result: 'imok', response_status: STATUS.ok }]);
    expect(stat?.[1]?.response_result).toContain('Zookeeper version: 3.8.0');
    expect(mntr?.map((m) => m.request_type)).toEqual(['mntr', 'mntr']);
    expect(isro?.[1]?.response_result).toBe('rw');
    expect(wchp?.[1]).toMatchObject({ response_status: STATUS.client_error });
    const exists = calls(kazoo ?? []).filter((call) => /^exists \/p\d+ NONODE$/.test(call));
    expect(exists).toHaveLength(40);
    expect(calls(kazoo ?? [])).toContain('multi check /kz, create /kz/t2 BADVERSION');
  });

  it('no data, credential, token or password is kept', () => {
    const all = ['java', 'java-sasl', 'kazoo'].flatMap((name) =>
      recorded(name).flatMap((pieces) => play([protocol], pieces, { redact: false }).messages),
    );
    expect(all.length).toBeGreaterThan(300);
    expect(JSON.stringify(all)).not.toMatch(/secret|hunter2|alice|bob|nonce|rspauth|world|anyone|0123456789abcdef/);
  });

  it.each([1, 7, 100])('gives the same in pieces of %i bytes', (size) => {
    for (const name of ['java', 'kazoo'] as const) {
      for (const pieces of recorded(name)) {
        const small = pieces.flatMap(({ direction, bytes }) =>
          Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
            direction,
            bytes: bytes.slice(i * size, (i + 1) * size),
          })),
        );
        const got = play([protocol], small, {}, { hint: 'zookeeper' });
        for (const direction of [TO_SERVER, TO_CLIENT] as const) got.conversation.end(direction);
        expect(got.messages.map(said)).toEqual(read(pieces).map(said));
      }
    }
  });
});

describe('zookeeper, by zookeeper.jute', () => {
  const get = hex(TO_SERVER, '00000010 00000001 00000004 00000003 2f6162 00');

  it('an answer whose request was not seen still tells its error', () => {
    const { messages } = play(
      [protocol],
      [hex(TO_CLIENT, '00000010 00000001 0000000500000009 ffffff87')],
      {},
      { hint: 'zookeeper' },
    );
    expect(messages).toMatchObject([{ request_id: 1, response_code: -121, response_exception: 'NOWATCHER' }]);
    expect(attributes(messages[0])).toEqual({ zxid: '0x500000009' });
  });

  it('an answer that somebody waits for is no end of the head of another', () => {
    const answer = hex(TO_CLIENT, '00000010 00000001 0000000500000009 ffffff9b');
    const { messages } = play([protocol], [get, hex(TO_CLIENT, '0000002c 00000000'), answer, get, answer]);
    expect(calls(messages)).toEqual(['getData /ab NONODE', 'getData /ab NONODE']);
  });

  it('timeouts and throttling are the server’s, malformed requests the client’s', () => {
    const answer = (code: string) => [get, hex(TO_CLIENT, `00000010 00000001 0000000000000009 ${code}`)];
    const status = (code: string) => play([protocol], answer(code)).messages[1]?.response_status;
    expect(['ffffff86', 'ffffff81', 'fffffff9'].map(status)).toEqual(Array(3).fill(STATUS.server_error));
    expect(['fffffffb', 'fffffff8', 'ffffff8d'].map(status)).toEqual(Array(3).fill(STATUS.client_error));
    expect(status('ffffff20')).toBe(STATUS.client_error);
  });

  it('data that was not captured costs nothing but itself', () => {
    const set = hex(TO_SERVER, '00010020 00000002 00000005 00000003 2f6162 00010009 4141');
    const cut = { ...set, true_length: 65_572 };
    const { messages, conversation } = play([protocol], [get, cut, { ...get }]);
    expect(messages.map((m) => [m.request_type, m.request_resource, m.length])).toEqual([
      ['getData', '/ab', 20],
      ['setData', '/ab', 65_572],
      ['getData', '/ab', 20],
    ]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('the number of a sequential node is no part of an endpoint', () => {
    const remove = hex(
      TO_SERVER,
      '00000026 00000001 00000002 00000016 2f6c6f636b732f6c6f636b2d30303030303030303132 ffffffff',
    );
    expect(play([protocol], [remove]).messages).toMatchObject([{ endpoint: '/locks/lock-' }]);
  });

  it('only its own first bytes look like it', () => {
    const score = (text: string) => {
      const { bytes } = hex(TO_SERVER, text);
      return infer(bytes, 0, bytes.length).score;
    };
    expect(score('00000008 fffffffe 0000000b')).toBe(3);
    expect(score('00000010 00000001 00000004 00000003 2f6162 00')).toBe(3);
    expect(score('00000010 00000001 00000004 00000003 6162 0000')).toBe(0);
    expect(score('00000010 00000001 00000099 00000003 2f6162 00')).toBe(0);
    expect(score('00000010 00000001 00000004 00000013 2f6162 00')).toBe(0);
    expect(score(Buffer.from('ruok').toString('hex'))).toBe(2);
    expect(score(Buffer.from('stats\r\n').toString('hex'))).toBe(0);
  });
});
