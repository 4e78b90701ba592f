// The same bytes through tshark: methods, codes and Call-IDs of all messages.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/tcp.json', import.meta.url));
const peers = load(new URL('captures/udp.json', import.meta.url));

describe.skipIf(no_tshark)('sip, compared with tshark', () => {
  it.each([0, 1, 2, 3])('connection %i', (i) => {
    const pieces = connections[i]!;
    const { messages } = play([protocol], pieces);
    const fields = ['sip.Method', 'sip.Status-Code', 'sip.Call-ID', 'sip.r-uri.host'];
    const [methods, codes, call_ids, hosts] = tshark(pieces, fields, 'sip') as [
      ...[string[], string[], string[], string[]],
    ];
    const asked = messages.filter((m) => m.type !== MESSAGE_TYPE.response);
    expect(asked.map((m) => m.request_type)).toEqual(methods);
    expect(asked.map((m) => m.request_domain)).toEqual(hosts);
    expect(messages.flatMap((m) => (m.response_code === undefined ? [] : [String(m.response_code)]))).toEqual(codes);
    expect(messages.map((m) => m.x_request_id)).toEqual(call_ids);
  });

  it.each([0, 1, 2, 3, 4])('datagrams of peer %i', (i) => {
    const pieces = peers[i]!;
    const { messages } = play([protocol], pieces, {}, { transport: 'udp' });
    const packets = dissect(pieces, ['sip.Method', 'sip.Status-Code'], 'sip', { transport: 'udp' });
    const [methods, codes] = [0, 1].map((at) => packets.flatMap(({ values }) => values[at]!)) as [string[], string[]];
    const asked = messages.filter((m) => m.type !== MESSAGE_TYPE.response).map((m) => m.request_type);
    const said = messages.flatMap((m) => (m.response_code === undefined ? [] : [String(m.response_code)]));
    // The last call's INVITE and its 200 came twice, which is told once.
    const once = (all: string[]) => (i === 4 ? all.slice(1) : all);
    expect(asked).toEqual(once(methods));
    expect(said).toEqual(once(codes));
  });
});
