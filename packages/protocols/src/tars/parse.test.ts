import { expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE, TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { brief, piece, play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const recorded = () => load(new URL('captures/calls.json', import.meta.url))[0]!;
const line = (m: Message) => `${m.request_id} ${brief(m)}`;
const CART = 'Shop.CartServer.CartObj';

it('reads calls, one-way calls, failures and TUP', () => {
  const { messages, conversation } = play([protocol], recorded());
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(messages.map(line)).toEqual([
    `1 request | add | ${CART}`,
    '1 response | status 0',
    `2 request | gone | ${CART}`,
    '2 response | status 3 | no function gone',
    `70000 request | log | ${CART}`,
    `3 request | late | ${CART}`,
    `4 request | big | ${CART}`,
    '4 response | status 3',
    '3 response | status 3 | ServerQueueTimeout',
    '5 request | hello | Shop.Web',
    '5 response | hello | Shop.Web | status 3 | decode',
  ]);
  expect(messages[0]).toMatchObject({
    endpoint: `${CART}/add`,
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    version: '1',
  });
  expect(messages.map((m) => m.response_code).filter((code) => code !== undefined)).toEqual([0, -3, 5, -6, -1]);
  expect(messages[1]?.response_result).toBe('ServerSuccess');
  expect(messages[4]?.one_way).toBe(true);
  expect(JSON.stringify(messages)).not.toContain('secret');
});

it('reads datagrams', () => {
  const { messages } = play([protocol], recorded().slice(0, 2), {}, { transport: 'udp' });
  expect(messages.map((m) => m.type)).toEqual([MESSAGE_TYPE.request, MESSAGE_TYPE.response]);
});

it('knows a call whose arguments were not captured', () => {
  const [request, response] = recorded();
  const cut = { ...request!, bytes: request!.bytes.subarray(0, 60), true_length: request!.bytes.length };
  const { messages } = play([protocol], [cut, response!]);
  expect(messages.map(line)).toEqual([`1 request | add | ${CART}`, '1 response | status 0']);
});

it('does not claim what merely begins with a length', () => {
  const texts = [
    '\0\0\0\x14\x10\x01\x2c0123456789012',
    '\0\0\0\x10\x10\x01\x2c\x30\x0f\x4c\x5c\x6d\0\x0cxx',
    '\0\0\0\x08\x10\x01\x2c\x30',
  ];
  for (const text of texts) {
    const pieces = [piece(TO_SERVER, text), piece(TO_CLIENT, text), piece(TO_SERVER, text)];
    expect(play([protocol], pieces).conversation.protocol).toBeUndefined();
  }
});
