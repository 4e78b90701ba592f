// Rows, stacks and frames as agents send them, asked for in DeepFlow's dialect.
import { agent_columns, type FrameType, IN_PROCESS, PROFILE_FRAME, PROFILE_STACK } from '@sonde/records';
import { BlockBuilder, frame_id, stack_id } from '@sonde/records/codec';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { open_world, type World } from '../testing/world.ts';
import { flame_tree } from './flame.ts';
import { profile_tracing, TRACING } from './tracing.ts';

const BEGIN = Math.floor(Date.now() / 1000) - 600;
const FRAMES: readonly [FrameType, string, string][] = [
  ['A', 'main', 'shop'],
  ['L', 'malloc', 'libc.so.6'],
  ['K', 'do_syscall_64', ''],
  ['A', 'serve;all', 'shop'],
];
/** Frames by place in FRAMES, outermost first, and what a row of each costs. */
const STACKS: readonly [number[], number][] = [
  [[0, 1], 10],
  [[0, 3, 2], 200],
];

let world: World;
const words = new Uint32Array(FRAMES.length * 2);

async function insert_frames(): Promise<void> {
  const b = new BlockBuilder(agent_columns(PROFILE_FRAME));
  for (const [i, [type, name, module]] of FRAMES.entries()) {
    frame_id({ type, name, module }, words, i * 2);
    b.u32(b.column('time'), BEGIN);
    b.u64(b.column('frame_id'), words[i * 2]!, words[i * 2 + 1]!);
    b.str(b.column('frame_type'), type);
    b.str(b.column('name'), name);
    b.str(b.column('module'), module);
    b.end_row();
  }
  await world.store.insert({ database: 'profile', table: 'frame', interval_s: 0 }, b.take(), 'frames');
}

async function insert_stacks(): Promise<void> {
  const stacks = new BlockBuilder(agent_columns(PROFILE_STACK));
  const rows = new BlockBuilder(agent_columns(IN_PROCESS));
  const id = new Uint32Array(2);
  for (const [of, value] of STACKS) {
    const frames = Uint32Array.from(of.flatMap((i) => [words[i * 2]!, words[i * 2 + 1]!]));
    stack_id(frames, id, 0);
    stacks.u32(stacks.column('time'), BEGIN);
    stacks.u64(stacks.column('stack_id'), id[0]!, id[1]!);
    stacks.u64s(stacks.column('frame_ids'), frames, 0, of.length);
    stacks.end_row();
    for (let second = 0; second < 5; second++) {
      rows.u32(rows.column('time'), BEGIN + second);
      rows.str(rows.column('app_service'), 'shop');
      rows.u64(rows.column('stack_id'), id[0]!, id[1]!);
      rows.str(rows.column('profile_event_type'), 'on-cpu');
      rows.i64(rows.column('profile_value'), value);
      rows.end_row();
    }
  }
  // Twice: a definition that comes again changes nothing.
  const block = stacks.take();
  for (const token of ['a', 'b'])
    await world.store.insert({ database: 'profile', table: 'stack', interval_s: 0 }, block, token);
  await world.store.insert({ database: 'profile', table: 'in_process', interval_s: 0 }, rows.take(), 'rows');
}

beforeAll(async () => {
  world = await open_world([]);
  await insert_frames();
  await insert_stacks();
});
afterAll(() => world.close());

it('names the functions of each stack', async () => {
  const rows = await world.ask(
    `SELECT profile_location_str, Sum(profile_value) AS cost FROM in_process WHERE time >= ${BEGIN} GROUP BY profile_location_str ORDER BY cost`,
    'profile',
  );
  expect(rows).toEqual([
    { profile_location_str: 'main;[l] malloc', cost: 50 },
    { profile_location_str: 'main;serve;all;[k] do_syscall_64', cost: 1000 },
  ]);
});

it('filters by functions', async () => {
  const rows = await world.ask(
    `SELECT Sum(profile_value) AS cost FROM in_process WHERE profile_location_str LIKE '*malloc*' AND app_service = 'shop'`,
    'profile',
  );
  expect(rows).toEqual([{ cost: 50 }]);
});

it('tells functions of one name in two libraries apart', () => {
  const frame = (module: string) => ({ type: 'L' as const, name: '+0x10', module });
  const stacks = [0, 1, 0].map((of) => ({ frames: [of], value: 5 }));
  const tree = flame_tree('shop', stacks, [frame('liba.so'), frame('libb.so')], -1);
  expect(tree.functions).toEqual(['shop', '[l] +0x10', '[l] +0x10']);
  expect(tree.function_modules).toEqual(['', 'liba.so', 'libb.so']);
  expect(tree.node_values.values.map(([, , , total]) => total)).toEqual([15, 10, 5]);
});

it('makes a tree of functions out of the stacks of an application', async () => {
  const range = { profile_event_type: 'on-cpu', time_start: BEGIN, time_end: BEGIN + 3 };
  const ask = (more: object) => profile_tracing(world.store, TRACING.parse({ ...range, ...more }));
  const tree = await ask({ app_service: 'shop', profile_language_type: '' });
  const paths = tree.node_values.values.map(([of, parent, self, total], node, all) => {
    const path: string[] = [];
    for (let at = node; at >= 0; at = all[at]![1]!) path.unshift(tree.functions[all[at]![0]!]!);
    expect(of).toBe(tree.functions.indexOf(path.at(-1)!));
    return [node === 0 ? parent : 0, path.join(' > '), self, total];
  });
  expect(paths).toEqual([
    [-1, 'shop', 0, 840],
    [0, 'shop > main', 0, 840],
    [0, 'shop > main > serve;all', 0, 800],
    [0, 'shop > main > serve;all > [k] do_syscall_64', 800, 800],
    [0, 'shop > main > [l] malloc', 40, 40],
  ]);
  expect(tree.function_types[tree.functions.indexOf('[l] malloc')]).toBe('L');
  expect(tree.function_modules[tree.functions.indexOf('[l] malloc')]).toBe('libc.so.6');
  const total = tree.functions.indexOf('main');
  expect(tree.function_values.values[total]).toEqual([0, 840]);

  const folded = await ask({ app_service: 'shop', max_kernel_stack_depth: 0 });
  expect(folded.functions).not.toContain('[k] do_syscall_64');
  expect(folded.node_values.values.find(([of]) => folded.functions[of!] === '[k]')![3]).toBe(800);

  const none = await ask({ app_service: "sh'op" });
  expect(none.node_values.values).toEqual([[0, -1, 0, 0]]);
  const filtered = await ask({ tag_filter: "profile_location_str LIKE '*malloc*'" });
  expect(filtered.node_values.values[0]![3]).toBe(40);
});
