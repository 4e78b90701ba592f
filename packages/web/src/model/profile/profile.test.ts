// Trees against whole stacks counted one by one.
import { Profile } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import { change_of, difference, shares_of } from './difference.ts';
import { collapsed, speedscope } from './export.ts';
import { type Foldable, fold } from './fold.ts';
import { function_lines } from './functions.ts';
import { layout_of } from './layout.ts';
import { pprof } from './pprof.ts';
import { event_types, shown_events } from './queries.ts';
import { sandwich } from './sandwich.ts';
import { pattern_of, search } from './search.ts';
import {
  answer_of,
  type Cost,
  costs_by_path,
  paths_of,
  random_stacks,
  type Stack,
  tree_from,
} from './testing/stacks.ts';
import { type Fn, fn_key, path_hashes, path_of, sum_of, tree_of } from './tree.ts';

const SEEDS = Array.from({ length: 15 }, (_, i) => i + 1);
const some_stacks = (seed: number): Stack[] => random_stacks(seed, 1 + (seed % 5) * 12, 4 + (seed % 9));

describe('a tree', () => {
  it.each(SEEDS)('holds what the stacks cost (%i)', (seed) => {
    const stacks = some_stacks(seed);
    expect(paths_of(tree_from(stacks))).toEqual(costs_by_path(stacks));
  });

  it('is not made of what is out of order', () => {
    const answer = answer_of(some_stacks(3));
    const broken = (values: number[][]) => () => tree_of({ ...answer, node_values: { values } }, '');
    expect(broken([[0, 0, 0, 0]])).toThrow(/node 0/);
    expect(
      broken([
        [0, -1, 0, 9],
        [0, 1, 9, 9],
      ]),
    ).toThrow(/node 1/);
    expect(
      broken([
        [0, -1, 0, 9],
        [999, 0, 9, 9],
      ]),
    ).toThrow(/node 1/);
    expect(tree_of({ ...answer, node_values: { values: [] } }, '').fn).toHaveLength(0);
  });

  it('names a path alike wherever it is', () => {
    const stacks = some_stacks(8);
    const [one, other] = [tree_from(stacks), tree_from([...stacks].reverse())];
    const [of_one, of_other] = [path_hashes(one), path_hashes(other)];
    const text = (tree: typeof one, node: number): string =>
      path_of(tree, node)
        .map((n) => fn_key(tree.functions[tree.fn[n]!]!))
        .join(' > ');
    for (let node = 0; node < one.fn.length; node++) {
      const there = of_other.find(of_one.name(node));
      expect(text(other, there)).toBe(text(one, node));
    }
    expect(of_one.find('0123456789abcdef')).toBe(0);
    expect(of_one.find('no name')).toBe(0);
  });
});

/** Runs of what is folded as one function, by another way: over the path's text. */
function folded_path(path: readonly Fn[], what: readonly Foldable[]): Fn[] {
  const out: Fn[] = [];
  let run = '';
  for (const fn of path) {
    const kind =
      fn.kind === 'K' && what.includes('kernel') ? 'K' : fn.kind === 'L' && what.includes('library') ? 'L' : '';
    if (kind === '') out.push(fn);
    else if (kind !== run)
      out.push(kind === 'K' ? { name: 'kernel', kind, module: '' } : { name: fn.module, kind, module: fn.module });
    run = kind;
  }
  return out;
}

describe('folding', () => {
  it.each(SEEDS)('makes one frame of each run (%i)', (seed) => {
    const stacks = some_stacks(seed);
    for (const what of [['kernel'], ['library'], ['kernel', 'library']] as const) {
      const plain = stacks.map(({ path, value }) => ({ path: folded_path(path, what), value }));
      expect(paths_of(fold(tree_from(stacks), what))).toEqual(costs_by_path(plain));
    }
  });
  it('of nothing changes nothing', () => {
    const tree = tree_from(some_stacks(5));
    expect(fold(tree, [])).toBe(tree);
  });
});

