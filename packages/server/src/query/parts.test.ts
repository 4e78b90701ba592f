// The querier's parts that need no store.
import { APPLICATION_MAP, L7_FLOW_LOG } from '@sonde/records';
import { describe, expect, it } from 'vitest';
import { render_cells } from '../cli/render.ts';
import { decode_rows } from './engine.ts';
import { fill_buckets } from './fill.ts';
import { edit_distance, nearest } from './nearest.ts';
import { like_pattern } from './predicate.ts';
import { filter_rows } from './show/table.ts';
import type { Select, Show } from './sql/ast.ts';
import { parse } from './sql/parse.ts';
import { address_block } from './tags/address.ts';
import { choose_interval, type TimeRange, time_range } from './translate/range.ts';

it('edit distance', () => {
  expect(edit_distance('kitten', 'sitting', 9)).toBe(3);
  expect(edit_distance('reqeust', 'request', 9)).toBe(1);
  expect(edit_distance('', 'abc', 9)).toBe(3);
  expect(edit_distance('abcdef', 'uvwxyz', 2)).toBe(3);
  expect(nearest('reqest', ['response', 'request', 'rrt'])).toBe('request');
  expect(nearest('zzzz', ['response', 'request', 'rrt'])).toBeUndefined();
});

it('wildcards', () => {
  expect(like_pattern('/api/*')).toBe('/api/%');
  expect(like_pattern('%x_y%')).toBe('%x\\_y%');
  expect(like_pattern('a\\*b\\%c\\\\')).toBe('a*b\\%c\\\\');
});

