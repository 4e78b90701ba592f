import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const talk = (pieces: readonly PlayedPiece[], redact = true) => play([protocol], pieces, { redact }, { hint: 'imap' });
const c = (text: string) => piece(TO_SERVER, text);
const s = (text: string) => piece(TO_CLIENT, text);

/** Commands with the status and length of their responses, by tag as the session stage pairs them. */
function rows(messages: readonly Message[]): string[] {
  const waiting = new Map<number | undefined, Message>();
  const out: string[] = [];
  for (const m of messages) {
    if (m.interim === true) continue;
    if (m.type === MESSAGE_TYPE.request) waiting.set(m.request_id, m);
    else {
      const asked = m.type === MESSAGE_TYPE.response ? waiting.get(m.request_id) : m;
      waiting.delete(m.request_id);
      out.push(`${asked?.request_type} ${m.response_status} ${m.length}`);
    }
  }
  return [...out, ...[...waiting.values()].map((m) => `${m.request_type} -`)];
}

describe('imap, recorded from Dovecot', () => {
  const { messages, conversation } = play([protocol], recorded('imaplib')[0]!);
  const asked = (name: string) => messages.filter((m) => m.request_type === name).map((m) => m.request_resource);

  it('each command has its response, untagged data included', () => {
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(rows(messages).map((row) => row.split(' ').slice(0, -1).join(' '))).toEqual([
      ...[
        'greeting 0',
        'CAPABILITY 0',
        'LOGIN 0',
        'LIST 0',
        'LSUB 0',
        'CREATE 0',
        'SUBSCRIBE 0',
        'STATUS 0',
        'SELECT 0',
      ],
      ...['SEARCH 0', 'FETCH 0', 'FETCH 0', 'UID FETCH 0', 'STORE 0', 'COPY 0', 'UID SEARCH 0', 'SELECT 4', 'SELECT 0'],
      ...['EXPUNGE 0', 'APPEND 0', 'SEARCH 0', 'UNKNOWN 4', 'SORT 0', 'THREAD 0', 'NAMESPACE 0', 'CAPABILITY 0'],
      ...['NOOP 0', 'CHECK 0', 'UNSELECT 0', 'DELETE 0', 'LOGOUT 0'],
    ]);
    // Three messages in literals.
    expect(rows(messages)[10]).toBe('FETCH 0 2088');
  });

  it('what is asked for is told, words and names are not', () => {
    expect(asked('FETCH')).toEqual([
      '1:3 (FLAGS BODY.PEEK[])',
      '1 (ENVELOPE BODYSTRUCTURE BODY[HEADER.FIELDS (SUBJECT ?)])',
    ]);
    expect(asked('SEARCH')).toEqual(['FROM ? UNSEEN', 'CHARSET UTF-8 SUBJECT {9}']);
    expect(asked('STORE')).toEqual(['1 +FLAGS (\\Seen ?)']);
    expect(asked('SELECT')).toEqual(['INBOX', '?', '?']);
    expect(messages.find((m) => m.response_exception !== undefined)?.response_exception).toBe(
      "Mailbox doesn't exist: ?",
    );
    const open = play([protocol], recorded('imaplib')[0]!, { redact: false }).messages;
    expect(open.find((m) => m.request_type === 'CREATE')?.request_resource).toBe('Private');
  });

  it('no login is kept in any form, and no text of a message', () => {
    const all = ['imaplib', 'imapflow', 'compressed'].flatMap(recorded);
    for (const redact of [true, false]) {
      const text = JSON.stringify(all.map((pieces) => play([protocol], pieces, { redact }).messages));
      expect(text).not.toMatch(/-word|AGFsaWNl|YWxpY2|PDQ0|alice|hidden|zzz|LOGIN x/);
      expect(text).toContain('CRAM-MD5');
    }
  });

  it('literals of commands in both forms, several commands at once, IDLE', () => {
    const by_hand = play([protocol], recorded('imaplib')[5]!).messages;
    expect(rows(by_hand).map((row) => row.split(' ')[0])).toEqual([
      ...['greeting', 'LOGIN', 'SELECT', 'FETCH', 'NOOP', 'APPEND', 'IDLE', 'NOOP', 'LOGOUT'],
    ]);
    const idle = by_hand.filter((m) => m.unfinished === true);
    expect(idle.map((m) => m.request_id)).toEqual([by_hand.find((m) => m.request_type === 'IDLE')?.request_id]);
  });

  it('ends where the peers agree to encrypt or to compress', () => {
    const encrypted = play([protocol], recorded('imaplib')[4]!);
    expect(rows(encrypted.messages).at(-1)).toBe('STARTTLS 0 37');
    expect(encrypted.conversation.state).toBe('encrypted');
    const compressed = play([protocol], recorded('compressed')[0]!);
    expect(rows(compressed.messages).at(-1)).toBe('COMPRESS 0 46');
    expect(compressed.conversation.state).toBe('unclaimed');
  });

  it.each([1, 3, 50, 1000])('gives the same in pieces of %i bytes', (size) => {
    for (const pieces of [...recorded('imaplib').slice(0, 4), recorded('imaplib')[5]!, recorded('imapflow')[0]!]) {
      const small = pieces.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      expect(talk(small).messages.map(brief)).toEqual(talk(pieces).messages.map(brief));
    }
  });
});

