import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const talk = (pieces: readonly PlayedPiece[], redact = true) => play([protocol], pieces, { redact }, { hint: 'smtp' });
/** Commands with the code of the reply that the session stage gives each, which is by order. */
function rows(messages: readonly Message[]): string[] {
  const waiting: Message[] = [];
  const out: string[] = [];
  for (const m of messages) {
    if (m.interim === true) continue;
    if (m.type === MESSAGE_TYPE.request) waiting.push(m);
    else
      out.push(
        `${m.type === MESSAGE_TYPE.response ? waiting.shift()?.request_type : m.request_type} ${m.response_code}`,
      );
  }
  return [...out, ...waiting.map((m) => `${m.request_type} -`)];
}
const c = (text: string) => piece(TO_SERVER, text);
const s = (text: string) => piece(TO_CLIENT, text);

describe('smtp, recorded from Exim and Dovecot', () => {
  it('each command has its final reply; the message is passed over', () => {
    const { messages, conversation } = play([protocol], recorded('smtplib')[6]!);
    expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    const message = (code: number) => ['MAIL 250', 'RCPT 250', `DATA ${code}`];
    expect(rows(messages)).toEqual([
      ...['greeting 220', 'HELO 250', 'MAIL 250', 'RCPT 250', 'RCPT 250', 'DATA 250', 'MAIL 250', 'RCPT 550'],
      ...['RSET 250', 'MAIL 250', 'RCPT 451', 'RCPT 250', 'DATA 250', 'MAIL 250', 'RCPT 550', 'RSET 250'],
      ...[...message(550), 'RSET 250', 'VRFY 250', 'EXPN 250', 'HELP 214', 'UNKNOWN 500', 'DATA 503', 'NOOP 250'],
      ...['RSET 250', ...message(250), 'QUIT 221'],
    ]);
    const refused = messages
      .filter((m) => (m.response_code ?? 0) >= 400)
      .map((m) => [m.response_status, m.response_exception]);
    expect(refused.slice(0, 3)).toEqual([
      [STATUS.client_error, 'no such person here'],
      [STATUS.server_error, 'come back later'],
      [STATUS.client_error, 'relay not permitted'],
    ]);
    expect(messages.filter((m) => m.interim).map((m) => m.response_code)).toEqual([354, 354, 354, 354]);
    expect(messages.find((m) => m.request_type === 'DATA')?.length).toBe(6);
  });

  it('groups of commands, chunks of known length', () => {
    const { messages } = play([protocol], recorded('chunking')[4]!);
    expect(rows(messages)).toEqual(['greeting 220', 'EHLO 250', 'MAIL 250', 'RCPT 550', 'BDAT 503', 'QUIT 221']);
    const chunk = play([protocol], recorded('chunking')[0]!).messages.find((m) => m.request_type === 'BDAT');
    expect(chunk).toMatchObject({ request_resource: '353 LAST', length: 'BDAT 353 LAST\r\n'.length + 353 });
  });

  it('LMTP: one response for all recipients of a message', () => {
    const { messages } = play([protocol], recorded('lmtp')[0]!);
    expect(rows(messages)).toEqual([
      ...['greeting 220', 'LHLO 250', 'MAIL 250', 'RCPT 250', 'RCPT 250', 'DATA 250'],
      ...['MAIL 250', 'RCPT 250', 'RCPT 550', 'RCPT 250', 'DATA 250', 'MAIL 250', 'RCPT 550', 'DATA 503', 'RSET 250'],
      ...['MAIL 250', 'RCPT 250', 'DATA 250'],
    ]);
    const refused = messages.find((m) => m.response_code === 550);
    expect(refused).toMatchObject({
      response_exception: "5.1.1 <?@shop.test> User doesn't exist: ?@shop.test",
      attribute_names: ['enhanced_status_code'],
      attribute_values: ['5.1.1'],
    });
  });

  it('nothing more is read once both agreed to encrypt', () => {
    const { messages, conversation } = play([protocol], recorded('nodemailer')[1]!);
    expect(rows(messages)).toEqual(['greeting 220', 'EHLO 250', 'STARTTLS 220']);
    expect(conversation.state).toBe('encrypted');
  });

  it.each([true, false])('no login in any mechanism is kept, redacted %s', (redact) => {
    const all = ['smtplib', 'nodemailer'].flatMap(recorded);
    expect(rows(play([protocol], recorded('smtplib')[2]!, { redact }).messages).slice(2)).toEqual([
      ...['AUTH 235', 'NOOP 250', 'QUIT 221'],
    ]);
    const text = JSON.stringify(all.map((pieces) => play([protocol], pieces, { redact }).messages));
    // alice and the passwords in Base64, and what CRAM-MD5 makes of them.
    expect(text).not.toMatch(/alice|-word|AGFsaWNl|YWxpY2|aGlkZGVu|d3Jvbmct|PDMw/);
    expect(text).toContain('CRAM-MD5');
  });

  it('people are not named, nor is the message, unless values may be told', () => {
    const pieces = recorded('smtplib')[7]!;
    expect(JSON.stringify(play([protocol], pieces).messages)).not.toMatch(/carol|dave|Subject|seven/);
    const { messages } = play([protocol], pieces, { redact: false });
    expect(messages.find((m) => m.request_type === 'MAIL')).toMatchObject({
      request_resource: 'FROM:<carol@shop.test> size=812 BODY=8BITMIME',
      request_domain: 'shop.test',
    });
    const ids = messages.flatMap((m) => (m.attribute_names?.includes('message_id') ? m.attribute_values : []));
    expect(ids).toEqual(['<seven@shop.test>', '<eight@shop.test>']);
  });

  it.each([1, 3, 50, 1000])('gives the same in pieces of %i bytes', (size) => {
    for (const pieces of [recorded('smtplib')[6]!, recorded('lmtp')[0]!, recorded('chunking')[0]!]) {
      const small = pieces.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      expect(talk(small, false).messages.map(brief)).toEqual(talk(pieces, false).messages.map(brief));
    }
  });
});

