import { expect, it } from 'vitest';
import * as read from './bytes.ts';

const bytes = Uint8Array.from([0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8]);
const text = (content: string) => new Uint8Array(Buffer.from(content));

it('reads integers as a DataView does, and nothing beyond the end', () => {
  const view = new DataView(bytes.buffer);
  expect(read.u16be(bytes, 1)).toBe(view.getUint16(1));
  expect(read.u32be(bytes, 1)).toBe(view.getUint32(1));
  expect(read.i32be(bytes, 1)).toBe(view.getInt32(1));
  expect(read.u16le(bytes, 1)).toBe(view.getUint16(1, true));
  expect(read.u32le(bytes, 1)).toBe(view.getUint32(1, true));
  expect(read.u24le(bytes, 0)).toBe(0xfdfeff);
  expect(read.u64be(bytes, 0)).toBe(Number(view.getBigUint64(0)));
  expect(read.u64le(bytes, 0)).toBe(Number(view.getBigUint64(0, true)));
  expect(read.u32be(bytes, 6)).toBe(0xf9f80000);
  expect(read.u8(bytes, 8)).toBe(0);
});

it.each([
  ['0', 0],
  ['00123', 123],
  ['999999999999999', 999_999_999_999_999],
  ['', -1],
  ['-1', -1],
  ['1 ', -1],
  ['9999999999999999', -1],
])('decimal %j', (digits, value) => {
  expect(read.decimal(text(digits), 0, digits.length)).toBe(value);
});

it('searches only between its bounds', () => {
  const hay = text('abcabc');
  expect(read.index_of_text(hay, 'bc', 2, 6)).toBe(4);
  expect(read.index_of_text(hay, 'bc', 2, 5)).toBe(-1);
  expect(read.index_of(hay, 97, 1, 3)).toBe(-1);
  expect(read.starts_with(hay, 4, 6, 'bcd')).toBe(false);
  expect(read.starts_with_fold(text('HoSt:'), 0, 5, 'host')).toBe(true);
});

it('cuts text at a character, and shows bytes that are no text', () => {
  const euro = text('a€€');
  expect(read.utf8(euro, 0, 7, 100)).toBe('a€€');
  for (const max of [4, 5, 6]) expect(read.utf8(euro, 0, 7, max)).toBe('a€');
  expect(read.utf8(euro, 0, 7, 3)).toBe('a');
  expect(read.utf8(bytes, 0, 2)).toBe('\ufffd\ufffd');
  expect(read.utf8(euro, 5, 2)).toBe('');
});

it('gives equal text for equal bytes whatever was interned before', () => {
  for (let i = 0; i < 50_000; i++) {
    const content = `k${i % 20_000}`;
    expect(read.intern(text(content), 0, content.length)).toBe(content);
  }
  expect(read.intern(text('ü'), 0, 2)).toBe('ü');
  expect(read.intern(text('abc'), 0, 3, 2)).toBe('ab');
});