describe('a sandwich', () => {
  it.each(SEEDS)('merges callers and callees of outermost calls (%i)', (seed) => {
    const stacks = some_stacks(seed);
    const tree = tree_from(stacks);
    for (const fn of new Map(stacks.flatMap((s) => s.path).map((f) => [fn_key(f), f])).values()) {
      const key = fn_key(fn);
      const with_it = stacks.flatMap(({ path, value }) => {
        const at = path.findIndex((f) => fn_key(f) === key);
        return at < 0 ? [] : [{ above: path.slice(0, at).reverse(), below: path.slice(at + 1), value }];
      });
      const { callers, callees } = sandwich(tree, key);
      expect(paths_of(callees)).toEqual(costs_by_path(with_it.map(({ below: path, value }) => ({ path, value }))));
      expect(paths_of(callers)).toEqual(costs_by_path(with_it.map(({ above: path, value }) => ({ path, value }))));
      expect(sum_of(callers)).toBe(function_lines(tree).find((line) => line.key === key)!.total);
    }
  });
  it('of what is not there is empty and still has a name', () => {
    const { callers, callees } = sandwich(tree_from(some_stacks(2)), 'A~shop~a~b');
    expect([sum_of(callers), sum_of(callees)]).toEqual([0, 0]);
    expect(callers.functions[0]).toEqual({ kind: 'A', module: 'shop', name: 'a~b' });
  });
});

function costs_by_function(stacks: readonly Stack[]): Record<string, Cost> {
  const costs: Record<string, Cost> = {};
  for (const { path, value } of stacks) {
    for (const key of new Set(path.map(fn_key))) {
      costs[key] ??= { self: 0, total: 0 };
      costs[key].total += value;
    }
    const last = path.at(-1);
    if (last) costs[fn_key(last)]!.self += value;
  }
  return costs;
}

describe('the table of functions', () => {
  it.each(SEEDS)('counts a call within a call once (%i)', (seed) => {
    const [now, before] = [some_stacks(seed), some_stacks(seed + 100)];
    const lines = function_lines(tree_from(now));
    expect(Object.fromEntries(lines.map(({ key, self, total }) => [key, { self, total }]))).toEqual(
      costs_by_function(now),
    );
    const [costs, earlier] = [costs_by_function(now), costs_by_function(before)];
    const both = function_lines(tree_from(now), tree_from(before));
    expect(both.map((l) => l.key).sort()).toEqual(
      [...new Set([...Object.keys(costs), ...Object.keys(earlier)])].sort(),
    );
    const none = { self: 0, total: 0 };
    for (const line of both) {
      expect({ self: line.self, total: line.total }).toEqual(costs[line.key] ?? none);
      expect(line.before).toEqual(earlier[line.key] ?? none);
    }
  });
});

describe('a difference', () => {
  it.each(SEEDS)('compares shares path by path (%i)', (seed) => {
    const [before, now] = [some_stacks(seed + 50), some_stacks(seed)];
    const tree = difference(tree_from(before), tree_from(now));
    const [then, costs] = [costs_by_path(before), costs_by_path(now)];
    const paths = Object.keys(paths_of(tree));
    expect([...paths].sort()).toEqual([...new Set([...Object.keys(then), ...Object.keys(costs)])].sort());
    for (const [node, path] of paths.entries()) {
      const [a, b] = [then[path] ?? { self: 0, total: 0 }, costs[path] ?? { self: 0, total: 0 }];
      expect([tree.sides!.before.total[node], tree.sides!.now.total[node]]).toEqual([a.total, b.total]);
      expect([tree.sides!.before.self[node], tree.sides!.now.self[node]]).toEqual([a.self, b.self]);
      const shares = { before: a.total / then['']!.total, now: b.total / costs['']!.total };
      expect(shares_of(tree, node)).toEqual(shares);
      expect(tree.total[node]).toBeCloseTo((shares.before + shares.now) / 2, 12);
      expect(Math.sign(change_of(shares))).toBe(Math.sign(shares.now - shares.before));
    }
    expect(sum_of(tree)).toBeCloseTo(1, 12);
  });

  it('with nothing shows the other side whole', () => {
    const stacks = some_stacks(4);
    const nothing = tree_from([]);
    for (const tree of [difference(nothing, tree_from(stacks)), difference(tree_from(stacks), nothing)])
      expect(sum_of(tree)).toBeCloseTo(1, 12);
    expect(sum_of(difference(nothing, nothing))).toBe(0);
    expect(change_of({ before: 0, now: 0.2 })).toBe(1);
    expect(change_of({ before: 0.2, now: 0 })).toBe(-1);
    expect(change_of({ before: 0, now: 0 })).toBe(0);
  });

  it('of a range and twice of it is none', () => {
    const stacks = some_stacks(9);
    const tree = difference(tree_from(stacks), tree_from([...stacks, ...stacks]));
    for (let node = 0; node < tree.fn.length; node++) expect(change_of(shares_of(tree, node))).toBe(0);
  });
});

