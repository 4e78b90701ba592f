// The same bytes through tshark: tags and commands in their order, tags and conditions of responses.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { tag_number } from './command.ts';
import { protocol } from './parse.ts';

const recorded = (name: string, i: number) => load(new URL(`captures/${name}.json`, import.meta.url))[i]!;
/** tshark takes lines of literals and logins for commands: the tags that the client of each connection really gave. */
const CONNECTIONS = [
  ...[0, 1, 2, 3].map((i) => ['imaplib', i, /^[A-Z]{4}\d+$/] as const),
  ['imaplib', 5, /^a\d$/] as const,
  ['imapflow', 0, /^[1-9A-E]$/] as const,
];
const numbers = (tags: readonly string[]) => tags.map((tag) => tag_number(Buffer.from(tag), 0, tag.length));

describe.skipIf(no_tshark)('imap, compared with tshark', () => {
  it.each(CONNECTIONS)('%s %i', (name, i, is_tag) => {
    const pieces = recorded(name, i);
    const { messages } = play([protocol], pieces);
    const fields = ['imap.request_tag', 'imap.request.command', 'imap.response_tag', 'imap.response.status'];
    const [tags, commands, answered, conditions] = tshark(pieces, fields, 'imap') as [
      ...[string[], string[], string[], string[]],
    ];
    const asked = messages.filter((m) => m.type === MESSAGE_TYPE.request);
    const said = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);
    expect(asked.map((m) => m.request_id)).toEqual(numbers(tags.filter((tag) => is_tag.test(tag))));
    expect(said.map((m) => m.request_id)).toEqual(numbers(answered.filter((tag) => is_tag.test(tag))));
    // UID and an unknown name are told otherwise; lines of literals have second words, too.
    const names = asked.map((m) => m.request_type!.replace('UID ', '').replace('UNKNOWN', 'BOGUS'));
    const known = new Set(names);
    const theirs = commands.filter((command) => known.has(command));
    // "a1 LOGIN" and "b1 NOOP" stand in appended messages.
    if (name === 'imaplib' && i === 0) theirs.splice(theirs.lastIndexOf('LOGIN'), 1);
    if (name === 'imaplib' && i === 5) theirs.splice(theirs.indexOf('APPEND') + 1, 1);
    expect(names).toEqual(theirs);
    const failed = conditions.filter((condition) => condition === 'NO' || condition === 'BAD');
    expect(said.filter((m) => m.response_status !== STATUS.ok)).toHaveLength(failed.length);
  });
});