describe('smtp, by the specification', () => {
  const open = [s('220 a ESMTP\r\n'), c('EHLO b\r\n'), s('250-a\r\n250 PIPELINING\r\n')];
  const said = (...pieces: PlayedPiece[]) => rows(talk([...open, ...pieces]).messages).slice(2);

  // RFC 5321 section 4.5.2: a line of one dot ends the message, wherever the events are cut.
  it('the end of a message across events', () => {
    const text = 'x\r\n..\r\n.\n.\r\r\n.x\r\n\r\n.\r\n';
    for (let cut = 1; cut < text.length; cut++) {
      const pieces = [c('DATA\r\n'), s('354 go\r\n'), c(text.slice(0, cut)), c(`${text.slice(cut)}QUIT\r\n`)];
      expect(said(...pieces, s('250 ok\r\n221 bye\r\n'))).toEqual(['DATA 250', 'QUIT 221']);
    }
    expect(said(c('DATA\r\n'), s('354 go\r\n'), c('.\r\nRSET\r\n'), s('250 a\r\n250 b\r\n'))).toEqual([
      'DATA 250',
      'RSET 250',
    ]);
  });

  it('an end that was not captured is known by the reply', () => {
    const body = { ...c('Subject: x\r\n'), true_length: 50_000 };
    expect(said(c('DATA\r\n'), s('354 go\r\n'), body, s('250 ok\r\n'), c('NOOP\r\n'), s('250 ok\r\n'))).toEqual([
      'DATA 250',
      'NOOP 250',
    ]);
  });

  it('an answer that was not seen: the message after it is no command', () => {
    const body = c('Help me\r\n\r\nRCPT TO:<a>\r\nquit\r\n.\r\n');
    expect(said(c('DATA\r\n'), body, s('250 ok\r\n'), c('NOOP\r\n'), s('250 ok\r\n'))).toEqual([
      'DATA 250',
      'NOOP 250',
    ]);
    const secret = [
      c('AUTH LOGIN\r\n'),
      c('c2VjcmV0\r\n'),
      s('334 x\r\n'),
      c('RSET\r\n'),
      s('235 ok\r\n'),
      c('NOOP\r\n'),
    ];
    expect(said(...secret, s('250 ok\r\n'))).toEqual(['AUTH 235', 'NOOP 250']);
  });

  it('chunks, also binary, also several in one event', () => {
    const binary = 'BDAT 7\r\n\r\n.\r\n\0\xffBDAT 0 LAST\r\n';
    expect(
      said(
        c(`MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<a@b>\r\n`),
        s('250 a\r\n250 b\r\n'),
        c(binary),
        s('250 7\r\n250 ok\r\n'),
      ),
    ).toEqual(['MAIL 250', 'RCPT 250', 'BDAT 250', 'BDAT 250']);
  });

  it('LMTP: the worst of several replies is the response', () => {
    const { messages } = talk([
      ...[
        s('220 a LMTP\r\n'),
        c('LHLO b\r\n'),
        s('250 a\r\n'),
        c('MAIL FROM:<>\r\nRCPT TO:<a>\r\nRCPT TO:<b>\r\nDATA\r\n'),
      ],
      ...[
        s('250 x\r\n250 x\r\n250 x\r\n354 x\r\n'),
        c('a\r\n.\r\n'),
        s('250 2.1.5 ok\r\n452 4.2.2 full\r\n'),
        c('QUIT\r\n'),
        s('221 x\r\n'),
      ],
    ]);
    expect(rows(messages).slice(2)).toEqual(['MAIL 250', 'RCPT 250', 'RCPT 250', 'DATA 452', 'QUIT 221']);
    expect(messages.find((m) => m.response_code === 452)).toMatchObject({
      response_status: STATUS.server_error,
      response_exception: '4.2.2 full',
      length: 30,
    });
  });

  it('who refuses to serve says so by its greeting; who gives up says so unasked', () => {
    expect(talk([s('554 no SMTP service here\r\n')]).messages).toMatchObject([
      {
        type: MESSAGE_TYPE.session,
        request_type: 'greeting',
        response_code: 554,
        response_status: STATUS.client_error,
      },
    ]);
    expect(talk([...open, s('421 too slow\r\n')]).messages.at(-1)).toMatchObject({
      type: MESSAGE_TYPE.response,
      response_status: STATUS.server_error,
    });
  });

  it('lines of a login that came at the wrong moment are not told', () => {
    const odd = [
      c('AUTH AGFsaWNlAGhpZGRlbg==\r\n'),
      s('501 5.5.2 AGFsaWNlAGhpZGRlbg==\r\n'),
      c('YWxpY2U\r\n'),
      s('500 what is YWxpY2U\r\n'),
    ];
    const { messages } = talk([...open, ...odd], false);
    expect(rows(messages).slice(2)).toEqual(['AUTH 501', 'undefined 500']);
    expect(JSON.stringify(messages)).not.toMatch(/AGFsaWNl|YWxpY2U/);
  });

  it('addresses and parameters', () => {
    const told = (line: string, redact = true) => {
      const { messages } = talk([...open, c(`${line}\r\n`)], redact);
      return [messages.at(-1)?.request_resource, messages.at(-1)?.request_domain];
    };
    expect(told('MAIL FROM:<"a b@c"@D.Example> SIZE=7 AUTH=<e@f> RET=HDRS ENVID=QQ')).toEqual([
      'FROM:<?@D.Example> SIZE=7 AUTH=? RET=HDRS ENVID=?',
      'd.example',
    ]);
    expect(told('RCPT TO:<postmaster>')).toEqual(['TO:<?>', undefined]);
    expect(told('RCPT TO: a@[IPv6:2001:db8::1] NOTIFY=NEVER ORCPT=rfc822;a+40b')).toEqual([
      'TO: ?@[IPv6:2001:db8::1] NOTIFY=NEVER ORCPT=?',
      '[ipv6:2001:db8::1]',
    ]);
    expect(told('XCLIENT NAME=x LOGIN=y')).toEqual(['NAME=? LOGIN=?', undefined]);
    expect(told('BURL imap://a@b/c;urlauth=secret LAST')).toEqual([undefined, undefined]);
  });

  it('a reply that was lost is unknown, and the ones after it find their commands', () => {
    const lost = { ...s(''), true_length: 8 };
    expect(said(c('NOOP\r\n'), lost, c('RSET\r\n'), s('250 ok\r\n')).slice(-1)).toEqual(['RSET -']);
    const status = (...pieces: PlayedPiece[]) => talk([...open, ...pieces]).messages.map((m) => m.response_status);
    const cut = [c('NOOP\r\n'), s('25'), c('RSET\r\n')];
    expect(status(...cut, s('250 ok\r\n')).slice(-3)).toEqual([undefined, STATUS.unknown, STATUS.ok]);
    // Its rest comes after all: it answers what was asked before it began.
    expect(status(...cut, s('0 ok\r\n'), s('250 ok\r\n')).slice(-3)).toEqual([undefined, STATUS.ok, STATUS.ok]);
  });

  it('words that others use too are never certain', () => {
    const score = (text: string, direction: 0 | 1) =>
      infer(Buffer.from(text, 'latin1'), 0, text.length, direction).score;
    expect(score('EHLO a\r\n', TO_SERVER)).toBe(3);
    expect(score('MAIL FROM:<a@b>\r\n', TO_SERVER)).toBe(3);
    expect(score('220 a ESMTP b\r\n', TO_CLIENT)).toBe(3);
    expect(score('220 FTP server ready\r\n', TO_CLIENT)).toBe(1);
    expect(score('QUIT\r\n', TO_SERVER)).toBe(1);
    expect(score('Mail from the shop\r\n', TO_SERVER)).toBe(0);
    expect(score('USER alice\r\n', TO_SERVER)).toBe(0);
    expect(score('HTTP/1.1 200 OK\r\n', TO_CLIENT)).toBe(0);
  });
});
