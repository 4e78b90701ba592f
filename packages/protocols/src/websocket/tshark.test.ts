// The recording as tshark reads it.
import { expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';

it.skipIf(no_tshark)('as many messages, of the same kinds', () => {
  const pieces = load(new URL('captures/chat.json', import.meta.url))[0]!;
  const [opcodes, finals] = tshark(pieces, ['websocket.opcode', 'websocket.fin'], 'http');
  const names: Record<string, string> = { 1: 'TEXT', 2: 'BINARY', 8: 'CLOSE' };
  expect(finals).toHaveLength(opcodes!.length);
  // tshark lists both closes; the second only answers the first.
  const expected = opcodes!.flatMap((opcode, i) => {
    const again = opcode === '8' && opcodes!.indexOf('8') < i;
    return names[opcode] === undefined || again ? [] : [names[opcode]];
  });
  const { messages } = play(protocol_list, pieces);
  expect(messages.slice(2).map((m) => m.request_type)).toEqual(expected);
});