describe('addresses', () => {
  const block = (text: string) => address_block({ kind: 'text', text, at: 7 });
  it.each([
    ['10.1.2.3', 4, '10.1.2.3', '10.1.2.3'],
    ['10.1.2.3/24', 4, '10.1.2.0', '10.1.2.255'],
    ['10.1.2.3/0', 4, '0.0.0.0', '255.255.255.255'],
    ['::1', 6, '0:0:0:0:0:0:0:1', '0:0:0:0:0:0:0:1'],
    ['2001:db8::ff/32', 6, '2001:db8:0:0:0:0:0:0', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['::ffff:10.0.0.1', 6, '0:0:0:0:0:ffff:a00:1', '0:0:0:0:0:ffff:a00:1'],
    ['1:2:3:4:5:6:7::', 6, '1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
  ])('%s', (text, family, first, last) => {
    expect(block(text)).toEqual({ family, first, last });
  });
  it.each(['10.0.0', '10.0.0.1/33', '::1/129', 'x', '', '10.0.0.1/', '10.0.0.1/8/9', 'fe80::1%eth0', '1.2.3.4/-1'])(
    'refuses %j',
    (text) => {
      expect(() => block(text)).toThrow(/no address/);
    },
  );
});

describe('time', () => {
  const range = (where: string) => time_range((parse(`select a from t where ${where}`) as Select).where);
  it.each<[string, TimeRange]>([
    ['time >= 10 and time < 20', { from: 10, to: 19 }],
    ['(x = 1 and 10 < time) and time <= 20', { from: 11, to: 20 }],
    ['time > 10 and time >= 15 and time <= 30 and time < 25.5', { from: 15, to: 25 }],
    ["time >= '1970-01-01 00:01:00'", { from: 60, to: undefined }],
    ['time >= 10 or time < 20', { from: undefined, to: undefined }],
    ['not time >= 10', { from: undefined, to: undefined }],
    ['time = 7', { from: 7, to: 7 }],
  ])('%s', (where, expected) => {
    expect(range(where)).toEqual(expected);
  });

  const NOW = 1_000_000;
  const interval = (wish: object, definition = APPLICATION_MAP) =>
    choose_interval(definition, {
      suffix: undefined,
      parameter: undefined,
      bucket_s: undefined,
      range: { from: NOW - 600, to: NOW },
      now: NOW,
      at: 0,
      ...wish,
    });
  it('takes the second table for short ranges, the minute table for the rest', () => {
    expect(interval({})).toBe(1);
    expect(interval({ range: { from: NOW - 3601, to: NOW } })).toBe(60);
    expect(interval({ range: { from: undefined, to: NOW } })).toBe(60);
    expect(interval({ range: { from: NOW - 25 * 3600, to: NOW - 25 * 3600 + 60 } })).toBe(60);
    expect(interval({ bucket_s: 120 })).toBe(60);
    expect(interval({ bucket_s: 90 })).toBe(1);
    expect(interval({}, L7_FLOW_LOG as typeof APPLICATION_MAP)).toBe(0);
  });
  it('takes hours unasked only where minutes do not go back far enough', () => {
    const hours = (n: number) => ({ from: NOW_DAYS - n * 3600, to: NOW_DAYS });
    const NOW_DAYS = 100 * 86_400;
    expect(interval({ range: hours(24 * 6), now: NOW_DAYS, bucket_s: 86_400 })).toBe(60);
    expect(interval({ range: hours(24 * 8), now: NOW_DAYS })).toBe(3600);
    expect(interval({ range: hours(24 * 90), now: NOW_DAYS })).toBe(3600);
  });
  it('does as it is told', () => {
    expect(interval({ suffix: '1m', parameter: '1s' })).toBe(60);
    expect(interval({ parameter: '1s', range: { from: 0, to: NOW } })).toBe(1);
    expect(interval({ parameter: '1h' })).toBe(3600);
    expect(() => interval({ parameter: '2h' })).toThrow(/kept at 1s, 1m, 1h, 1d, not at 2h/);
    expect(() => interval({ parameter: 'x' })).toThrow(/no precision/);
  });
});

describe('filling', () => {
  const columns = ['t', 'tag', 'n'].map((name) => ({
    name,
    unit: '',
    metric: name === 'n',
    kind: 'integer' as const,
    value_type: 'Int' as const,
    pre_as: '',
  }));
  const plan = (fill: '0' | 'null' | 'none', from: number | undefined, to: number | undefined) => ({
    time_column: 0,
    bucket: { seconds: 10, windows: 1, fill, offset_s: 0 },
    range: { from, to },
    interval_s: 1,
  });
  it('gives every series every bucket', () => {
    const rows = [
      [20, 'a', 1],
      [10, 'b', 2],
    ];
    expect(fill_buckets(rows, columns, plan('0', 5, 29))).toEqual([
      [20, 'a', 1],
      [10, 'a', 0],
      [0, 'a', 0],
      [20, 'b', 0],
      [10, 'b', 2],
      [0, 'b', 0],
    ]);
    expect(fill_buckets([[10, 'a', 1]], columns, plan('null', 0, undefined))).toEqual([
      [0, 'a', null],
      [10, 'a', 1],
    ]);
    expect(fill_buckets(rows, columns, plan('none', 0, 100))).toBe(rows);
    expect(fill_buckets([], columns, plan('0', 0, 100))).toEqual([]);
  });
  it('is bounded', () => {
    expect(() => fill_buckets([[0, 'a', 1]], columns, plan('0', 0, 1e9))).toThrow(/more than 100000 rows/);
  });
});

it('SHOW filters, orders and cuts its rows', () => {
  const table = {
    columns: ['value', 'display_name'],
    values: [
      [0, 'N/A'],
      [20, 'One'],
      [100, 'Two*'],
    ],
  };
  const rows = (more: string) =>
    filter_rows(table, parse(`show tag x values from t ${more}`) as Show).values.map((r) => r[0]);
  expect(rows('')).toEqual([0, 20, 100]);
  expect(rows("where display_name like '*w*' or display_name like 'O*' order by value desc")).toEqual([100, 20]);
  expect(rows("where display_name like '%\\\\*' or value = 0")).toEqual([0, 100]);
  expect(rows('where value >= 20 and not value in (100)')).toEqual([20]);
  expect(rows('limit 1, 5')).toEqual([20, 100]);
  expect(() => rows('where valu = 1')).toThrow(/Did you mean `value`/);
});

it('64-bit integers: numbers where a double holds them, text where not', () => {
  const text =
    '{"meta":[{"name":"a","type":"UInt64"},{"name":"b","type":"Nullable(Int64)"},{"name":"c","type":"Array(UInt64)"},{"name":"d","type":"String"}],"data":[["9007199254740991",null,["1","9007199254740992"],"5"]]}';
  expect(decode_rows(text).values).toEqual([[9007199254740991, null, [1, '9007199254740992'], '5']]);
});

it('a table shows no control characters of captured bytes', () => {
  const text = [
    ...render_cells(
      ['a', 'n'],
      [
        ['x\u001b[31m\ny', 12],
        [null, 3],
      ],
      'table',
    ),
  ].join('');
  expect(text).toBe('a          n\n--------  --\nx [31m y  12\n           3\n');
});
