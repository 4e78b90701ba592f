// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { OPERATIONS } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = ['ldap.messageID', 'ldap.protocolOp', 'ldap.resultCode', 'ldap.baseObject', 'ldap.name'];
const connections = load(new URL('captures/openldap.json', import.meta.url)).map((pieces, i) => ({ i, pieces }));
/** Of an operation's choice number, which the tag's low bits are: RFC 4511 section 4.2 and following. */
const operation_of = (choice: string) => [...OPERATIONS].find(([tag]) => (tag & 0x1f) === Number(choice))![1];

it.skipIf(no_tshark).each(connections)('connection $i: the same operations and results', ({ pieces }) => {
  const packets = dissect(pieces, FIELDS, 'ldap', { port: 389 });
  const { messages } = play([protocol], pieces, { redact: false });
  const asked = messages.filter((m) => m.type !== MESSAGE_TYPE.response);
  const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  const [ids, choices, , bases, names] = of_direction(packets, TO_SERVER, FIELDS.length) as string[][];
  const [to, kinds, codes] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
  expect(asked.map((m) => String(m.request_id))).toEqual(ids);
  expect(asked.map((m) => m.request_type)).toEqual(choices!.map((choice) => operation_of(choice).name));
  // Entries of a search are parts of its answer.
  const finals = to!.filter((_, i) => operation_of(kinds![i]!).kind === 'final');
  expect(answered.map((m) => String(m.request_id))).toEqual(finals);
  expect(answered.map((m) => String(m.response_code))).toEqual(codes);
  const searched = asked.filter((m) => m.request_type === 'search').map((m) => m.request_resource!.split(' ')[0]);
  expect(searched).toEqual(bases);
  expect(asked.filter((m) => m.request_type === 'bind').map((m) => m.request_resource)).toEqual(names);
});
