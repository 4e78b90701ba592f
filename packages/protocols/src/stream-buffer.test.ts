import { expect, it } from 'vitest';
import { type Message, MESSAGE_TYPE } from './protocol.ts';
import { StreamBuffer } from './stream-buffer.ts';

const text = (stream: StreamBuffer) => Buffer.from(stream.bytes.subarray(stream.pos, stream.end)).toString();
const origin = (moment_ns: number, tcp_seq = 100) => ({ moment_ns, tcp_seq, cap_seq: moment_ns, pid: 1, tid: 2 });

function push(stream: StreamBuffer, content: string, moment_ns: number, tcp_seq = 100, missing = 0): boolean {
  const bytes = Buffer.from(`##${content}##`);
  return stream.push(bytes, 2, 2 + content.length, content.length + missing, origin(moment_ns, tcp_seq));
}

function stamped(stream: StreamBuffer): Message {
  const message: Message = { type: MESSAGE_TYPE.request };
  stream.stamp(message, 0);
  return message;
}

it("reads in the caller's memory while nothing is left over, and copies what is", () => {
  const stream = new StreamBuffer(false);
  const bytes = Buffer.from('abcdef');
  stream.push(bytes, 0, 6, 6, origin(1));
  expect(stream.bytes).toBe(bytes);
  stream.advance(4);
  stream.settle();
  bytes.fill(0);
  expect(text(stream)).toBe('ef');
  push(stream, 'gh', 2);
  expect(text(stream)).toBe('efgh');
});

it('gives a message the time and sequence of its first byte, the end of its last', () => {
  const stream = new StreamBuffer(false);
  push(stream, 'abc', 1, 4_294_967_295);
  stream.advance(2);
  stream.settle();
  push(stream, 'def', 2, 2);
  stream.mark();
  stream.advance(2);
  expect(stamped(stream)).toMatchObject({ begin_ns: 1, end_ns: 2, tcp_seq: 1, cap_seq: 1, pid: 1, tid: 2 });
  stream.mark();
  stream.advance(2);
  expect(stamped(stream)).toMatchObject({ begin_ns: 2, end_ns: 2, tcp_seq: 3, cap_seq: 2 });
});

it('skips over what has not arrived, into holes and past them', () => {
  const stream = new StreamBuffer(false);
  push(stream, 'abc', 1, 100, 5);
  expect(stream.hole).toBe(5);
  stream.advance(6);
  expect([text(stream), stream.hole, stream.skip]).toEqual(['', 2, 0]);
  stream.advance(10);
  expect([stream.hole, stream.skip]).toEqual([0, 8]);
  stream.settle();
  push(stream, 'defg', 2, 108, 2);
  expect([text(stream), stream.hole, stream.skip]).toEqual(['', 0, 2]);
  push(stream, 'hijk', 3, 114, 1);
  expect([text(stream), stream.hole, stream.skip]).toEqual(['jk', 1, 0]);
  stream.mark();
  expect(stamped(stream).tcp_seq).toBe(116);
});

it('ends a skip inside of an uncaptured piece', () => {
  const stream = new StreamBuffer(false);
  push(stream, 'a', 1);
  stream.advance(6);
  stream.settle();
  push(stream, 'bc', 2, 101, 8);
  expect([text(stream), stream.hole, stream.skip]).toEqual(['', 5, 0]);
});

it('tries an event from its first byte once, then goes on to the next', () => {
  const stream = new StreamBuffer(false);
  for (const [i, content] of ['ab', 'cd', 'ef'].entries()) {
    push(stream, content, i + 1);
    stream.settle();
  }
  expect(stream.resynchronise()).toBe(true);
  expect([text(stream), stream.resync]).toEqual(['abcdef', true]);
  expect(stream.resynchronise()).toBe(true);
  expect(text(stream)).toBe('cdef');
  stream.advance(1);
  expect(stream.resync).toBe(false);
  expect(stream.resynchronise()).toBe(true);
  expect([text(stream), stream.moment_ns]).toEqual(['ef', 3]);
  expect(stream.resynchronise()).toBe(false);
  expect(text(stream)).toBe('');
});

it('never holds more than its limit', () => {
  const stream = new StreamBuffer(false, 1000);
  for (let i = 0; i < 10; i++) {
    expect(push(stream, 'x'.repeat(100), i)).toBe(true);
    stream.settle();
  }
  expect(push(stream, 'new', 11)).toBe(false);
  expect([text(stream), stream.resync]).toEqual(['new', true]);
});

it('remembers a bounded number of events', () => {
  const stream = new StreamBuffer(false);
  for (let i = 0; i < 5000; i++) {
    push(stream, 'x', i);
    stream.settle();
  }
  stream.advance(4999);
  stream.mark();
  expect(stamped(stream).begin_ns).toBe(1024);
});

it('leaves nothing of a datagram for the next', () => {
  const stream = new StreamBuffer(true);
  push(stream, 'abc', 1, 0);
  stream.advance(10);
  stream.settle();
  push(stream, 'def', 2, 0);
  expect(text(stream)).toBe('def');
  stream.mark();
  expect(stamped(stream).tcp_seq).toBe(0);
});
