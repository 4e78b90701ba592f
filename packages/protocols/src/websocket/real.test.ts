import { expect, it } from 'vitest';
import { card as http_card } from '../http1/card.ts';
import { protocol_list } from '../index.ts';
import { MESSAGE_TYPE, type Message, STATUS, type Protocol } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { card } from './card.ts';
import { record_chat } from './testing/chat.ts';

const sender = (m: Message | undefined) => m?.attribute_values?.[m.attribute_names?.indexOf('websocket.sender') ?? -1];

it.each([false, true])('gives each message of both sides once; compressed: %s', async (compressed) => {
  const { recording, sent } = await record_chat(compressed);
  const pieces = recording.connections[0]!.map(([direction, base64]) => ({
    direction,
    bytes: Buffer.from(base64, 'base64'),
  }));
  const by: string[] = [];
  const on_message = (message: Message, protocol: Protocol) => {
    by.push(protocol.card.name);
    messages.push(message);
  };
  const messages: Message[] = [];
  const { conversation } = play(protocol_list, pieces, { redact: true }, { on_message });
  expect(conversation.counters).toEqual({ boundary_lost: 0, not_mine: 0, overflow: 0 });
  expect(by.slice(0, 2)).toEqual([http_card.name, http_card.name]);
  expect(messages[1]?.response_code).toBe(101);
  const rows = messages.slice(2);
  expect(new Set(by.slice(2))).toEqual(new Set([card.name]));
  expect(rows.map((m) => `${m.request_type} ${sender(m)}`)).toEqual(sent);
  expect(rows.every((m) => m.type === MESSAGE_TYPE.session && m.endpoint === '/chat/room')).toBe(true);
  expect(rows.at(-1)).toMatchObject({
    response_code: 1008,
    response_status: STATUS.server_error,
    response_exception: 'enough of it',
  });
  expect(JSON.stringify(messages)).not.toContain('hunter2');
  if (compressed) return;
  expect(rows[4]?.length).toBeGreaterThan(70_000);
  const shown = play(protocol_list, pieces, { redact: false }).messages.slice(2);
  expect(shown[0]?.request_resource).toBe('{"say":"hello","password":"hunter2"}');
  expect(shown[4]?.request_resource).toHaveLength(256);
  // Joined after the handshake.
  const late = play(protocol_list, pieces.slice(2), {}, { from_start: false }).messages;
  expect(late.map((m) => m.request_type)).toEqual(rows.map((m) => m.request_type));
});
