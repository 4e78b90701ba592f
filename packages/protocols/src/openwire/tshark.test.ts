// What tshark makes of the same bytes. It tells the commands behind a length; ids and correlation ids only of the loose
// encoding, and nothing of commands without a length.
import { describe, expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { STRUCTURES } from './messages.ts';
import { protocol } from './parse.ts';

const connections = load(new URL('captures/clients.json', import.meta.url));
/** Places in the recording of the connections without lengths. */
const BARE = [7, 8];
const LOOSE = [1, 3, 5];
const FIELDS = ['openwire.command', 'openwire.command.id', 'openwire.response.correlationid'];

const type_of = ({ request_type }: Message): string =>
  Object.entries(STRUCTURES).find(([, { name }]) => name === request_type)![0];

describe.skipIf(no_tshark)('openwire, as tshark sees it', () => {
  it.each(connections.map((_, i) => i).filter((i) => !BARE.includes(i)))('connection %i', (i) => {
    const { messages } = play([protocol], connections[i]!);
    const [commands, ids, answers] = tshark(connections[i]!, FIELDS, 'openwire', 61_616);
    expect(messages.map(type_of)).toEqual(commands);
    if (!LOOSE.includes(i)) return;
    const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response);
    expect(responses.map((m) => String(m.request_id))).toEqual(answers);
    // A delivery has the id 0, and within it that of the message; responses have the id 0.
    const own = messages.flatMap((m) => {
      if (m.request_type === 'WireFormatInfo') return [];
      if (m.type === MESSAGE_TYPE.response) return ['0'];
      if (m.request_type !== 'MessageDispatch') return [String(m.request_id)];
      return m.endpoint === undefined ? ['0'] : ['0', String(m.request_id)];
    });
    expect(own).toEqual(ids);
  });
});
