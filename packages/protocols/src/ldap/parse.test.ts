import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, type PlayedPiece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { infer } from './infer.ts';
import { protocol } from './parse.ts';

// Recorded from OpenLDAP's server and clients.
const connections = load(new URL('captures/openldap.json', import.meta.url));
const bytes_of = (hex: string) => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const hex = (direction: 0 | 1, text: string): PlayedPiece => ({ direction, bytes: bytes_of(text) });

describe('ldap, recorded from a real server', () => {
  it('tells each operation and its result', () => {
    const told = connections.flatMap((pieces) => {
      const { messages, conversation } = play([protocol], pieces);
      expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
      return messages
        .filter((m) => m.type === MESSAGE_TYPE.request && m.request_type !== 'bind')
        .map((m) => {
          const answer = messages.find((r) => r.type === MESSAGE_TYPE.response && r.request_id === m.request_id);
          const said = answer?.response_exception ?? '';
          return `${m.request_type} ${m.request_resource}: ${answer?.response_status} ${answer?.response_code} ${said}`.trim();
        });
    });
    expect(told).toEqual([
      'add dc=shop: 0 0',
      'add cn=a,dc=shop: 0 0',
      'add cn=b,dc=shop: 0 0',
      'add cn=a,dc=shop: 4 68 entryAlreadyExists',
      'search dc=shop sub (&(objectClass=?)(|(sn=?)(sn=?*?*?)(!(cn=?))(sn>=?))): 0 0',
      'search dc=nowhere base (cn=*): 4 32 noSuchObject',
      'compare cn=a,dc=shop: 0 6',
      'modify cn=a,dc=shop: 0 0',
      'modify DN cn=b,dc=shop: 0 0',
      'delete cn=c,dc=shop: 0 0',
      'extended 1.3.6.1.4.1.4203.1.11.3: 0 0',
    ]);
  });

  it('tells logins, never their passwords', () => {
    const all = connections.flatMap((pieces) => play([protocol], pieces, { redact: false }).messages);
    expect(all.filter((m) => m.request_type === 'bind')).toHaveLength(10);
    expect(all.at(-2)).toMatchObject({
      response_status: 4,
      response_code: 49,
      response_exception: 'invalidCredentials',
    });
    expect(all.at(-1)).toMatchObject({ type: MESSAGE_TYPE.session, one_way: true, request_type: 'unbind' });
    const text = JSON.stringify(all);
    expect(text).not.toContain('hidden-word');
    expect(text).toContain('(sn=sec*val*e)');
    expect(JSON.stringify(connections.map((pieces) => play([protocol], pieces).messages))).not.toContain(
      'secret value',
    );
  });

  it('finds its place in the middle of a connection, and passes over what was not captured', () => {
    const [adds] = connections;
    const { messages } = play([protocol], adds!.slice(2), {}, { from_start: false });
    expect(messages.map((m) => m.request_type ?? '')).toEqual(['add', '', 'add', '', 'add', '', 'unbind']);
    const cut = adds!.map(({ direction, bytes }) => ({
      direction,
      bytes: bytes.subarray(0, 24),
      true_length: bytes.length,
    }));
    expect(play([protocol], cut).messages).toHaveLength(adds!.length);
  });
});

describe('ldap, by RFC 4511', () => {
  const start_tls = '301d 020101 7718 8016 312e332e362e312e342e312e313436362e3230303337';
  const done = '300c 020101 7807 0a0100 0400 0400';

  it('ends where the peers agree to encrypt', () => {
    const { messages, conversation } = play([protocol], [hex(TO_SERVER, start_tls), hex(TO_CLIENT, done)]);
    expect(messages.map(brief)).toEqual(['request | extended | 1.3.6.1.4.1.1466.20037', 'response | status 0']);
    expect(conversation.state).toBe('encrypted');
  });

  it.each([
    [start_tls, 3],
    // SNMP, another SEQUENCE that begins with a number; a bind of version 2; an operation longer than its message.
    ['3026 020101 0406 7075626c6963 a019 0204', 0],
    ['300c 020101 6007 020102 0400 8000', 0],
    ['300c 020101 7808 0a0100 0400 0400', 0],
    ['300c 020101 4c07 0a0100 0400 0400', 0],
  ])('%s: score %i', (text, score) => {
    const bytes = bytes_of(text);
    expect(infer(bytes, 0, bytes.length).score).toBe(score);
  });
});
