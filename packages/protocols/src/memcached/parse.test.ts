import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

// Recorded from memcached 1.6.18.
const capture = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url)).at(-1)!;
const ask = (text: string) => piece(TO_SERVER, text);
const say = (text: string) => piece(TO_CLIENT, text);

/** Requests in order, each with what answered it. */
function calls(messages: readonly Message[]): string[] {
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  let next = 0;
  return messages
    .filter((m) => m.type !== MESSAGE_TYPE.response)
    .map((m) => {
      if (m.one_way) return `${m.request_resource}: one way`;
      const { response_status, response_result, response_exception } = responses[next++] ?? {};
      return [`${m.request_resource}: ${response_status}`, response_exception ?? response_result].join(' ').trim();
    });
}

describe('memcached, recorded from a real server', () => {
  it.each(['text', 'meta', 'binary', 'quiet'])('%s: every request has one answer', (name) => {
    const { messages, conversation } = play([protocol], capture(name));
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
    expect(messages.filter((m) => m.type === MESSAGE_TYPE.response)).toHaveLength(requests.length);
    expect(JSON.stringify(messages)).not.toContain('secret value');
  });

  it('text: what was asked, and how it ended', () => {
    expect(calls(play([protocol], capture('text')).messages)).toEqual([
      'set foo 0 0 12: 0 STORED',
      'get foo: 0 VALUE',
      'get foo nothing foo: 0 VALUE',
      'gets foo: 0 VALUE',
      'get nothing: 0 END',
      'add foo 0 0 1: 0 NOT_STORED',
      'set n 0 0 1: 0 STORED',
      'incr n 5: 0 ?',
      'decr n 9: 0 ?',
      'incr foo 1: 4 cannot increment or decrement non-numeric value',
      'append foo 0 0 2 noreply: one way',
      'cas foo 0 0 1 1: 0 EXISTS',
      'touch foo 100: 0 TOUCHED',
      'gat 100 foo: 0 VALUE',
      'delete foo: 0 DELETED',
      'get foo: 0 END',
      'get n: 0 VALUE',
      'version: 0 VERSION',
      'delete noreply: 0 NOT_FOUND',
      'stats settings: 0 STAT',
      'set big 0 0 9000: 0 STORED',
      'get big: 0 VALUE',
    ]);
  });

  it('meta: quiet commands that had nothing to tell are answered by what follows', () => {
    const told = calls(play([protocol], capture('meta')).messages);
    expect(told.slice(3, 10)).toEqual([
      'mg nothing v q O1: 0',
      'mg foo v q O2: 0 VA',
      'mg nothing v q O3: 0',
      'mn: 0 MN',
      'ms a 1 q: 0',
      'ms b 1 q: 0',
      'mn: 0 MN',
    ]);
    expect(told.slice(-2)).toEqual(['get n: 0 END', 'quit: one way']);
  });

  it('binary: by a client library, and quiet commands', () => {
    expect(calls(play([protocol], capture('binary')).messages).slice(2, 6)).toEqual([
      'get nothing: 0 NOT_FOUND',
      'add foo: 0 EXISTS',
      'increment n: 0',
      'increment foo: 4 Non-numeric server-side value for incr or decr',
    ]);
    expect(calls(play([protocol], capture('quiet')).messages).slice(3)).toEqual([
      'getkq none: 0',
      'getkq q: 0',
      'getkq none: 0',
      'noop: 0',
      'stat settings: 0',
      'version: 0',
      'addq q: 0 EXISTS',
      'noop: 0',
      'get q: 0',
      'quitq: one way',
    ]);
  });

  it('never keeps what a login sends', () => {
    const [login] = load(new URL('captures/binary.json', import.meta.url));
    const { messages } = play([protocol], login!, { redact: false });
    expect(messages.map(brief)).toContain('request | sasl_auth | sasl_auth PLAIN');
    expect(JSON.stringify(messages)).not.toContain('hidden-word');
  });
});

describe('memcached, in pieces', () => {
  it('passes over values whose bytes were not captured', () => {
    const head = 'set big 0 0 5000\r\n';
    const reply = 'VALUE big 0 9000\r\n';
    const { messages, conversation } = play(
      [protocol],
      [
        { ...ask(`${head}xx`), true_length: head.length + 5002 },
        say('STORED\r\n'),
        ask('get big\r\n'),
        { ...say(`${reply}yy`), true_length: reply.length + 9002 },
        say('END\r\n'),
      ],
    );
    expect(messages.map((m) => m.length)).toEqual([head.length + 5002, 8, 9, reply.length + 9007]);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('goes on behind a command that nobody knows', () => {
    const { messages } = play(
      [protocol],
      [
        ask('get a\r\n'),
        say('END\r\n'),
        ask('nonsense\r\n'),
        say('ERROR\r\n'),
        ask('get b\r\n'),
        say('SERVER_ERROR out of memory\r\n'),
      ],
    );
    expect(messages.slice(-2).map(brief)).toEqual(['request | get | get b', 'response | status 3 | out of memory']);
    expect(messages.at(-1)?.response_status).toBe(STATUS.server_error);
  });

  it.each([
    ['get a HTTP/1.1\r\nHost: b\r\n', 2],
    ['GET / HTTP/1.1\r\n', 0],
    ['set a 0 0 x\r\n', 0],
    ['STOR file\r\n', 0],
    ['get\r\n', 0],
    ['*1\r\n$3\r\n', 0],
    ['set a 0 0 3\r\nabc\r\n', 3],
  ])('%j on another port: score at most %i', (text, score) => {
    const bytes = new Uint8Array(Buffer.from(text));
    expect(infer(bytes, 0, bytes.length, TO_SERVER, 80).score).toBe(score);
  });
});
