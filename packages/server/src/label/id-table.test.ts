import { describe, expect, it } from 'vitest';
import { IdTable, mark_of } from './id-table.ts';

describe('IdTable', () => {
  it('finds what it was told, and nothing else, however many there are', () => {
    const table = new IdTable();
    for (let i = 1; i <= 50_000; i++) table.set(`definition ${i}`, i, 1);
    expect(table.size).toBe(50_000);
    for (let i = 1; i <= 50_000; i++) expect(table.get(`definition ${i}`, 1)).toBe(i);
    for (let i = 1; i <= 1000; i++) expect(table.get(`other ${i}`, 1)).toBe(0);
    expect(table.bytes / table.size).toBeLessThan(64);
  });

  it('keeps one id a definition; another mark is another state of it', () => {
    const table = new IdTable();
    table.set('a', 7, 1, mark_of('red'));
    expect([table.get('a', 1, mark_of('red')), table.get('a', 1, mark_of('blue')), table.peek('a')]).toEqual([7, 0, 7]);
    table.set('a', 7, 1, mark_of('blue'));
    expect([table.size, table.get('a', 1, mark_of('blue')), table.get('a', 1, mark_of('red'))]).toEqual([1, 7, 0]);
  });

  it('forgets what has not been used and is gone, finds the rest, and gives the room back', () => {
    const table = new IdTable();
    for (let i = 1; i <= 20_000; i++) table.set(`definition ${i}`, i, 1);
    const full = table.bytes;
    for (let i = 1; i <= 20_000; i += 100) table.get(`definition ${i}`, 2);
    const gone = table.forget(2, (id) => id % 10 !== 5);
    const stays = (i: number): boolean => i % 100 === 1 || i % 10 === 5;
    expect(gone.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20_000 }, (_, i) => i + 1).filter((i) => !stays(i)),
    );
    for (let i = 1; i <= 20_000; i++) expect(table.get(`definition ${i}`, 2)).toBe(stays(i) ? i : 0);
    expect(table.size).toBe(20_000 - gone.length);
    expect(table.bytes).toBeLessThan(full / 2);
  });
});
