import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const talk = (pieces: readonly PlayedPiece[], redact = true) => play([protocol], pieces, { redact }, { hint: 'pop3' });
const c = (text: string) => piece(TO_SERVER, text);
const s = (text: string) => piece(TO_CLIENT, text);

/** Commands with the status and length of the response that the session stage gives each, which is by order. */
function rows(messages: readonly Message[]): string[] {
  const waiting: Message[] = [];
  const out: string[] = [];
  for (const m of messages) {
    if (m.interim === true) continue;
    if (m.type === MESSAGE_TYPE.request) waiting.push(m);
    else {
      const asked = m.type === MESSAGE_TYPE.response ? waiting.shift() : m;
      out.push(`${asked?.request_type} ${m.response_status} ${m.length}`);
    }
  }
  return [...out, ...waiting.map((m) => `${m.request_type} -`)];
}

describe('pop3, recorded from Dovecot', () => {
  it('each command has its response, texts of messages and lists included', () => {
    const { messages, conversation } = play([protocol], recorded('poplib')[0]!);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(rows(messages)).toEqual([
      ...['greeting 0 29', 'CAPA 0 161', 'USER 0 5', 'PASS 0 16', 'STAT 0 12', 'LIST 0 85', 'LIST 0 11', 'UIDL 0 188'],
      ...['UIDL 0 24', 'RETR 0 1026', 'TOP 0 455', 'RETR 4 29', 'NOOP 0 5', 'DELE 0 27', 'LIST 4 26', 'RSET 0 5'],
      ...['UNKNOWN 4 30', 'NOOP 0 5', 'NOOP 0 5', 'STAT 0 12', 'RETR 0 466', 'LIST 0 85', 'NOOP 0 5', 'NOOP 0 5'],
      'QUIT 0 18',
    ]);
    const retr = messages.filter((m) => m.request_type === 'RETR').map((m) => m.request_resource);
    expect(retr).toEqual(['1', '99', '2']);
  });

  it('logins of all kinds, refused and given up', () => {
    const [, refused, plain, login, given_up] = recorded('poplib').map((pieces) => play([protocol], pieces).messages);
    expect(refused!.find((m) => m.response_status === STATUS.client_error)?.response_exception).toBe('[AUTH]');
    expect(rows(plain!)[1]).toBe('AUTH 0 16');
    expect(rows(login!)).toEqual(['greeting 0 29', 'AUTH 0 16', 'NOOP 0 5', 'RETR 0 1026', 'NOOP 0 5', 'QUIT 0 18']);
    expect(login!.filter((m) => m.interim)).toHaveLength(2);
    expect(given_up!.find((m) => m.request_type === 'AUTH')?.request_resource).toBe('CRAM-MD5');
  });

  it('nothing more is read once both agreed to encrypt', () => {
    const { messages, conversation } = play([protocol], recorded('poplib')[5]!);
    expect(rows(messages).at(-1)).toBe('STLS 0 32');
    expect(conversation.state).toBe('encrypted');
  });

  it('no login is kept, and no name and text of a message', () => {
    const all = ['poplib', 'node-pop3'].flatMap(recorded);
    const told = (redact: boolean) =>
      JSON.stringify(all.map((pieces) => play([protocol], pieces, { redact }).messages));
    expect(told(false)).not.toMatch(/-word|AGFsaWNl|YWxpY2|aGlkZGVu|PDg3|VXNlcm|Subject|secret/);
    expect(told(true)).not.toMatch(/alice/);
    expect(told(false)).toMatch(/"USER","request_resource":"alice"/);
  });

  it.each([1, 3, 50, 1000])('gives the same in pieces of %i bytes', (size) => {
    for (const pieces of recorded('poplib').slice(0, 5)) {
      const small = pieces.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      expect(talk(small).messages.map(brief)).toEqual(talk(pieces).messages.map(brief));
    }
  });
});

