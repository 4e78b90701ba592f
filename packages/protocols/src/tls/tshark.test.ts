// The recordings as tshark reads them.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load, type Piece } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { cipher_name } from './ciphers.ts';
import { alert_name, version_name } from './messages.ts';
import { protocol } from './parse.ts';

/** Of more application protocols than these, the first are told. */
const PROTOCOLS_MAX = 16;
const FOLDER = join(import.meta.dirname, 'captures');
const connections = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json') && file !== 'no-tls.json')
  .flatMap((file) => load(join(FOLDER, file)).map((pieces, i): [string, Piece[]] => [`${file} ${i}`, pieces]))
  .filter(([, pieces]) => pieces.some((piece) => piece.direction === TO_SERVER));

const attribute = (message: Message | undefined, name: string): string =>
  message?.attribute_values?.[message.attribute_names?.indexOf(name) ?? -1] ?? '';

/** What tshark says of the handshake's fields; only of messages in the clear. */
function second_opinion(pieces: readonly Piece[]) {
  const fields = {
    types: 'tls.handshake.type',
    names: 'tls.handshake.extensions_server_name',
    alpn: 'tls.handshake.extensions_alpn_str',
    // Of the ServerHello alone: a ClientHello has suites in the plural under the same name, listed before it.
    suites: 'tls.handshake.ciphersuite',
    versions: 'tls.handshake.extensions.supported_version',
    legacy_versions: 'tls.handshake.version',
    alerts: 'tls.alert_message.desc',
    dns_names: 'x509ce.dNSName',
    dates: 'x509af.utcTime',
  };
  const values = tshark(pieces, Object.values(fields), 'tls', 4433);
  return Object.fromEntries(Object.keys(fields).map((key, i) => [key, values[i]!])) as Record<
    keyof typeof fields,
    string[]
  >;
}

describe.skipIf(no_tshark)('as tshark reads it', () => {
  it.each(connections)('%s', (_name, pieces) => {
    const theirs = second_opinion(pieces);
    const { messages } = play([protocol], pieces);
    const request = messages.find((m) => m.type === MESSAGE_TYPE.request);
    const response = messages.findLast((m) => m.type === MESSAGE_TYPE.response);
    // A second ClientHello answers a HelloRetryRequest.
    const hellos = theirs.types.filter((type) => type === '1').length;
    expect(hellos).toBe(attribute(response, 'hello_retry_request') === 'true' ? 2 : 1);
    expect(request?.request_domain ?? '').toBe(theirs.names[0] ?? '');
    const server_hello = theirs.types.includes('2');
    const offered = attribute(request, 'alpn_offered')
      .split(',')
      .filter((name) => name !== '');
    expect(theirs.alpn.slice(0, offered.length)).toEqual(offered);
    if (server_hello) {
      const suite = Number(theirs.suites.at(-1));
      expect(attribute(response, 'cipher_suite')).toBe(cipher_name(suite));
      // Suites of TLS 1.3 are its own, and only its ServerHello has the extension.
      const version = suite >> 8 === 0x13 ? theirs.versions.at(-1) : theirs.legacy_versions.at(-1);
      expect(response?.version).toBe(version_name(Number(version)));
      const chosen = theirs.alpn.slice(offered.length);
      if (offered.length < PROTOCOLS_MAX) expect(attribute(response, 'alpn')).toBe(chosen[0] ?? '');
    }
    // What follows the end of the handshake, or is encrypted, has no name for tshark either.
    const named = theirs.alerts.map((alert) => alert_name(Number(alert)));
    const exception = response?.response_exception;
    const said = exception !== undefined && !/^encrypted|^the end/.test(exception);
    if (said) expect(named).toContain(exception);
    else expect(named).toEqual([]);
    if (!theirs.types.includes('11')) return;
    const names = (
      attribute(response, 'server_cert_san') + (response ? `,${attribute(response, 'client_cert_san')}` : '')
    )
      .split(',')
      .filter((name) => name.startsWith('DNS:'))
      .map((name) => name.slice(4));
    expect(theirs.dns_names).toEqual(names);
    for (const date of ['server_cert_not_before', 'server_cert_not_after']) {
      const [day, time] = attribute(response, date).slice(2, -1).split('T');
      expect(theirs.dates.some((theirs_) => theirs_.includes(`${day} ${time}`))).toBe(true);
    }
  });

  it('names of all cipher suites', () => {
    const listed = execFileSync('tshark', ['-G', 'values'], {
      encoding: 'utf8',
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const suites = listed.split('\n').flatMap((line) => {
      const [, field, value, name] = line.split('\t');
      return field === 'tls.handshake.ciphersuite' && name?.startsWith('TLS_') ? [[Number(value), name] as const] : [];
    });
    expect(suites.length).toBeGreaterThan(300);
    // Private numbers of Google's and Salsa20's drafts are in no registry.
    const registered = suites.filter(([value]) => value < 0xe000 && (value < 52_243 || value > 52_245));
    for (const [value, name] of registered) expect(cipher_name(value)).toBe(name);
  });
});
