import { expect, it } from 'vitest';
import { TdsCursor } from './cursor.ts';
import { ID } from './types.ts';
import { read_value } from './values.ts';

const read = (id: number, bytes: number[], scale = 0): string | undefined =>
  read_value(
    new TdsCursor().set(Uint8Array.of(bytes.length, ...bytes), 0, bytes.length + 1),
    { id, form: 'byte', size: 0, scale },
    true,
    100,
  );

it('values as text', () => {
  expect(
    read(ID.guid, [0xff, 0x19, 0x96, 0x6f, 0x86, 0x8b, 0x11, 0xd0, 0xb4, 0x2d, 0, 0xc0, 0x4f, 0xc9, 0x64, 0xff]),
  ).toBe('6f9619ff-8b86-d011-b42d-00c04fc964ff');
  expect(read(ID.money_n, [0, 0, 0, 0, 0x10, 0x27, 0, 0])).toBe('1.0000');
  expect(read(ID.money_n, [0xf0, 0xd8, 0xff, 0xff])).toBe('-1.0000');
  expect(read(ID.numeric, [1, 0x39, 0x30, 0, 0], 2)).toBe('123.45');
  expect(read(ID.datetime_n, [0, 0, 0, 0, 0x2c, 1, 0, 0])).toBe('1900-01-01T00:00:01.000');
  expect(read(ID.date, [0x5b, 0x95, 0x0a])).toBe('1900-01-01');
});

it('a value whose length its type cannot have is told as bytes', () => {
  expect(read(ID.guid, [1, 2, 3])).toBe('0x010203');
  expect(read(ID.money_n, [1, 2])).toBe('0x0102');
  for (let id = 0; id < 256; id++) {
    for (let length = 0; length < 20; length++) {
      const value = read(id, Array<number>(length).fill(0xff), 7);
      expect(typeof value).toBe('string');
    }
  }
});
