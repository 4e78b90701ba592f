// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const FIELDS = ['http2.headers.method', 'http2.headers.path', 'http2.headers.status'];

// tshark also lists what the server sent for a stream that the client had reset by then: in "grpc" the call with a deadline.
const LATE = [
  ['http2', 0],
  ['grpc', 1],
  ['nginx', 0],
] as const;

it.skipIf(no_tshark).each(LATE)('%s: as many requests and responses, with the same fields', (name, late) => {
  const pieces = load(new URL(`captures/${name}.json`, import.meta.url))[0]!;
  const [methods, paths, statuses] = tshark(pieces, FIELDS, 'http2');
  const { messages } = play([protocol], pieces, { redact: false });
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  expect(requests.map((m) => m.request_type)).toEqual(methods);
  expect(requests.map((m) => m.request_resource)).toEqual(paths);
  // A gRPC call has its HTTP status in the message that its header block gives: unfinished, or alone when it is all.
  const begun = new Map<number, string>();
  for (const m of messages) {
    if (m.type !== MESSAGE_TYPE.response || m.response_exception?.startsWith('CANCELLED: RST_STREAM')) continue;
    if (!begun.has(m.request_id!))
      begun.set(m.request_id!, String((m.response_code ?? 0) < 17 ? 200 : m.response_code));
  }
  expect([...begun.values()]).toEqual(statuses?.slice(0, begun.size));
  expect(statuses).toHaveLength(begun.size + late);
  expect(requests.length).toBeGreaterThan(5);
});