describe('imap, by the specification', () => {
  const greeting = s('* OK IMAP4rev2 ready\r\n');
  const said = (...pieces: PlayedPiece[]) => rows(talk([greeting, ...pieces]).messages).slice(1);

  // RFC 9051 section 8.
  it('responses in another order than their commands', () => {
    const { messages } = talk([
      ...[greeting, c('a1 noop\r\na2 uid fetch 1 flags\r\n'), s('a2 OK done\r\n* 23 EXISTS\r\na1 OK done\r\n')],
    ]);
    expect(rows(messages)).toEqual(['greeting 0 22', 'UID FETCH 0 12', 'NOOP 0 25']);
  });

  it('a literal that looks like a response is none', () => {
    const text = 'x1 OK\r\nx2 NO {3}\r\n* BYE\r\n';
    const reply = `* 12 FETCH (BODY[] {${text.length}}\r\n${text} BODY[HEADER] {0}\r\n UID 7)\r\nx2 OK done\r\n`;
    expect(said(c('x2 FETCH 12 BODY[]\r\n'), s(reply), c('x1 NOOP\r\n'), s('x1 OK\r\n'))).toEqual([
      `FETCH 0 ${reply.length}`,
      'NOOP 0 7',
    ]);
  });

  it('a literal that is refused, and one that was told to come unseen', () => {
    const refused = [c('a APPEND x {10}\r\n'), s('a NO [OVERQUOTA] full\r\n'), c('b NOOP\r\n'), s('b OK\r\n')];
    expect(said(...refused)).toEqual(['APPEND 4 23', 'NOOP 0 6']);
    const unseen = [
      c('a LOGIN {2}\r\n'),
      c('c LOGIN x y {3}\r\n'),
      c('pwd\r\n'),
      s('a OK\r\n'),
      c('b NOOP\r\n'),
      s('b OK\r\n'),
    ];
    const { messages } = talk([greeting, ...unseen], false);
    expect(rows(messages).slice(1)).toEqual(['LOGIN 0 6', 'NOOP 0 6']);
    expect(messages.some((m) => m.request_resource !== undefined)).toBe(false);
  });

  it('literals that were not captured cost nothing but themselves', () => {
    const cut = { ...s('* 1 FETCH (BODY[] {70000}\r\nReceived: x\r\n'), true_length: 70_027 };
    const rest = s(')\r\na OK done\r\n');
    const { messages, conversation } = talk([greeting, c('a FETCH 1 BODY[]\r\n'), cut, rest]);
    expect(rows(messages)[1]).toBe(`FETCH 0 ${70_027 + 14}`);
    expect(conversation.counters.boundary_lost).toBe(0);
  });

  it('NO and BAD, by code; a BYE that nobody asked for', () => {
    const status = (text: string) => talk([greeting, c('a SELECT INBOX\r\n'), s(text)]).messages.at(-1);
    expect(status('a NO [UNAVAILABLE] backend is down\r\n')).toMatchObject({ response_status: STATUS.server_error });
    expect(status('a NO [NONEXISTENT] none: secret@a.example\r\n')).toMatchObject({
      response_status: STATUS.client_error,
      response_exception: '[NONEXISTENT] none: ?',
    });
    expect(status('* BYE idle for too long\r\n')).toMatchObject({
      type: MESSAGE_TYPE.session,
      request_type: 'BYE',
      response_status: STATUS.server_error,
      response_exception: 'idle for too long',
    });
    expect(talk([s('* BYE too many connections\r\n')]).messages).toMatchObject([
      { request_type: 'greeting', response_status: 3 },
    ]);
  });

  it('a login given up, and one whose beginning was not seen', () => {
    const given_up = [
      c('a AUTHENTICATE XOAUTH2 c2VjcmV0\r\n'),
      s('+ eyJzd\r\n'),
      c('\r\n'),
      s('a NO [AUTHENTICATIONFAILED] c2VjcmV0\r\n'),
    ];
    const { messages } = talk(
      [greeting, ...given_up, s('+ go\r\n'), c('b LOGIN x y\r\n'), s('z OK\r\n'), c('b NOOP\r\n')],
      false,
    );
    expect(rows(messages).slice(1)).toEqual(['AUTHENTICATE 4 38', 'undefined 0 6', 'NOOP -']);
    expect(JSON.stringify(messages)).not.toMatch(/c2Vj/);
  });

  it('who could be meant', () => {
    const score = (text: string, direction: 0 | 1) =>
      infer(Buffer.from(text, 'latin1'), 0, text.length, direction).score;
    expect(score('* OK ready\r\n', TO_CLIENT)).toBe(3);
    expect(score('* 23 EXISTS\r\n', TO_CLIENT)).toBe(2);
    expect(score('a1 CAPABILITY\r\n', TO_SERVER)).toBe(3);
    expect(score('a1 UID FETCH 1 FLAGS\r\n', TO_SERVER)).toBe(3);
    expect(score('a1 SELECT INBOX\r\n', TO_SERVER)).toBe(2);
    expect(score('a1 OK done\r\n', TO_CLIENT)).toBe(2);
    expect(score('1001 OK done\r\n', TO_CLIENT)).toBe(2);
    // The rest of 250, which is SMTP's.
    expect(score('50 OK\r\n', TO_CLIENT)).toBe(1);
    expect(score('that OK with you\r\n', TO_CLIENT)).toBe(0);
    expect(score('* item of a list\r\n', TO_CLIENT)).toBe(0);
    expect(score('*1\r\n$4\r\nPING\r\n', TO_SERVER)).toBe(0);
    expect(score('GET / HTTP/1.1\r\n', TO_SERVER)).toBe(0);
  });
});
