import { expect, it } from 'vitest';
import type { Message } from '../protocol.ts';
import { brief, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = () => load(new URL('captures/calls.json', import.meta.url))[0]!;
const line = (m: Message) => `${m.request_id} ${brief(m)}`;
const CART = 'shop.Cart:1.0';

it('reads both versions, heartbeats, one-way calls and errors', () => {
  const { messages, conversation } = play([protocol], recorded());
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(messages.map(line)).toEqual([
    `1 request | add | ${CART}`,
    '1 response | status 0',
    `2 request | buy | ${CART}`,
    '2 response | status 3 | Error: no stock left',
    '3 request | HEARTBEAT',
    '3 response | status 0',
    `4 request | log | ${CART}`,
    `5 request | late | ${CART}`,
    `6 request | find | ${CART}`,
    '6 response | status 0',
    '5 response | status 0',
    `7 request | busy | ${CART}`,
    '7 response | status 3 | SERVER_THREADPOOL_BUSY',
    `8 request | pay | ${CART}`,
    '8 response | status 0',
  ]);
  expect(messages[6]).toMatchObject({ one_way: true, version: '2' });
  expect(messages[0]).toMatchObject({ endpoint: `${CART}/add`, trace_id: '0a0fe8ec15', span_id: '0.1' });
  expect(JSON.stringify(messages)).not.toContain('secret');
});

it('prefers the trace headers of the settings', () => {
  const trace_of = (trace_headers: string[]) =>
    play([protocol], recorded(), { trace_headers }).messages.find((m) => m.request_type === 'pay')?.trace_id;
  expect(trace_of(['traceparent'])).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(trace_of([])).toBe('cafe');
});

it('knows the service of a call that was cut', () => {
  const [request, response] = recorded();
  const cut = { ...request!, bytes: request!.bytes.subarray(0, 94), true_length: request!.bytes.length };
  const { messages } = play([protocol], [cut, response!]);
  expect(messages.map(line)).toEqual([`1 request | ${CART}`, '1 response | status 0']);
});
