// The same bytes through tshark: the codes of all replies, and the commands that it reads.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const recorded = (name: string, i: number) => load(new URL(`captures/${name}.json`, import.meta.url))[i]!;

/** Where tshark 4.0 does not read all commands, and why; there the codes alone are compared. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'smtplib 6': 'a command that it does not know, and what follows the refusal of a message, are message text to it',
  'nodemailer 1': 'it shows four letters of STARTTLS',
  'chunking 0': 'a group that ends with BDAT is no command to it',
  'chunking 2': 'lines of chunks are commands to it',
  'chunking 4': 'a group that ends with BDAT is no command to it',
  'lmtp 0': 'what follows the reply to a second recipient is message text to it',
};
const CONNECTIONS = [
  ...[0, 1, 2, 4, 6, 7].map((i) => ['smtplib', i] as const),
  ...[0, 1].map((i) => ['nodemailer', i] as const),
  ['chunking', 0] as const,
  ['chunking', 2] as const,
  ['chunking', 4] as const,
  ['lmtp', 0] as const,
];

describe.skipIf(no_tshark)('smtp, compared with tshark', () => {
  it.each(CONNECTIONS)('%s %i', (name, i) => {
    const pieces = recorded(name, i);
    const { messages } = play([protocol], pieces);
    const [commands, codes] = tshark(pieces, ['smtp.req.command', 'smtp.response.code'], 'smtp') as [
      string[],
      string[],
    ];
    const asked = messages.filter((m) => m.type === MESSAGE_TYPE.request).map((m) => m.request_type!);
    const said = messages.flatMap((m) => (m.response_code === undefined ? [] : [String(m.response_code)]));
    // Two replies for two recipients are one response: positions 6 and 12 of what tshark lists.
    const expected = name === 'lmtp' ? codes.filter((_, at) => at !== 7 && at !== 13) : codes;
    expect(said).toEqual(expected);
    if (`${name} ${i}` in DIFFERENCES) return;
    expect(asked).toEqual(commands.map((command) => command.toUpperCase()));
  });
});