describe('search', () => {
  const test_of = (text: string) => {
    const pattern = pattern_of(text);
    if (pattern === undefined || 'problem' in pattern) throw new Error('no pattern');
    return pattern.test;
  };
  it.each(SEEDS)('counts what lies below a match once (%i)', (seed) => {
    const stacks = some_stacks(seed);
    const tree = tree_from(stacks);
    const found = search(tree, layout_of(tree), test_of('^F[12]$|lib1'.toLowerCase()));
    const is = (fn: Fn): boolean => /^f[12]$/.test(fn.name) || /lib1/.test(fn.module);
    expect(found.total).toBe(stacks.filter((s) => s.path.some(is)).reduce((sum, s) => sum + s.value, 0));
    const frames = Object.keys(costs_by_path(stacks)).filter((path) => {
      const [, module = '', name = ''] = path.split(' > ').at(-1)!.split('~');
      return path !== '' && is({ name, module, kind: 'A' });
    });
    expect(found.frames).toBe(frames.length);
  });
  it('heeds case when the pattern does, and says what is wrong with a pattern', () => {
    const fn = (name: string): Fn => ({ name, kind: 'A', module: '' });
    expect(test_of('main')(fn('MAIN'))).toBe(true);
    expect(test_of('Main')(fn('main'))).toBe(false);
    expect(test_of('\\S+x')(fn('MAX'))).toBe(true);
    expect(pattern_of('a(')).toHaveProperty('problem');
    expect(pattern_of('')).toBeUndefined();
  });
});

