// The same bytes through tshark: commands in their order, and as many responses of each kind.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const recorded = (name: string, i: number) => load(new URL(`captures/${name}.json`, import.meta.url))[i]!;
const CONNECTIONS = [...[0, 1, 2, 3, 4].map((i) => ['poplib', i] as const), ['node-pop3', 0] as const];

describe.skipIf(no_tshark)('pop3, compared with tshark', () => {
  it.each(CONNECTIONS)('%s %i', (name, i) => {
    const pieces = recorded(name, i);
    const { messages } = play([protocol], pieces);
    const fields = ['pop.request.command', 'pop.response.indicator'];
    const [commands, indicators] = tshark(pieces, fields, 'pop') as [string[], string[]];
    const asked = messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => m.request_type!);
    const said = messages.filter((m) => m.type !== MESSAGE_TYPE.request);
    // It does not look behind the first line of an event, and takes the lines of a login for commands.
    const first = (_: unknown, at: number) => name !== 'poplib' || i !== 0 || at < 18;
    const words = commands.filter((word) => /^[A-Z]{4}$|^TOP$|^XBOGUS$/.test(word));
    expect(asked.filter(first).map((verb) => (verb === 'UNKNOWN' ? 'XBOGUS' : verb))).toEqual(words.filter(first));
    const indicator = (status: number | undefined) => (status === STATUS.ok ? '+OK' : '-ERR');
    // "+" alone is an indicator to it now and then only.
    const told = said.filter((m) => m.interim !== true).map((m) => indicator(m.response_status));
    expect(told.filter(first)).toEqual(indicators.filter(first));
  });
});
