// A profile that is known sample by sample: the statements and trees that the profile view asks for are answered from it.
import { answer_of, random, random_stacks, type Stack } from '../src/model/profile/testing/stacks.ts';
import type { Fn, Kind, TracingAnswer } from '../src/model/profile/tree.ts';

export interface Sample extends Stack {
  readonly time: number;
  readonly event: 'on-cpu' | 'off-cpu';
  readonly service: string;
  readonly pid: number;
}

const fn = (name: string, kind: Kind = 'A', module = 'orders'): Fn => ({ name, kind, module });
const START = [fn('_start'), fn('__libc_start_main', 'L', 'libc.so.6'), fn('main')];
const SEND = [
  fn('sendmsg', 'L', 'libc.so.6'),
  fn('entry_SYSCALL_64', 'K', ''),
  fn('do_syscall_64', 'K', ''),
  fn('tcp_sendmsg', 'K', ''),
];
const WAIT = [
  fn('epoll_wait', 'L', 'libc.so.6'),
  fn('entry_SYSCALL_64', 'K', ''),
  fn('do_epoll_wait', 'K', ''),
  fn('schedule', 'K', ''),
];
const SERVE = [...START, fn('serve'), fn('handle_request')];

/** Stacks of the shop with their weight on and off the CPU; `late` costs more in the second half of the time. */
const KINDS: readonly { path: readonly Fn[]; on: number; off: number; late?: number }[] = [
  { path: [...SERVE, fn('parse_json'), fn('parse_value'), fn('parse_value'), fn('parse_string')], on: 24, off: 0 },
  { path: [...SERVE, fn('parse_json'), fn('parse_value')], on: 9, off: 0 },
  {
    path: [...SERVE, fn('price'), fn('std::map<std::string, Item>::find(std::string const&)')],
    on: 12,
    off: 0,
    late: 4,
  },
  { path: [...SERVE, fn('price'), fn('memcmp', 'L', 'libc.so.6')], on: 6, off: 0, late: 4 },
  {
    path: [...SERVE, fn('encode'), fn('deflate', 'L', 'libz.so.1'), fn('longest_match', 'L', 'libz.so.1')],
    on: 18,
    off: 0,
  },
  {
    path: [...SERVE, fn('encode'), fn('malloc', 'L', 'libc.so.6'), fn('_int_malloc', 'L', 'libc.so.6')],
    on: 5,
    off: 0,
  },
  { path: [...SERVE, fn('reply'), ...SEND], on: 8, off: 2 },
  { path: [...START, fn('serve'), ...WAIT], on: 2, off: 70 },
  { path: [fn('[no unwinding table]', 'H', ''), fn('handle_request')], on: 3, off: 1 },
];

/** `seconds` of two services, a sample a second, kind and process. */
export function shop_samples(to: number, seconds: number): Sample[] {
  const next = random(11);
  const samples: Sample[] = [];
  for (let time = to - seconds; time < to; time++)
    for (const { path, on, off, late = 1 } of KINDS)
      for (const [event, weight] of [
        ['on-cpu', on * (time >= to - seconds / 2 ? late : 1)],
        ['off-cpu', off],
      ] as const)
        for (const [service, pid, part] of [
          ['orders', 4242, 1],
          ['orders', 4243, 0.4],
          ['gateway', 99, 0.3],
        ] as const) {
          const value = Math.round(weight * part * 1000 * (0.6 + next() * 0.8));
          if (value > 0) samples.push({ time, event, service, pid, path, value });
        }
  return samples;
}

/** Many frames: as many different paths as a large program has in a long time. */
export const many_samples = (time: number, stacks: number): Sample[] =>
  random_stacks(5, stacks, 600, 60).map((stack) => ({ ...stack, time, event: 'on-cpu', service: 'big', pid: 1 }));

const COLUMNS: Readonly<Record<string, (s: Sample) => string | number>> = {
  time: (s) => s.time,
  profile_event_type: (s) => s.event,
  profile_value_unit: () => 'us',
  app_service: (s) => s.service,
  process_id: (s) => s.pid,
};

function holds(condition: string): (s: Sample) => boolean {
  const [, name = '', op = '', raw = ''] = /^(\w+) (>=|<|=) (.*)$/.exec(condition) ?? [];
  const of = COLUMNS[name];
  if (!of) throw new Error(`not understood: ${condition}`);
  const value = raw.replace(/^'|'$/g, '');
  if (op === '=') return (s) => String(of(s)) === value;
  return (s) => (op === '<' ? Number(of(s)) < Number(value) : Number(of(s)) >= Number(value));
}

/** SELECT tags, Sum(profile_value) AS cost FROM in_process ... GROUP BY tags. */
export function answer_statement(sql: string, samples: readonly Sample[]): unknown {
  const parts = /^SELECT (.*), Sum\(profile_value\) AS cost FROM in_process WHERE (.*) GROUP BY .* ORDER BY (\w+)/.exec(
    sql,
  );
  if (!parts) throw new Error(`not understood: ${sql}`);
  const [, tags = '', where = '', order = ''] = parts;
  const conditions = where.split(' AND ').map(holds);
  const width = Number(/^time\(time, (\d+)\) AS bucket$/.exec(tags)?.[1] ?? 0);
  const columns = width > 0 ? ['bucket'] : tags.split(', ');
  const costs = new Map<string, number>();
  for (const s of samples) {
    if (!conditions.every((is) => is(s))) continue;
    const key = JSON.stringify(width > 0 ? [Math.floor(s.time / width) * width] : columns.map((c) => COLUMNS[c]!(s)));
    costs.set(key, (costs.get(key) ?? 0) + s.value);
  }
  const values = [...costs].map(([key, cost]) => [...(JSON.parse(key) as unknown[]), cost] as (string | number)[]);
  values.sort((a, b) => (order === 'cost' ? Number(b.at(-1)) - Number(a.at(-1)) : Number(a[0]) - Number(b[0])));
  return { OPT_STATUS: 'SUCCESS', DESCRIPTION: '', result: { columns: [...columns, 'cost'], values } };
}

export const matching = (asked: Record<string, unknown>, samples: readonly Sample[]): Sample[] => {
  const filters = String(asked.tag_filter ?? '')
    .split(' AND ')
    .filter(Boolean)
    .map(holds);
  return samples.filter(
    (s) =>
      s.time >= Number(asked.time_start) &&
      s.time <= Number(asked.time_end) &&
      s.event === asked.profile_event_type &&
      (asked.app_service === '' || s.service === asked.app_service) &&
      filters.every((is) => is(s)),
  );
};
export const answer_tracing = (asked: Record<string, unknown>, samples: readonly Sample[]): TracingAnswer =>
  answer_of(matching(asked, samples));
