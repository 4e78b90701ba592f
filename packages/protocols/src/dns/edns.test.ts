// What dig and BIND say in their OPT records.
import { describe, expect, it } from 'vitest';
import { read_edns } from '../domain/edns.ts';
import { type_name } from '../domain/types.ts';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const pieces = load(new URL('captures/udp-edns.json', import.meta.url))[0]!;
const { messages } = play([protocol], pieces, {}, { transport: 'udp' });
const attributes = messages.map(({ attribute_names, attribute_values }) =>
  Object.fromEntries((attribute_names ?? []).map((name, i) => [name, attribute_values![i]])),
);
const asked = attributes.filter((_, i) => messages[i]!.type === MESSAGE_TYPE.request);
const answered = attributes.filter((_, i) => messages[i]!.type === MESSAGE_TYPE.response);

describe('EDNS, recorded from BIND', () => {
  it('nothing where there is none; version, size of datagrams and DO', () => {
    expect([asked[0], answered[0]]).toEqual([{}, {}]);
    expect(asked[1]).toEqual({ edns_version: '0', edns_udp_size: '512', edns_do: '0' });
    expect(asked[2]).toMatchObject({ edns_version: '0', edns_udp_size: '1232', edns_do: '1' });
  });

  it('subnets of clients, of both families and withheld', () => {
    const subnets = ['192.0.2.0/24', '2001:db8:1::/56', '0.0.0.0/0'];
    expect(asked.slice(2, 5).map((one) => one.edns_client_subnet)).toEqual(subnets);
    expect(answered.slice(2, 5).map((one) => one.edns_client_subnet)).toEqual(subnets);
  });

  it('cookies are told of, never told', () => {
    expect(asked.at(-1)?.edns_cookie).toBe('client');
    expect(answered.at(-1)?.edns_cookie).toBe('client+server');
    expect(JSON.stringify(messages)).not.toMatch(/0011223344556677/);
  });

  it('extended response codes and extended errors, by name', () => {
    const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
    expect(responses[5]).toMatchObject({
      response_code: 16,
      response_exception: 'BADVERS',
      response_status: STATUS.server_error,
    });
    expect(asked[5]?.edns_version).toBe('3');
    expect(responses[6]?.response_exception).toBe('REFUSED');
    expect(answered[6]?.edns_error).toBe('18 Prohibited');
    expect(responses[7]?.request_type).toBe('HHIT');
  });
});

describe('EDNS, by the specification', () => {
  const read = (...options: number[]) => read_edns(Uint8Array.from(options), 1232, 0x01008000, 0, options.length);

  it('options that are cut or wrong say nothing, the others stand', () => {
    expect(read()).toEqual({ version: 0, udp_bytes: 1232, dnssec_ok: true, rcode_high: 16 });
    expect(read(0, 8, 0, 5, 0, 1, 33, 0, 1, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8)).toMatchObject({ cookie: 'client' });
    expect(read(0, 15, 0, 4, 0, 6, 111, 107, 0, 8, 0, 200)).toMatchObject({ error: '6 DNSSEC Bogus ok' });
    expect(read(0, 15, 0, 2, 3, 231)).toMatchObject({ error: '999' });
  });

  // RFC 3597 section 5 for what has no name.
  it.each([
    [41, 'OPT'],
    [64, 'SVCB'],
    [65, 'HTTPS'],
    [66, 'DSYNC'],
    [67, 'HHIT'],
    [68, 'BRID'],
    [109, 'EUI64'],
    [128, 'NXNAME'],
    [249, 'TKEY'],
    [261, 'RESINFO'],
    [264, 'IPN'],
    [32769, 'DLV'],
    [54, 'TYPE54'],
    [65280, 'TYPE65280'],
  ])('type %i is %s', (type, name) => {
    expect(type_name(type)).toBe(name);
  });
});