describe('files for other tools', () => {
  const named = (fn: Fn): string => ({ K: '[k] ', L: '[l] ' })[fn.kind as string] ?? '';
  const line = (path: readonly Fn[]): string => path.map((f) => named(f) + f.name).join(';');

  it.each(SEEDS.slice(0, 10))('hold the stacks, all or below a frame (%i)', (seed) => {
    const stacks = some_stacks(seed);
    const tree = tree_from(stacks);
    const sums = (of: readonly Stack[]): Record<string, number> => {
      const by: Record<string, number> = {};
      for (const { path, value } of of) if (path.length > 0) by[line(path)] = (by[line(path)] ?? 0) + value;
      return by;
    };
    const read = (text: string): Record<string, number> => {
      const by: Record<string, number> = {};
      for (const [, path, value] of text.matchAll(/^(.*) (\d+)$/gm)) by[path!] = (by[path!] ?? 0) + Number(value);
      return by;
    };
    expect(read(collapsed(tree))).toEqual(sums(stacks));
    const top = tree.fn.length - 1;
    const names = path_of(tree, top)
      .slice(1)
      .map((n) => fn_key(tree.functions[tree.fn[n]!]!));
    const below = stacks.filter((s) => names.every((name, i) => s.path[i] && fn_key(s.path[i]) === name));
    expect(read(collapsed(tree, top))).toEqual(sums(below));
    const file = JSON.parse(speedscope(tree, 0, 'shop', 'us')) as {
      shared: { frames: { name: string; file?: string }[] };
      profiles: { unit: string; samples: number[][]; weights: number[]; endValue: number }[];
    };
    const [profile] = file.profiles;
    const by_name: Record<string, number> = {};
    for (const [i, sample] of profile!.samples.entries()) {
      const key = sample.map((f) => file.shared.frames[f]!.name).join(';');
      by_name[key] = (by_name[key] ?? 0) + profile!.weights[i]!;
    }
    const plain: Record<string, number> = {};
    for (const { path, value } of stacks)
      plain[path.map((f) => f.name).join(';')] = (plain[path.map((f) => f.name).join(';')] ?? 0) + value;
    expect(by_name).toEqual(plain);
    expect(profile!.endValue).toBe(stacks.reduce((sum, s) => sum + s.value, 0));
  });

  it.each(SEEDS.slice(0, 10))('are read by an independent reader of pprof (%i)', (seed) => {
    const stacks = some_stacks(seed);
    const tree = tree_from(stacks);
    const read = Profile.decode(pprof(tree, 0, 'on-cpu', 'microseconds'));
    const text = (id: number | bigint): string => read.stringTable.strings[Number(id)]!;
    expect(read.sampleType.map((t) => [text(t.type), text(t.unit)])).toEqual([['on-cpu', 'microseconds']]);
    const functions = new Map(read.function.map((f) => [Number(f.id), text(f.name)]));
    const mappings = new Map(read.mapping.map((m) => [Number(m.id), text(m.filename)]));
    const locations = new Map(read.location.map((l) => [Number(l.id), l]));
    const costs: Record<string, number> = {};
    for (const { locationId, value } of read.sample) {
      const path = [...locationId].reverse().map((id) => {
        const { line, mappingId } = locations.get(Number(id))!;
        return `${functions.get(Number(line[0]!.functionId))} ${mappings.get(Number(mappingId)) ?? ''}`;
      });
      costs[path.join(';')] = (costs[path.join(';')] ?? 0) + Number(value[0]);
    }
    const plain: Record<string, number> = {};
    for (const { path, value } of stacks) {
      const key = path.map((f) => `${f.name} ${f.kind === 'K' ? '[kernel.kallsyms]' : f.module}`).join(';');
      plain[key] = (plain[key] ?? 0) + value;
    }
    expect(costs).toEqual(plain);
  });
  it('hold numbers beyond 32 bits and names beyond ASCII', () => {
    const value = 2 ** 45 + 3;
    const tree = tree_from([{ path: [{ name: 'größe::ƒ', kind: 'A', module: 'ö' }], value }]);
    const read = Profile.decode(pprof(tree, 0, 'cpu', 'nanoseconds'));
    expect(Number(read.sample[0]!.value[0])).toBe(value);
    expect(read.stringTable.strings).toContain('größe::ƒ');
  });

  it('keep names apart from what separates them', () => {
    const tree = tree_from([{ path: [{ name: 'a;b\nc', kind: 'A', module: '' }], value: 3 }]);
    expect(collapsed(tree)).toBe('a:b:c 3\n');
  });
});

describe('types of events', () => {
  const row = (type: string, unit: string, cost: number) => ({
    profile_event_type: type,
    profile_value_unit: unit,
    cost,
  });
  it('are shown once each, on and off the CPU side by side, what was chosen alone', () => {
    const known = event_types([
      row('cpu', 'count', 9),
      row('off-cpu', 'us', 8),
      row('cpu', 'nanoseconds', 7),
      row('on-cpu', 'us', 6),
    ]);
    expect(known.map((e) => [e.type, e.unit])).toEqual([
      ['cpu', 'count'],
      ['off-cpu', 'us'],
      ['on-cpu', 'us'],
    ]);
    const types = (of: typeof known, chosen: string) => shown_events(of, chosen).map((e) => e.type);
    expect(types(known, '')).toEqual(['on-cpu', 'off-cpu']);
    expect(types(known, 'cpu')).toEqual(['cpu']);
    expect(types(known, 'gone')).toEqual(['on-cpu', 'off-cpu']);
    expect(types(known.slice(0, 2), '')).toEqual(['cpu']);
    expect(types([], '')).toEqual([]);
  });
});
