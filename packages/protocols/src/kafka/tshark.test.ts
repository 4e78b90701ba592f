// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { APIS } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = ['kafka.api_key', 'kafka.api_version', 'kafka.correlation_id', 'kafka.topic_name', 'kafka.error'];
const connections = ['clients', 'compressed'].flatMap((name) =>
  load(new URL(`captures/${name}.json`, import.meta.url)).map((pieces, i) => ({ what: `${name} ${i}`, pieces })),
);

it.skipIf(no_tshark).each(connections)('$what: the same requests and responses', ({ pieces }) => {
  const packets = dissect(pieces, FIELDS, 'kafka', { port: 9092 });
  const { messages } = play([protocol], pieces, { redact: false });
  const asked = messages.filter((m) => m.type !== 1);
  const answered = messages.filter((m) => m.type === 1);
  const [keys, versions, ids, topics] = of_direction(packets, TO_SERVER, FIELDS.length) as string[][];
  const [came, , to, , errors] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
  const names = (list: string[]) => list.map((key) => APIS[Number(key)]!.name);
  expect(asked.map((m) => m.request_type)).toEqual(names(keys!));
  expect(asked.map((m) => m.version)).toEqual(versions);
  expect(asked.map((m) => String(m.request_id))).toEqual(ids);
  expect(answered.map((m) => String(m.request_id))).toEqual(to);
  // A response to a request that wants none (acks = 0) has no name here: nobody waits for it.
  expect(answered.map((m, i) => m.request_type ?? names(came!)[i])).toEqual(names(came!));
  // A row names the first topic; tshark lists all, those of every request.
  for (const { endpoint } of asked) if (endpoint !== undefined) expect(topics).toContain(endpoint.replace(/-\d+$/, ''));
  // tshark lists the error of every partition; the first that is not 0 is the row's.
  const failed = answered.filter((m) => (m.response_code ?? 0) !== 0).map((m) => String(m.response_code));
  expect(failed).toEqual(errors!.filter((code) => code !== '0'));
});
