// The recordings as tshark reads them. It knows RESP2, and commands that are arrays; of an array that goes on in another
// segment it lists the beginning twice, hence the large segments.
import { describe, expect, it } from 'vitest';
import { MESSAGE_TYPE, type Message, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const FIELDS = [
  'resp.array.length',
  'resp.bulk_string.value',
  'resp.bulk_string.length',
  'resp.string',
  'resp.error',
  'resp.integer',
];
const CONNECTIONS = [
  ['resp2', 0],
  ['subscribe2', 0],
  ['subscribe2', 1],
] as const;

const of_type = (messages: readonly Message[], type: number) => messages.filter((m) => m.type === type);

describe.skipIf(no_tshark).each(CONNECTIONS)('%s %i', (name, n) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[n]!;
  const packets = no_tshark ? [] : dissect(pieces, FIELDS, 'resp', { port: 6379, segment_bytes: 60_000 });
  const { messages } = play([protocol], pieces, { redact: false });

  it('the same commands, word for word', () => {
    const [lengths, words] = of_direction(packets, TO_SERVER, FIELDS.length) as [string[], string[]];
    let at = 0;
    const commands = lengths.map((length) => {
      const command = words.slice(at, at + Number(length)).map((word) => Buffer.from(word, 'hex').toString());
      at += Number(length);
      return command.join(' ');
    });
    const requests = of_type(messages, MESSAGE_TYPE.request).map((m) => m.request_resource!);
    // Long values are cut in rows.
    expect(requests).toEqual(commands.map((command, i) => command.slice(0, requests[i]!.length)));
    expect(requests.length).toBeGreaterThan(4);
  });

  it('as many replies, with the same errors', () => {
    const [lengths, , bulks, strings, errors, integers] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
    // All values less those that stand in arrays.
    const values = [lengths, bulks, strings, errors, integers].reduce((sum, list) => sum + list!.length, 0);
    const nested = lengths!.reduce((sum, length) => sum + Math.max(0, Number(length)), 0);
    const published = packets.flatMap(({ values: [, texts] }) =>
      texts!.map((text) => Buffer.from(text, 'hex').toString()),
    );
    const messages_published = published.filter((text) => text === 'message' || text === 'pmessage').length;
    const responses = of_type(messages, MESSAGE_TYPE.response);
    // What is published to a subscriber answers no command and is no message.
    expect(responses).toHaveLength(values - nested - messages_published);
    expect(responses.flatMap((m) => m.response_exception ?? [])).toEqual(errors!.map((text) => `-${text}`));
  });
});
