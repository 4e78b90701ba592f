// The recordings as tshark reads them.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const of_type = (messages: readonly Message[], response: boolean) =>
  messages.filter((m) => (m.type === MESSAGE_TYPE.response) === response);

describe.skipIf(no_tshark)('the binary protocol', () => {
  const FIELDS = ['memcache.opaque', 'memcache.opcode', 'memcache.status', 'memcache.key'];
  const STAT = '16';

  it.each([
    ['binary', 0],
    ['binary', 1],
    ['quiet', 0],
  ] as const)('%s %i: the same requests and responses', (name, n) => {
    const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[n]!;
    const packets = dissect(pieces, FIELDS, 'memcache', { port: 11_211 });
    const { messages } = play([protocol], pieces, { redact: false });
    const asked = of_type(messages, false);
    const [sent, , , keys] = of_direction(packets, TO_SERVER, FIELDS.length) as string[][];
    const [came, kinds, codes] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
    expect(asked.map((m) => String(m.request_id))).toEqual(sent);
    expect(asked.flatMap((m) => m.request_resource!.split(' ')[1] ?? [])).toEqual(keys);
    // Statistics are one answer, each value a packet of its own; quiet commands are answered by silence, which is an
    // answer without code.
    const last = (i: number): boolean => kinds![i] !== STAT || kinds![i + 1] !== STAT;
    const answered = of_type(messages, true).filter((m) => m.response_code !== undefined);
    expect(answered.map((m) => String(m.request_id))).toEqual(came!.filter((_, i) => last(i)));
    expect(answered.map((m) => String(m.response_code))).toEqual(codes!.filter((_, i) => last(i)));
    expect(of_type(messages, true)).toHaveLength(asked.filter((m) => m.one_way !== true).length);
  });
});

describe.skipIf(no_tshark)('the text protocol', () => {
  const FIELDS = ['memcache.command', 'memcache.response'];
  /** tshark 4.0 does not know these commands, and of several in one segment reads the first. */
  const UNKNOWN = ['touch', 'gat', 'version'];
  const pieces = load(new URL('captures/text.json', import.meta.url))[0]!;

  it('the same commands and results', () => {
    const { messages } = play([protocol], pieces, { redact: false });
    const [commands] = of_direction(dissect(pieces, FIELDS, 'memcache', { port: 11_211 }), TO_SERVER, 2) as string[][];
    const asked = of_type(messages, false).map((m) => m.request_type!);
    const pipelined = asked.indexOf('delete') + 1;
    const told = [...asked.slice(0, pipelined), ...asked.slice(pipelined + 3)];
    expect(asked.slice(pipelined, pipelined + 3)).toEqual(['get', 'get', 'version']);
    expect(told.filter((name) => !UNKNOWN.includes(name))).toEqual(commands);
    const [, results] = of_direction(dissect(pieces, FIELDS, 'memcache', { port: 11_211 }), TO_CLIENT, 2) as string[][];
    const words = of_type(messages, true).map((m) => m.response_result);
    // What ends with END after values counts as VALUE or STAT here; tshark lists a lone END only.
    for (const word of new Set(results)) expect(words, word).toContain(word);
    expect(words.filter((word) => word === 'STORED')).toHaveLength(results!.filter((word) => word === 'STORED').length);
  });
});
