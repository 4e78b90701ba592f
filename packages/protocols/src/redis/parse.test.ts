import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const capture = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const ask = (text: string) => piece(TO_SERVER, text);
const say = (text: string) => piece(TO_CLIENT, text);
const GET = '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n';

function lines(pieces: readonly PlayedPiece[], redact = true): string[] {
  return play([protocol], pieces, { redact }).messages.map(brief);
}

function counts(messages: readonly Message[]): { requests: number; responses: number; one_way: number } {
  return {
    requests: messages.filter((m) => m.type === MESSAGE_TYPE.request).length,
    responses: messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true).length,
    one_way: messages.filter((m) => m.one_way).length,
  };
}

describe('redis, recorded from a real server', () => {
  it.each(['resp2', 'resp3'])('%s: every command has one response, pipelines included', (name) => {
    const { messages, conversation } = play([protocol], capture(name)[0]!);
    const { requests, responses, one_way } = counts(messages);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(requests).toBe(responses);
    expect(one_way).toBe(0);
    const sets = messages.filter((m) => m.request_resource?.startsWith('SET pipeline:'));
    expect(sets).toHaveLength(100);
    expect(messages.find((m) => m.request_type === 'HSET')?.request_resource).toBe('HSET cart:7 apples ? pears ?');
    expect(messages.find((m) => m.response_exception?.startsWith('-WRONGTYPE'))?.response_status).toBe(
      STATUS.server_error,
    );
    expect(JSON.stringify(messages)).not.toContain('secret value');
  });

  it('has the length of a value that came in several pieces', () => {
    const { messages } = play([protocol], capture('resp2')[0]!);
    expect(
      messages.find((m) => m.type === MESSAGE_TYPE.response && m.interim !== true && m.length! > 40_000)?.length,
    ).toBe('$40000\r\n'.length + 40_002);
  });

  it.each(['subscribe2', 'subscribe3'])('%s: published messages answer nothing', (name) => {
    const [, listener] = capture(name);
    const { messages } = play([protocol], listener!);
    const { requests, responses } = counts(messages);
    expect(requests).toBe(responses);
    const subscribe = messages.findIndex((m) => m.request_type === 'subscribe');
    expect(brief(messages[subscribe + 1]!)).toBe('response | status 0');
    expect(brief(messages[subscribe + 2]!)).toBe('interim response');
  });

  it('raw: inline commands, CLIENT REPLY, login secrets, MONITOR', () => {
    const { messages } = play([protocol], capture('raw')[0]!);
    const told = messages.map(brief);
    expect(told.slice(0, 2)).toEqual(['request | PING | PING', 'response | status 0']);
    expect(told).toContain('session | SET | SET a ?');
    expect(told).toContain('session | client | client reply off');
    expect(told).toContain('request | client | client reply on');
    expect(JSON.stringify(messages)).not.toContain('hidden-word');
    expect(told).toContain("response | status 3 | -ERR unknown command 'NOSUCH'");
    const open = play([protocol], capture('raw')[0]!, { redact: false }).messages;
    expect(JSON.stringify(open)).not.toContain('hidden-word');
    expect(open.map(brief)).toContain('session | SET | SET a b');
  });
});

describe('redis, byte by byte and in pieces', () => {
  it.each(['resp2', 'resp3', 'subscribe3', 'raw'])('%s gives the same however it is cut', (name) => {
    for (const pieces of capture(name)) {
      const whole = lines(pieces).filter((line) => !line.startsWith('interim'));
      const small = pieces.slice(0, 120).flatMap(({ direction, bytes }) => cut_up(direction, bytes, 7));
      const in_pieces = lines(small).filter((line) => !line.startsWith('interim'));
      expect(in_pieces).toEqual(whole.slice(0, in_pieces.length));
      if (pieces.length <= 120) expect(in_pieces).toHaveLength(whole.length);
    }
  });

  it('skips a value whose bytes were not captured', () => {
    const head = '*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$5000\r\n';
    const long = { ...ask(`${head}xxxx`), true_length: head.length + 5002 };
    const reply = { ...say('$9000\r\nyyy'), true_length: 9009 };
    const { messages, conversation } = play(
      [protocol],
      [long, say('+OK\r\n'), ask(GET), reply, ask(GET), say(':1\r\n')],
    );
    expect(messages.map((m) => m.length)).toEqual([head.length + 5002, 5, GET.length, 9009, GET.length, 4]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  // The session stage marks as unknown whoever waits when replies are lost.
  it('tells what was seen of a reply that was lost and is right again with the next command', () => {
    const lost = { ...say('*3\r\n$1\r\na\r\n'), true_length: 500 };
    expect(lines([ask(GET + GET + GET), say('+OK\r\n'), lost, ask(GET), say(':7\r\n')])).toEqual([
      ...Array<string>(3).fill('request | GET | GET k'),
      'response | status 0',
      'response | status 0',
      'request | GET | GET k',
      'response | status 0',
    ]);
  });

  it('knows nested, streamed and attributed values', () => {
    const values = [
      '|1\r\n+ttl\r\n:3600\r\n*2\r\n|1\r\n+a\r\n:1\r\n:1\r\n:2\r\n',
      '%2\r\n+a\r\n*-1\r\n+b\r\n~1\r\n#t\r\n',
      '$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n',
      '*?\r\n:1\r\n*0\r\n.\r\n',
      ',-1.5e3\r\n',
      '(3492890328409238509324850943850943825024385\r\n',
      '_\r\n',
      '=15\r\ntxt:Some string\r\n',
      '!21\r\nSYNTAX invalid syntax\r\n',
    ];
    const told = lines([ask(GET.repeat(values.length)), say(`${values.join('')}>2\r\n+invalidate\r\n*1\r\n+k\r\n`)]);
    expect(told.slice(values.length)).toEqual([
      ...Array<string>(8).fill('response | status 0'),
      'response | status 3 | !SYNTAX invalid syntax',
    ]);
  });

  it('keeps quoted words of inline commands together', () => {
    const { messages } = play([protocol], [ask('set "my key" \'a secret\'\r\nget "open\r\n')], {}, { hint: 'redis' });
    expect(messages.map(brief)).toEqual(['request | set | set my key ?', 'request | get | get "open']);
  });

  it('gives up a connection that only began like Redis', () => {
    const { conversation } = play(
      [protocol],
      [ask(`${GET}\x00\x01\x02`), ...Array<PlayedPiece>(80).fill(ask('\x00\x01\xff'))],
    );
    expect(conversation.state).not.toBe('claimed');
  });
});

function cut_up(direction: 0 | 1, bytes: Uint8Array, step: number): PlayedPiece[] {
  const pieces: PlayedPiece[] = [];
  const size = bytes.length > 2000 ? 997 : step;
  for (let at = 0; at < bytes.length; at += size) pieces.push({ direction, bytes: bytes.slice(at, at + size) });
  return pieces;
}
