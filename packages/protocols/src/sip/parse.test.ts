import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, STATUS, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';
import { host_of, told } from './uri.ts';

const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url));
const tcp = (...pieces: PlayedPiece[]) => play([protocol], pieces);
const udp = (pieces: readonly PlayedPiece[], redact = true) =>
  play([protocol], pieces, { redact }, { transport: 'udp' });
const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`;
const c = (text: string) => piece(TO_SERVER, text);
const s = (text: string) => piece(TO_CLIENT, text);

/** Requests with the code of their final response, by transaction as the session stage pairs them. */
function rows(messages: readonly Message[]): string[] {
  const waiting = new Map<number | undefined, Message>();
  const out: string[] = [];
  for (const m of messages) {
    if (m.interim === true) continue;
    if (m.type === MESSAGE_TYPE.session) out.push(`${m.request_type}`);
    else if (m.type === MESSAGE_TYPE.request) waiting.set(m.request_id, m);
    else {
      out.push(`${waiting.get(m.request_id)?.request_type} ${m.response_code}`);
      waiting.delete(m.request_id);
    }
  }
  return [...out, ...[...waiting.values()].map((m) => `${m.request_type} -`)];
}

describe('sip, recorded from SIPp', () => {
  const EXPECTED = [
    ['REGISTER 401', 'REGISTER 200'],
    ['CANCEL 200', 'INVITE 487', 'ACK'],
    ['OPTIONS 503', 'MESSAGE 404', 'SUBSCRIBE 603', 'PUBLISH 202'],
  ];

  it('over TCP: calls, registrations, calls given up, refusals', () => {
    const connections = recorded('tcp');
    const calls = tcp(...connections[0]!);
    expect(rows(calls.messages).sort()).toEqual(['ACK', 'ACK', 'BYE 200', 'BYE 200', 'INVITE 200', 'INVITE 200']);
    expect(calls.conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
    expect(connections.slice(1).map((pieces) => rows(tcp(...pieces).messages))).toEqual(EXPECTED);
  });

  it('over datagrams, each transaction once however often its messages were sent', () => {
    const peers = recorded('udp');
    expect(peers.slice(1, 4).map((pieces) => rows(udp(pieces).messages))).toEqual(EXPECTED);
    // INVITE and its 200 were each sent twice.
    expect(peers[4]!.length).toBe(7);
    expect(rows(udp(peers[4]!).messages)).toEqual(['INVITE 200', 'ACK', 'BYE 200']);
  });

  it('who rings has begun to answer, who only tries has not', () => {
    const { messages } = tcp(...recorded('tcp')[2]!);
    expect(messages.filter((m) => m.interim).map((m) => [m.response_code, m.unfinished])).toEqual([
      [100, undefined],
      [180, true],
    ]);
  });

  it('codes: 4xx and 6xx are the client’s, 5xx the server’s', () => {
    const status = new Map(
      recorded('tcp')
        .flatMap((pieces) => tcp(...pieces).messages)
        .map((m) => [m.response_code, [m.response_status, m.response_exception]]),
    );
    expect(status.get(503)).toEqual([STATUS.server_error, 'Service Unavailable']);
    expect(status.get(404)).toEqual([STATUS.client_error, 'Not Found']);
    expect(status.get(603)).toEqual([STATUS.client_error, 'Decline']);
    expect(status.get(202)).toEqual([STATUS.ok, undefined]);
  });

  it('no authorization is kept, no user unless values may be told', () => {
    const all = (redact: boolean) => JSON.stringify(recorded('udp').map((pieces) => udp(pieces, redact).messages));
    expect(all(false)).not.toMatch(/47ebe028|Digest|response=|hidden/);
    expect(all(true)).not.toMatch(/alice|bob|service@|sipp@/);
    expect(all(false)).toMatch(/"from","to"\],"attribute_values":\["telephone 1.0","sip:alice@127/);
  });

  it.each([1, 3, 50, 1000])('gives the same in pieces of %i bytes', (size) => {
    for (const pieces of recorded('tcp')) {
      const small = pieces.flatMap(({ direction, bytes }) => {
        const cut: PlayedPiece[] = [];
        for (let at = 0; at < bytes.length; at += size) cut.push({ direction, bytes: bytes.slice(at, at + size) });
        return cut;
      });
      const got = play([protocol], small, {}, { hint: 'sip' }).messages.map(brief);
      expect(got).toEqual(tcp(...pieces).messages.map(brief));
    }
  });
});

describe('sip, by the specification', () => {
  // RFC 4475 section 3.1.1.1, "A Short Tortuous INVITE".
  const TORTUOUS = lines(
    ...['INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0', 'TO :'],
    ...[' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n'],
    ...['from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>', '  ;', '  tag = 98asjd8'],
    ...['MaX-fOrWaRdS: 0068', 'Call-ID: wsinv.ndaksdj@192.0.2.1', 'Content-Length   : 150', 'cseq: 0009', '  INVITE'],
    ...[
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    192.0.2.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
    ],
    ...[' continued newfangled value', 'UnknownHeaderWithUnusualValue: ;;,,;;,;', 'Content-Type: application/sdp'],
    ...['Route:', ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>'],
    ...['v:  SIP  / 2.0  / TCP     spindle.example.com   ;', '  branch  =   z9hG4bK9ikj8  ,'],
    ...[' SIP  /    2.0   / UDP  192.168.255.111   ; branch=', ' z9hG4bKsp0ibhtrsbt'],
    ...[
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
    ],
  );
  const BODY = 'v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\n'.padEnd(150, 'c');

  it('white space, folded lines and long forms', () => {
    const response = lines(
      ...[
        'SIP/2.0 200 OK',
        'v: SIP/2.0/UDP 192.0.2.2;branch=390skdjuw',
        'i: wsinv.ndaksdj@192.0.2.1',
        'CSeq: 9 INVITE',
      ],
    );
    const { messages } = udp([c(TORTUOUS + BODY), s(response)], false);
    expect(rows(messages)).toEqual(['INVITE 200']);
    expect(messages[0]).toMatchObject({
      request_resource: 'sip:vivekg@chair-dnrc.example.com;unknownparam',
      request_domain: 'chair-dnrc.example.com',
      x_request_id: 'wsinv.ndaksdj@192.0.2.1',
      attribute_names: ['from', 'to'],
      attribute_values: ['sip:jdrosen@example.com', 'sip:vivekg@chair-dnrc.example.com'],
      length: TORTUOUS.length + 150,
    });
    const following = tcp(c(`${TORTUOUS}${BODY}${TORTUOUS.slice(0, 200)}`), c(`${TORTUOUS.slice(200)}${BODY}`));
    expect(following.messages.map((m) => m.length)).toEqual([TORTUOUS.length + 150, TORTUOUS.length + 150]);
  });

  const request = (method: string, n: number, more: string[] = []) =>
    lines(`${method} sip:a@b SIP/2.0`, 'v:SIP/2.0/TCP c;branch=z9hG4bKx', 'i:q', `CSeq: ${n} ${method}`, ...more);
  const ok = (method: string, n: number) =>
    lines('SIP/2.0 200 OK', 'v:SIP/2.0/TCP c;received=1.2.3.4;branch=z9hG4bKx;rport=7', 'i:q', `CSeq: ${n} ${method}`);

  it('both sides ask on one connection; keep-alives are nothing', () => {
    const { messages, conversation } = tcp(
      ...[c(request('INVITE', 1)), s(ok('INVITE', 1)), c('\r\n\r\n'), s('\r\n'), s(request('BYE', 7)), c(ok('BYE', 7))],
    );
    expect(rows(messages)).toEqual(['INVITE 200', 'BYE 200']);
    expect(conversation.counters.not_mine).toBe(0);
    expect(
      udp([c(request('OPTIONS', 1)), c('\r\n\r\n'), c('\0\0\0\0'), s(ok('OPTIONS', 1))]).conversation.counters.not_mine,
    ).toBe(0);
  });

  it('a body that was not captured, and one whose length is wrong', () => {
    const head = request('MESSAGE', 1, ['l: 90000', 'c: text/plain']);
    const cut = { ...c(head), true_length: head.length + 90_000 };
    expect(rows(tcp(cut, s(ok('MESSAGE', 1)), c(request('BYE', 2)), s(ok('BYE', 2))).messages)).toEqual([
      'MESSAGE 200',
      'BYE 200',
    ]);
    const wrong = [c(head), s(ok('MESSAGE', 1)), c(request('BYE', 2)), s(ok('BYE', 2))];
    expect(rows(tcp(...wrong).messages)).toEqual(['MESSAGE 200', 'BYE 200']);
  });

  it('ids of traces', () => {
    const traceparent = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(tcp(c(request('INFO', 1, [traceparent]))).messages[0]).toMatchObject({
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
    });
  });

  // RFC 3261 section 19.1.3.
  it.each([
    ['sip:alice:secretword@atlanta.com;transport=tcp', 'sip:?@atlanta.com', 'sip:alice:?@atlanta.com;transport=tcp'],
    ['sips:alice@atlanta.com?subject=project%20x', 'sips:?@atlanta.com', 'sips:alice@atlanta.com'],
    [
      'sip:+1-212-555-1212:1234@gateway.com;user=phone',
      'sip:?@gateway.com',
      'sip:+1-212-555-1212:?@gateway.com;user=phone',
    ],
    ['sip:alice;day=tuesday@Atlanta.com', 'sip:?@Atlanta.com', 'sip:alice;day=tuesday@Atlanta.com'],
    ['sip:[2001:db8::10]:5070;lr', 'sip:[2001:db8::10]:5070', 'sip:[2001:db8::10]:5070;lr'],
    ['tel:+1-201-555-0123', 'tel:?', 'tel:+1-201-555-0123'],
  ])('%s', (uri, redacted, open) => {
    expect([told(uri, true), told(uri, false)]).toEqual([redacted, open]);
    expect(host_of(uri)).toBe(
      /^tel/.test(uri)
        ? ''
        : /@?(\[[^\]]*\]|[^@:;?]*)(?:[:;?][^@]*)?$/.exec(uri.slice(4))![1]!.toLowerCase().replace(/^:/, ''),
    );
  });

  it('who could be meant', () => {
    const score = (text: string) => infer(Buffer.from(text, 'latin1'), 0, text.length, TO_SERVER);
    expect(score(request('INVITE', 1))).toMatchObject({ score: 3, says: 'either' });
    expect(score('SIP/2.0 200 OK\r\n')).toMatchObject({ score: 3 });
    expect(score('INVI')).toMatchObject({ more: true });
    expect(score('OPTIONS * RTSP/1.0\r\n').score).toBe(0);
    expect(score('OPTIONS / HTTP/1.1\r\n').score).toBe(0);
    expect(score('GET sip:a SIP/2.0\r\n').score).toBe(2);
  });
});
