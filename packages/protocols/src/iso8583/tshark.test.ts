// The recordings, and packed messages, as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load, type Piece } from '../testing/record.ts';
import { dissect, no_tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const FIELDS = ['iso8583.mti', 'iso8583.bit11', 'iso8583.bit39', 'iso8583.bit37', 'iso8583.bit3', 'iso8583.bit70'];
const BINARY = ['iso8583.len_endian:Big endian', 'iso8583.binencode:Bin data not encoded'];

const framed = (direction: 0 | 1, hex: string): Piece => {
  const body = hex.replaceAll(' ', '');
  return {
    direction,
    bytes: new Uint8Array(Buffer.from((body.length / 2).toString(16).padStart(4, '0') + body, 'hex')),
  };
};
/** Digits two to a byte; lengths too. Track data is left out: tshark takes it for characters. */
const packed: Piece[] = [
  framed(TO_SERVER, '0800 0220010000800000 1124150000 000041 0001 3030303030303031'),
  framed(TO_CLIENT, '0810 0220010002800000 1124150000 000041 0001 3030 3030303030303031'),
  framed(
    TO_SERVER,
    '0200 7024048000C09000 16 4761739001010119 003000 000000012345 000042 2812 0051 00 3030303030303031' +
      '534850305F30303030303030303031 343034 7434F67813BAE545',
  ),
  framed(TO_CLIENT, '0210 3020000002800000 003000 000000012345 000042 3535 3030303030303031'),
];

it.skipIf(no_tshark).each([
  ['ascii', load(new URL('captures/ascii.json', import.meta.url))[0]!, BINARY],
  ['packed', packed, [...BINARY, 'iso8583.charset:Digits represented in nibbles']],
] as const)('%s: as many messages, with the same fields', (_, pieces, preferences) => {
  const packets = dissect(pieces, FIELDS, 'iso8583', { port: 8583, preferences });
  const [types, stans, codes, references, processing, management] = FIELDS.map((_field, i) =>
    packets.flatMap(({ values }) => values[i]!),
  );
  const { messages } = play([protocol], pieces);
  expect(messages.length).toBeGreaterThan(3);
  expect(messages.map((m) => m.request_type)).toEqual(types);
  expect(messages.map((m) => String(m.request_id! % 1_000_000).padStart(6, '0'))).toEqual(stans);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  expect(responses.map((m) => (m.response_result ?? m.response_exception ?? '').slice(0, 2))).toEqual(codes);
  expect(messages.flatMap((m) => m.x_request_id ?? [])).toEqual(references);
  const resources = messages.flatMap((m) => m.request_resource ?? []);
  expect(resources.filter((code) => code.length === 6)).toEqual(processing);
  expect(resources.filter((code) => code.length === 3)).toEqual(management);
});
