import { expect, it } from 'vitest';
import { type Direction, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import type { FuzzPiece } from '../testing/damage.ts';
import { FUZZ_TIMEOUT_MS, type FuzzCapture, fuzz } from '../testing/mutate.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const sent = (direction: Direction, text: string): FuzzPiece => ({
  direction,
  bytes: new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex')),
});
const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
const ASCII_TAIL = [
  sent(TO_SERVER, `0020 ${hex('0200')} 2020000000800000 ${hex('000000777777TERM9999')} `),
  sent(TO_CLIENT, `0022 ${hex('0210')} 2020000002800000 ${hex('00000077777751TERM9999')}`),
];
const HEX_TAIL = [
  sent(TO_SERVER, hex('00400200' + '2020000000800000' + '000000777777TERM9999')),
  sent(TO_CLIENT, hex('00420210' + '2020000002800000' + '00000077777751TERM9999')),
];
const packed = (stan: string): FuzzPiece[] => [
  sent(TO_SERVER, `0023 6000030000 603100310100 0800 2020000000800000 000000 ${stan} 3330303030303031`),
  sent(TO_CLIENT, `0025 6000000003 603100310100 0810 2020000002800000 000000 ${stan} 3030 3330303030303031`),
];

export function captures(): FuzzCapture[] {
  const recorded = (name: string) => load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
  return [
    { name: 'ascii', pieces: recorded('ascii'), tail: ASCII_TAIL },
    { name: 'hex', pieces: recorded('hex'), tail: HEX_TAIL },
    { name: 'packed', pieces: ['000001', '000002', '000003'].flatMap(packed), tail: packed('777777') },
  ];
}

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures: captures() });
  expect(report.recovered).toBeGreaterThan(report.rounds / 4);
});
