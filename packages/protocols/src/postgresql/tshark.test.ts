// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { protocol } from './parse.ts';
import { sqlstate_name } from './sqlstate.ts';

const FIELDS = ['pgsql.type', 'pgsql.query', 'pgsql.code', 'pgsql.severity', 'pgsql.tag'];

it.skipIf(no_tshark).each(['commands', 'psql', 'refused'])('%s: the same statements, results and errors', (name) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
  const packets = dissect(pieces, FIELDS, 'pgsql', { port: 5432 });
  const { messages } = play([protocol], pieces, { redact: false });
  const [types, statements] = of_direction(packets, TO_SERVER, FIELDS.length) as string[][];
  const [answers, , codes, severities, tags] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
  const asked = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  const count = (list: string[], wanted: string) => list.filter((type) => type === wanted).length;

  expect(asked.filter((m) => m.request_type === 'Q')).toHaveLength(count(types!, 'Simple query'));
  expect(asked.filter((m) => m.request_type === 'P')).toHaveLength(count(types!, 'Parse'));
  // tshark leaves empty statements out.
  expect(asked.flatMap((m) => m.request_resource || [])).toEqual(statements);
  // Every row is answered once; so is the login of "refused", which is none.
  expect(answered).toHaveLength(asked.length + (name === 'refused' ? 1 : 0));
  // Notices have codes as well, and are no answers.
  const failed = codes!.filter((_, i) => severities![i] !== 'NOTICE');
  expect(answered.flatMap((m) => m.response_exception ?? [])).toEqual(failed.map(sqlstate_name));
  // Counts of the tags of SELECT, FETCH, COPY and of what changes rows; several statements in one query are added up.
  const counted = tags!.flatMap((tag) => (/\d+$/.test(tag) ? [Number(tag.split(' ').at(-1))] : []));
  const rows = answered.reduce((sum, m) => sum + (m.sql_affected_rows ?? 0), 0);
  expect(rows).toBe(counted.reduce((sum, n) => sum + n, 0));
  expect(count(answers!, 'Error')).toBe(failed.length);
});
