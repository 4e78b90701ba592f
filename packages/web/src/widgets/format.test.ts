import { expect, it } from 'vitest';
import { bytes_text, count_text, duration_text, rate_text, ratio_text, span_text } from './format.ts';

it('writes durations in the unit that fits', () => {
  const cases: [number | null, string][] = [
    [null, '–'],
    [0, '0 µs'],
    [7.25, '7.25 µs'],
    [340, '340 µs'],
    [999.4, '999 µs'],
    [999.6, '1 ms'],
    [1000, '1 ms'],
    [12_400, '12.4 ms'],
    [143_000, '143 ms'],
    [999_600, '1 s'],
    [1_250_000, '1.25 s'],
    [59_000_000, '59 s'],
    [125_000_000, '2 min 5 s'],
  ];
  for (const [us, text] of cases) expect(duration_text(us)).toBe(text);
});

it('never rounds a share that is not zero to zero, nor one that is not all to all', () => {
  expect(ratio_text(0)).toBe('0%');
  expect(ratio_text(0.00001)).toBe('<0.01%');
  expect(ratio_text(0.0004)).toBe('0.04%');
  expect(ratio_text(0.234)).toBe('23.4%');
  expect(ratio_text(0.99999)).toBe('>99.9%');
  expect(ratio_text(1)).toBe('100%');
  expect(ratio_text(null)).toBe('–');
});

it('writes counts, rates and sizes with three digits', () => {
  expect([0, 5, 999, 1000, 20_430, 999_999, 1_234_567].map(count_text)).toEqual([
    '0',
    '5',
    '999',
    '1k',
    '20.4k',
    '1M',
    '1.23M',
  ]);
  expect([0, 0.004, 0.25, 12.34, 1500].map(rate_text)).toEqual(['0/s', '<0.01/s', '0.25/s', '12.3/s', '1.5k/s']);
  expect([0, 100, 1024, 48_300_000].map(bytes_text)).toEqual(['0 B', '100 B', '1 KB', '46.1 MB']);
});

it('writes spans of time', () => {
  expect([5, 60, 65, 900, 3600, 11_400, 86_400, 200_000].map(span_text)).toEqual([
    '5 s',
    '1 min',
    '1 min 5 s',
    '15 min',
    '1 h',
    '3 h 10 min',
    '24 h',
    '2 d 7 h',
  ]);
});
