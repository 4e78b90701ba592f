// The recording as tshark reads it.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { dissect, no_tshark, of_direction } from '../testing/tshark.ts';
import { REQUESTS } from './messages.ts';
import { protocol } from './parse.ts';

const FIELDS = ['cql.opcode', 'cql.stream', 'cql.string', 'cql.error_code'];

it.skipIf(no_tshark)('the same requests and responses', () => {
  const pieces = load(new URL('captures/driver.json', import.meta.url))[0]!;
  const packets = dissect(pieces, FIELDS, 'cql', { port: 9042 });
  const { messages } = play([protocol], pieces, { redact: false });
  const asked = messages.filter((m) => m.type !== MESSAGE_TYPE.response);
  const answered = messages.filter((m) => m.type === MESSAGE_TYPE.response);
  const [opcodes, streams, texts] = of_direction(packets, TO_SERVER, FIELDS.length) as string[][];
  const [, to, said, codes] = of_direction(packets, TO_CLIENT, FIELDS.length) as string[][];
  expect(asked.map((m) => m.request_type)).toEqual(opcodes!.map((opcode) => REQUESTS.get(Number(opcode))));
  expect(asked.map((m) => String(m.request_id))).toEqual(streams);
  expect(answered.map((m) => String(m.request_id))).toEqual(to);
  const statements = asked.filter((m) => m.request_type === 'QUERY' || m.request_type === 'PREPARE');
  for (const { request_resource } of statements) expect(texts).toContain(request_resource);
  expect(statements).toHaveLength(texts!.filter((text) => /^(?:SELECT|INSERT)/.test(text)).length - 1);
  expect(answered.flatMap((m) => m.response_code ?? []).map(String)).toEqual(codes);
  expect(answered.flatMap((m) => m.response_exception ?? [])).toEqual(said);
});
