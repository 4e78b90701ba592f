// grpc-js as client and server; the codes that the client was told are the oracle.
import { expect, it } from 'vitest';
import { protocol_list } from '../index.ts';
import { MESSAGE_TYPE, STATUS } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { card } from './card.ts';
import { record_calls } from './testing/calls.ts';

it('gives each call once, with the status that the client was told', async () => {
  const { recording, told } = await record_calls();
  const pieces = recording.connections[0]!.map(([direction, base64]) => ({
    direction,
    bytes: Buffer.from(base64, 'base64'),
  }));
  const { messages, conversation } = play(protocol_list, pieces);
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
  const responses = messages.filter((m) => m.type === MESSAGE_TYPE.response && m.interim !== true);
  expect(responses.map((m) => m.request_id)).toEqual(requests.map((m) => m.request_id));
  // A deadline is the client's own: on the wire it is a reset.
  const expected = told.map(({ path, code }) => ({ path, code: code === 4 ? 1 : code || 200 }));
  expect(requests.map((m, i) => ({ path: m.endpoint, code: responses[i]?.response_code }))).toEqual(expected);
  expect(requests[0]).toMatchObject({
    l7_protocol: card.id,
    request_type: 'POST',
    request_resource: '/sonde.test.Kinds/Unary',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    span_id: '00f067aa0ba902b7',
    version: '2',
  });
  const attributes = (i: number) =>
    Object.fromEntries(requests[i]!.attribute_names!.map((n, j) => [n, requests[i]!.attribute_values![j]]));
  expect(attributes(0)).toMatchObject({ rpc_service: 'sonde.test.Kinds' });
  expect(responses.map((m) => m.response_status)).toEqual([
    ...[STATUS.ok, STATUS.client_error, STATUS.server_error, STATUS.ok, STATUS.ok, STATUS.server_error],
    ...[STATUS.ok, STATUS.ok, STATUS.client_error, STATUS.client_error],
  ]);
  expect(responses[1]?.response_exception).toBe('NOT_FOUND: no: 50% of 5 is naïve');
  expect(responses[5]).toMatchObject({ response_code: 15, response_exception: 'DATA_LOSS: half of it is gone' });
  expect(responses[5]?.length).toBeGreaterThan(19_000);
});