describe('pop3, by the specification', () => {
  // RFC 1939 section 7.
  it('APOP, and lists without and with a number', () => {
    const { messages } = talk([
      ...[s('+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n')],
      ...[
        c('APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n'),
        s("+OK mrose's maildrop has 2 messages (320 octets)\r\n"),
      ],
      ...[
        c('list\r\n'),
        s('+OK 2 messages (320 octets)\r\n1 120\r\n2 200\r\n.\r\n'),
        c('LIST 2\r\n'),
        s('+OK 2 200\r\n'),
      ],
    ]);
    expect(rows(messages).slice(1)).toEqual(['APOP 0 50', 'LIST 0 46', 'LIST 0 11']);
    expect(JSON.stringify(messages)).not.toMatch(/mrose|c4c9|1896/);
  });

  it('codes that are the server’s doing', () => {
    const status = (text: string) => talk([s('+OK\r\n'), c('STAT\r\n'), s(text)]).messages.at(-1);
    expect(status('-ERR [SYS/TEMP] try later\r\n')).toMatchObject({ response_status: STATUS.server_error });
    expect(status('-ERR [IN-USE] locked\r\n')).toMatchObject({
      response_status: STATUS.client_error,
      response_exception: '[IN-USE] locked',
    });
  });

  it('a text of which a part was not captured ends with the next response', () => {
    const cut = { ...s('+OK 70000 octets\r\nReceived: x\r\n'), true_length: 70_021 };
    const { messages, conversation } = talk([s('+OK\r\n'), c('RETR 1\r\n'), cut, c('NOOP\r\n'), s('+OK\r\n')]);
    expect(rows(messages)).toEqual(['greeting 0 5', 'RETR 0 70021', 'NOOP 0 5']);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('what waited behind a text whose end was not seen was answered', () => {
    const { messages } = talk([
      ...[s('+OK\r\n'), c('CAPA\r\nUSER a\r\n'), s('+OK\r\nTOP\r\n'), c('PASS b\r\nSTAT\r\n'), s('more\r\n')],
      ...[c('LIST 1\r\n'), s('+OK 1 7\r\n'), c('NOOP\r\n'), s('+OK\r\n')],
    ]);
    const told = ['CAPA 0 16', 'USER 5 undefined', 'PASS 5 undefined', 'STAT 5 undefined', 'LIST 0 9', 'NOOP 0 5'];
    expect(rows(messages).slice(1)).toEqual(told);
  });

  it('a step of a login that is taken again was answered before', () => {
    const login = [c('CAPA\r\nNOOP\r\nUSER a\r\nPASS b\r\n'), c('USER a\r\nPASS b\r\n'), s('+OK\r\n'), s('+OK in\r\n')];
    const { messages } = talk([s('+OK\r\n'), ...login, c('STAT\r\n'), s('+OK 1 7\r\n')]);
    const unseen = ['CAPA', 'NOOP', 'USER', 'PASS'].map((verb) => `${verb} 5 undefined`);
    expect(rows(messages).slice(1)).toEqual([...unseen, 'USER 0 5', 'PASS 0 8', 'STAT 0 9']);
  });

  it('a text that begins like a response is none', () => {
    const text = s('+OK\r\n+OK not a response\r\n-ERR nor this\r\n..\r\n.\r\n');
    expect(rows(talk([s('+OK\r\n'), c('TOP 1 3\r\nNOOP\r\n'), text, s('+OK\r\n')]).messages).slice(1)).toEqual([
      'TOP 0 47',
      'NOOP 0 5',
    ]);
  });

  it('a login whose answer was not seen is not told', () => {
    const odd = [c('AUTH LOGIN\r\n'), c('NOOPsecret\r\n'), s('+OK\r\n'), c('NOOP\r\n'), s('+OK\r\n')];
    const { messages } = talk([s('+OK\r\n'), ...odd], false);
    expect(rows(messages).slice(1)).toEqual(['AUTH 0 5', 'NOOP 0 5']);
    const { messages: bare } = talk(
      [s('+OK\r\n'), c('AUTH\r\n'), s('+OK\r\nPLAIN\r\n.\r\n'), c('AUTH c2VjcmV0\r\n')],
      false,
    );
    expect(bare.at(-1)?.request_resource).toBe('?');
    expect(rows(bare)[1]).toBe('AUTH 0 15');
  });

  it('words that others use too are never certain', () => {
    const score = (text: string, direction: 0 | 1) =>
      infer(Buffer.from(text, 'latin1'), 0, text.length, direction).score;
    expect(score('+OK Dovecot ready.\r\n', TO_CLIENT)).toBe(2);
    expect(score('+OK\r\n', TO_CLIENT)).toBe(1);
    expect(score('-ERR no\r\n', TO_CLIENT)).toBe(1);
    expect(score('+PONG\r\n', TO_CLIENT)).toBe(0);
    expect(score('CAPA\r\n', TO_SERVER)).toBe(2);
    expect(score('USER alice\r\n', TO_SERVER)).toBe(1);
    expect(score('RETR file.txt\r\n', TO_SERVER)).toBe(0);
    expect(score('EHLO a\r\n', TO_SERVER)).toBe(0);
  });
});
