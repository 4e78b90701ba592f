import { describe, expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { MESSAGE_TYPE, type Message, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

// Recorded from OpenSSL, GnuTLS, Node.js and sslscan; see captures/make.mjs.
const capture = (name: string): PlayedPiece[][] => load(new URL(`captures/${name}.json`, import.meta.url));
const NOW_S = Date.UTC(2027, 0, 1) / 1000;
const run = (pieces: readonly PlayedPiece[], ends = true) => {
  const played = play(protocol_list, pieces, { now_s: () => NOW_S });
  for (const direction of ends ? ([TO_SERVER, TO_CLIENT] as const) : []) played.conversation.end(direction);
  return played;
};
const bytes_of = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({ direction, bytes: bytes_of(text) });

const attribute = (message: Message | undefined, name: string): string | undefined =>
  message?.attribute_values?.[message.attribute_names?.indexOf(name) ?? -1];
const final = (messages: readonly Message[]): Message | undefined =>
  messages.find((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);

/** Outcome, version, suite, group, resumption, chosen protocol. */
function summary(pieces: readonly PlayedPiece[]): string {
  const { messages, conversation } = run(pieces);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(conversation.state).toBe('encrypted');
  expect(messages.filter((m) => m.type === MESSAGE_TYPE.request)).toHaveLength(1);
  expect(messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true)).toHaveLength(1);
  const response = final(messages)!;
  const { response_status, response_exception = '', version = '-' } = response;
  const names = ['cipher_suite', 'key_share_group', 'session_resumed', 'alpn'];
  const told = names.map((name) => attribute(response, name) ?? '-').join(' ');
  return `${response_status} ${response_exception}| ${version} ${told}`;
}

const [AES13, AES12] = ['TLS_AES_256_GCM_SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'];
const CBC = 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA';

describe('tls, recorded from real peers', () => {
  it.each([
    ['tls13', [`0 | 1.3 ${AES13} x25519 false -`]],
    ['tls13-plain', [`0 | 1.3 ${AES13} x25519 false -`]],
    ['tls13-retry', [`0 | 1.3 ${AES13} secp384r1 false -`]],
    ['tls13-resumed', [`0 | 1.3 ${AES13} x25519 false -`, `0 | 1.3 ${AES13} x25519 true -`]],
    ['tls13-early', [`0 | 1.3 ${AES13} x25519 false -`, `0 | 1.3 ${AES13} x25519 true -`]],
    // The server refuses a client without certificate; in TLS 1.3 nobody else can read how it says so.
    ['tls13-mutual', [`0 | 1.3 ${AES13} x25519 false -`, `3 encrypted alert| 1.3 ${AES13} x25519 false -`]],
    ['tls13-unknown-ca', [`4 unknown_ca| 1.3 ${AES13} x25519 false -`]],
    ['tls12', [`0 | 1.2 ${AES12} x25519 false http/1.1`]],
    ['tls12-resumed', [`0 | 1.2 ${AES12} x25519 false -`, `0 | 1.2 ${AES12} - true -`]],
    ['tls12-mutual', [`0 | 1.2 ${AES12} x25519 false -`, `3 handshake_failure| 1.2 ${AES12} x25519 false -`]],
    ['tls12-unknown-ca', [`4 unknown_ca| 1.2 ${AES12} x25519 - -`]],
    ['tls12-rsa', ['0 | 1.2 TLS_RSA_WITH_AES_256_GCM_SHA384 - false -']],
    ['tls12-dhe', ['0 | 1.2 TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256 - false -']],
    ['tls12-psk', ['0 | 1.2 TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256 x25519 false -']],
    ['tls11', [`0 | 1.1 ${CBC} x25519 false -`]],
    ['tls10', [`0 | 1.0 ${CBC} x25519 false -`]],
    ['fragments', [`0 | 1.2 ${AES12} x25519 false -`]],
    ['alert-version', ['3 protocol_version| - - - - -']],
    ['alert-cipher', ['3 handshake_failure| - - - - -']],
    ['alert-alpn', ['3 no_application_protocol| - - - - -']],
    ['alert-name', ['3 unrecognized_name| - - - - -']],
    // A warning ends nothing.
    ['warning-name', [`0 unrecognized_name| 1.2 ${AES12} x25519 false -`]],
  ])('%s', (name, expected) => {
    expect(capture(name).map(summary)).toEqual(expected);
  });

  it('GnuTLS', () => {
    const ecdsa = (rest: string) => `TLS_ECDHE_ECDSA_WITH_AES_256_${rest}`;
    expect(capture('gnutls').map(summary)).toEqual([
      `0 | 1.3 ${AES13} secp256r1 false -`,
      `0 | 1.2 ${ecdsa('GCM_SHA384')} secp256r1 false -`,
      `0 | 1.0 ${ecdsa('CBC_SHA')} secp256r1 false -`,
      `0 | 1.2 ${ecdsa('GCM_SHA384')} secp256r1 false -`,
    ]);
    const [request] = run(capture('gnutls')[1]!).messages;
    expect([request?.request_domain, attribute(request, 'alpn_offered')]).toEqual(['ecdsa.example', 'h2']);
  });

  it('hellos in the format of SSL 2.0 and of SSL 3.0', () => {
    const asked = capture('sslscan').filter((pieces) => pieces.length > 1);
    expect(asked.map(([first]) => first!.bytes[0])).toEqual([0x80, 22]);
    expect(asked.map(summary)).toEqual(['3 protocol_version| - - - - -', '3 handshake_failure| - - - - -']);
  });

  it('Node.js; a client that leaves after the answer', () => {
    const [old, recent, left] = capture('node');
    expect([old!, recent!].map(summary)).toEqual([
      '0 | 1.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 x25519 false http/1.1',
      `0 | 1.3 ${AES13} x25519 false -`,
    ]);
    expect(run(left!).messages.map((m) => [m.type, m.unfinished])).toEqual(
      left!.length > 1
        ? [
            [0, undefined],
            [1, true],
          ]
        : [[0, undefined]],
    );
  });

  it('takes two bytes for an alert only where nothing follows', () => {
    const refused = capture('tls13-mutual')[1]!;
    expect(final(run(refused, false).messages)).toBeUndefined();
    const goes_on: PlayedPiece[] = [...refused, refused.at(-1)!];
    expect(final(run(goes_on, false).messages)).toMatchObject({ response_status: 0, begin_ns: 3000 });
  });

  it('a server that speaks something else', () => {
    const { messages, conversation } = run(capture('no-tls')[0]!);
    expect(messages.map((m) => m.response_exception ?? m.request_type)).toEqual([
      'ClientHello',
      'the answer is not TLS',
      'Bad Request',
    ]);
    expect(conversation.protocol?.card.name).toBe('http1');
  });

  it('names, dates and fields of the first certificates', () => {
    const { messages } = run(capture('tls12-mutual')[0]!);
    const [request] = messages;
    expect(request).toMatchObject({ request_domain: 'shop.example', request_resource: 'shop.example' });
    const response = final(messages)!;
    const told = Object.fromEntries(response.attribute_names!.map((name, i) => [name, response.attribute_values![i]]));
    expect(told).toMatchObject({
      server_cert_subject: 'OU=web+CN=shop.example,O=Läden #1,DC=example',
      server_cert_issuer: 'CN=Shop Root,O=Shop\\, Inc.,C=DE',
      server_cert_san:
        'DNS:shop.example,DNS:*.shop.example,IP:127.0.0.1,IP:2001:db8:0:0:0:0:0:1,URI:https://shop.example/,email:a@shop.example',
      client_cert_subject: 'emailAddress=buyer@shop.example,CN=buyer 7',
      client_cert_san: 'DNS:buyer.example',
    });
    const not_after_s = Date.parse(told.server_cert_not_after!) / 1000;
    expect(not_after_s - Date.parse(told.server_cert_not_before!) / 1000).toBe(90 * 86_400);
    expect(Number(told.server_cert_valid_days)).toBeCloseTo((not_after_s - NOW_S) / 86_400, 1);
    expect(response.response_result).toBe(
      'ServerHello|Certificate|ServerKeyExchange|CertificateRequest|ServerHelloDone|NewSessionTicket',
    );
    const { messages: without_clock } = play([protocol], capture('tls12-mutual')[0]!);
    expect(attribute(final(without_clock), 'server_cert_valid_days')).toBeUndefined();
  });

  it('the whole handshake is timed, and what is known of it told when no end comes', () => {
    const pieces = capture('tls12')[0]!;
    const [request, interim, response] = run(pieces).messages;
    const finished = pieces.findIndex((p, i) => i > 2 && p.direction === TO_CLIENT);
    expect([request?.begin_ns, response?.begin_ns]).toEqual([1000, (finished + 1) * 1000]);
    expect(interim).toMatchObject({ interim: true, unfinished: true, version: '1.2', begin_ns: 2000 });
    expect(interim?.response_exception).toBe('the end of the handshake was not seen');
  });

  it.each(['tls13', 'tls12-mutual', 'tls13-mutual', 'fragments', 'tls13-retry', 'sslscan', 'gnutls'])(
    '%s gives the same however it is cut',
    (name) => {
      for (const pieces of capture(name).filter((p) => p.length > 1)) {
        const whole = summary(pieces);
        for (const size of [1, 5, 100]) {
          const small = pieces.flatMap(({ direction, bytes }) =>
            Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => ({
              direction,
              bytes: bytes.slice(i * size, (i + 1) * size),
            })),
          );
          expect(summary(small), `${size} bytes at a time`).toBe(whole);
        }
      }
    },
  );

  it('reads what was captured of a message that is cut off', () => {
    const pieces = capture('tls12')[0]!.map((p) => ({
      ...p,
      bytes: p.bytes.slice(0, 700),
      true_length: p.bytes.length,
    }));
    const { messages, conversation } = run(pieces);
    expect(conversation.state).toBe('encrypted');
    expect(attribute(final(messages), 'server_cert_subject')).toContain('shop.example');
    expect(attribute(final(messages), 'server_cert_san')).toBeUndefined();
  });

  it('takes the roles from the hellos where TCP has them the other way round', () => {
    const pieces = capture('tls12')[0]!.map((p) => ({ ...p, direction: p.direction === 0 ? 1 : 0 }) as const);
    const { messages, conversation } = play([protocol], pieces, {}, { hint: 'tls' });
    expect(messages.map((m) => [m.type, m.response_status])).toEqual([
      [0, undefined],
      [1, 5],
      [1, 0],
    ]);
    expect(conversation.state).toBe('encrypted');
  });
});

describe('the connection around the handshake', () => {
  const hello = capture('tls12')[0]!;

  it('is left encrypted with the same bytes unread as before, also where its parser is not allowed', () => {
    const others = protocol_list.filter((p) => p !== protocol);
    const { messages, conversation } = play(others, hello);
    expect([messages, conversation.state]).toEqual([[], 'encrypted']);
  });

  it('is read after PostgreSQL agreed', () => {
    const pieces = load(new URL('../postgresql/captures/tls.json', import.meta.url))[0]!;
    const { messages, conversation } = run(pieces);
    expect(conversation.state).toBe('encrypted');
    const told = messages.map((m) => m.request_type ?? m.version);
    expect(told).toEqual(['ClientHello', '1.3', '1.3']);
  });

  it('is read after MySQL and LDAP agreed', () => {
    const greeting = `49000000 0a 382e302e30 00 01000000 ${'61'.repeat(8)} 00 ffff ff 0200 ffdf 15 ${'00'.repeat(10)} ${'62'.repeat(12)} 00 6d7973716c5f6e61746976655f70617373776f726400`;
    const ssl_request = `20000001 05aea20f 00000001 ff ${'00'.repeat(23)}`;
    const mysql = run([hex(TO_CLIENT, greeting), hex(TO_SERVER, ssl_request), ...hello]);
    expect(final(mysql.messages)).toMatchObject({ response_status: 0, version: '1.2' });
    const start_tls = '301d 020101 7718 8016 312e332e362e312e342e312e313436362e3230303337';
    const ldap = run([hex(TO_SERVER, start_tls), hex(TO_CLIENT, '300c 020101 7807 0a0100 0400 0400'), ...hello]);
    expect(ldap.messages.at(-1)).toMatchObject({ response_status: 0, version: '1.2' });
    expect([mysql.conversation.state, ldap.conversation.state]).toEqual(['encrypted', 'encrypted']);
  });

  it('is encrypted, not unknown, when what was agreed upon is no TLS', () => {
    const token = [0, 1, 0, 1, 0, 1].map((direction) => hex(direction as 0 | 1, `00000200 ${'60'.repeat(512)}`));
    const { messages, conversation } = run([hex(TO_SERVER, '00000008 04d21630'), hex(TO_CLIENT, '47'), ...token]);
    expect([messages, conversation.state]).toEqual([[], 'encrypted']);
  });

  it('its alert of the middle, its answers alone, its records without end', () => {
    const alone = play([protocol], hello.slice(1), {}, { from_start: false, on_flip: () => undefined });
    expect(final(alone.messages)).toMatchObject({ response_status: 0, version: '1.2' });
    const endless = [
      ...capture('tls13')[0]!.slice(0, 2),
      ...Array.from({ length: 80 }, () => hex(TO_CLIENT, '1703030002 aabb')),
    ];
    const { messages, conversation } = run(endless);
    expect(conversation.state).toBe('encrypted');
    expect(final(messages)).toMatchObject({ response_status: 5, version: '1.3' });
  });
});

describe('infer', () => {
  it.each([
    ['16 0301', 0, true],
    ['16 0301 0200', 3, undefined],
    ['16 0301 0200 01 0001fc 0303', 3, undefined],
    ['16 0303 007a 02 000076 0303', 3, undefined],
    // Too long, no hello, a hello too short, a version that none has, application data.
    ['16 0301 ffff 01', 0, undefined],
    ['16 0301 0200 0b 0001fc', 0, undefined],
    ['16 0301 0200 01 000010', 0, undefined],
    ['16 0301 0200 01 0001fc 0203', 0, undefined],
    ['16 0201 0200 01', 0, undefined],
    ['17 0303 0200 01', 0, undefined],
    ['80 34', 0, true],
    ['80 34 01 0002 001b 0000 0010', 3, undefined],
    ['80 35 01 0002 001b 0000 0010', 0, undefined],
    ['80 34 02', 0, undefined],
  ])('%s: score %i', (text, score, more) => {
    const bytes = bytes_of(text);
    const guess = infer(bytes, 0, bytes.length);
    expect([guess.score, guess.more]).toEqual([score, more]);
  });
});
