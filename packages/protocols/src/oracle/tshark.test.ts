// The recordings as tshark reads them.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { CALLS } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = [
  'tns.type',
  'tns.data_id',
  'tns.data_oci.id',
  'tns.data_piggyback.id',
  'tns.version',
  'tns.marker.databyte',
  'tns.connect_data',
  'tns.refuse_data',
  'tns.redirect_data',
];
const RESEND = '11';
const AGREEING = new Set(['Connect', 'Protocol negotiation', 'Data type negotiation', 'Native network services']);

describe.skipIf(no_tshark).each([
  ['node', 0],
  ['node', 1],
  ['node', 2],
  ['newest', 2],
  ['python', 0],
  ['redirected', 0],
  ['redirected', 1],
] as const)('%s %i', (name, n) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[n]!;
  const [types, ids, calls, riding, versions, markers, descriptors, refusals, redirects] = tshark(
    pieces,
    FIELDS,
    'tns',
    1521,
  ) as [string[], string[], string[], string[], string[], string[], string[], string[], string[]];
  const { messages } = play([protocol], pieces);
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);

  it('the same calls', () => {
    const names = requests.map((m) => m.request_type!).filter((type) => !AGREEING.has(type));
    // What begins with a call that rides along tshark names by that, and the fast login by nothing.
    const alone = calls.map((code) => CALLS.get(Number(code))!);
    const rest = [...names];
    for (const call of alone) {
      expect(rest).toContain(call);
      rest.splice(rest.indexOf(call), 1);
    }
    const fast = name === 'newest' ? 1 : 0;
    expect(rest).toHaveLength(riding.length + fast);
    // Both sides begin by as many negotiations.
    const negotiations = requests.filter((m) => /negotiation/.test(m.request_type!)).length;
    expect(ids.filter((id) => id === '0x01' || id === '0x02').length - fast).toBe(2 * negotiations);
    expect(responses).toHaveLength(requests.length);
  });

  it('the same versions, services and refusals', () => {
    const again = types.filter((type) => type === RESEND).length;
    const told = messages.flatMap((m) => (m.version === undefined ? [] : [m.version]));
    expect(told).toEqual(versions.slice(again));
    for (const message of requests.filter((m) => m.request_type === 'Connect')) {
      expect(descriptors.at(-1)).toContain(`(SERVICE_NAME=${message.request_domain})`);
      expect(descriptors.at(-1)).toContain(`(USER=${message.attribute_values!.at(-1)})`);
    }
    const codes = responses
      .filter((_, i) => requests[i]!.request_type === 'Connect')
      .flatMap((m) => m.response_code ?? []);
    expect(codes.map((code) => `(ERR=${code})`)).toEqual(refusals.map((text) => /\(ERR=\d+\)/.exec(text)![0]));
    expect(responses.filter((m) => m.response_result !== undefined)).toHaveLength(redirects.length);
  });

  it('as many breaks', () => {
    const breaks = messages.filter((m) => m.request_type === 'Break');
    expect(breaks).toHaveLength(markers.filter((byte) => byte === '0x03').length);
  });
});
