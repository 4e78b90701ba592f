// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { COMMANDS } from './commands.ts';
import { protocol } from './parse.ts';

const FIELDS = ['mysql.command', 'mysql.query', 'mysql.stmt_id', 'mysql.error_code', 'mysql.affected_rows'];
/** "f" and "a" begin the packets of the file that LOAD DATA LOCAL sends: no commands. */
const FILE = ['102', '97'];

it.skipIf(no_tshark).each(['commands', 'compressed', 'refused'])('%s: the same commands and answers', (name) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
  const packets = dissect(pieces, FIELDS, 'mysql', { port: 3306 });
  const { messages } = play([protocol], pieces, { redact: false });
  const [commands, statements, ids] = of_direction(packets, TO_SERVER, FIELDS.length) as [string[], string[], string[]];
  const [, , , errors, affected] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
  const asked = messages.filter((m) => m.type !== MESSAGE_TYPE.response);
  const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  // tshark tells the login apart from commands.
  const told = ['COM_CONNECT'];
  for (const command of commands) if (!FILE.includes(command)) told.push(COMMANDS.get(Number(command))!.name);
  expect(asked.map((m) => m.request_type)).toEqual(told);
  const texts = asked.filter((m) => m.request_type === 'COM_QUERY' || m.request_type === 'COM_STMT_PREPARE');
  const cut = texts.map((m, i) => statements[i]!.slice(0, m.request_resource!.length));
  expect(texts.map((m) => m.request_resource)).toEqual(cut);
  expect(texts).toHaveLength(statements.length);
  const with_id = asked.filter((m) => m.request_type !== 'COM_STMT_PREPARE' && m.request_id !== undefined);
  expect(with_id.map((m) => String(m.request_id))).toEqual(ids);
  expect(answered.flatMap((m) => m.response_code ?? []).map(String)).toEqual(errors);
  expect(answered).toHaveLength(asked.filter((m) => m.one_way !== true).length);
  if (name !== 'commands') return;
  // The OKs that end the login and the change of user change no rows.
  const counted = answered.flatMap((m) => m.sql_affected_rows ?? []);
  expect([...counted, 0, 0].toSorted()).toEqual(affected!.map(Number).toSorted());
});
