// Files of other tools, and ours read by others' libraries (fixtures/README.md).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Profile as Pprof } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import { FORMATS, format_named, read_profiles } from './index.ts';
import { NO_HINTS, type Profile } from './profile.ts';
import { add, type Meaning, meaning_of } from './testing/meaning.ts';

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));
async function read(format: string, bytes: Uint8Array, hints = NO_HINTS): Promise<Profile> {
  const profiles = await read_profiles(format_named(format)!, bytes, hints);
  expect(profiles).toHaveLength(1);
  return profiles[0]!;
}
const written = (format: string, profile: Profile): Uint8Array => format_named(format)!.encode!(profile);

/** As the npm package pprof-format reads it. */
function by_library(packed: Uint8Array): Meaning {
  const file = Pprof.decode(gunzipSync(packed));
  const text = (index: number | bigint): string => file.stringTable.strings[Number(index)]!;
  const functions = new Map(file.function.map((f) => [Number(f.id), text(f.name) || text(f.systemName)]));
  const mappings = new Map(file.mapping.map((m) => [Number(m.id), m]));
  const locations = new Map(
    file.location.map((l) => {
      const lines = l.line.map((line) => functions.get(Number(line.functionId))!);
      const m = mappings.get(Number(l.mappingId));
      const offset = BigInt(l.address) - BigInt(m?.memoryStart ?? 0) + BigInt(m?.fileOffset ?? 0);
      return [Number(l.id), lines.length > 0 ? lines : [`+0x${offset.toString(16)}`]];
    }),
  );
  const meaning: Meaning = new Map();
  for (const sample of file.sample) {
    const stack = sample.locationId.flatMap((id) => locations.get(Number(id))!).reverse();
    const labels = sample.label.map((l) => `${text(l.key)}=${text(l.str) || l.num}`);
    for (const [i, type] of file.sampleType.entries())
      add(meaning, stack, labels, `${text(type.type)}/${text(type.unit)}`, Number(sample.value[i]));
  }
  return meaning;
}

const PPROF = ['go-cpu.pb.gz', 'go-heap.pb.gz', 'go-mutex.pb.gz', 'node-wall.pb.gz', 'c-cpu.pb.gz'];
describe.each(PPROF)('%s', (name) => {
  it('means what an independent reader says', async () => {
    const expected = by_library(fixture(name));
    expect(expected.size).toBeGreaterThan(1);
    expect(meaning_of(await read('pprof', fixture(name)))).toEqual(expected);
  });

  it('is written so that it means the same to that reader and to us', async () => {
    const profile = await read('pprof', fixture(name));
    const again = written('pprof', profile);
    expect(by_library(again)).toEqual(meaning_of(profile));
    const back = await read('pprof', again);
    expect(meaning_of(back)).toEqual(meaning_of(profile));
    const of = (p: Profile) => p.frames.map((f) => `${f.type} ${f.module} ${f.name}`).sort();
    expect(of(back)).toEqual(of(profile));
    expect([back.period, back.start_ms, back.duration_ms]).toEqual([
      profile.period,
      expect.closeTo(profile.start_ms, 2),
      expect.closeTo(profile.duration_ms, 3),
    ]);
  });

  it('passes through collapsed stacks and speedscope with its sums', async () => {
    const profile = await read('pprof', fixture(name));
    const plain = meaning_of({ ...profile, samples: profile.samples.filter((s) => s.type === 0) }, false);
    const type = profile.types[0]!;
    const collapsed = await read('collapsed', written('collapsed', profile), { ...NO_HINTS, type });
    const total = (m: Meaning) => [...m.values()].reduce((a, b) => a + b, 0);
    expect(total(meaning_of(collapsed))).toBe(total(plain));
    const speedscope = await read('speedscope', written('speedscope', profile), { ...NO_HINTS, type });
    const names = (m: Meaning) => [...m].map(([key, value]) => [key.split(' | ')[0], value]).sort();
    const first = {
      ...speedscope,
      samples: speedscope.samples.filter((s) => of_profile(speedscope, s.labels) === type.name),
    };
    expect(names(meaning_of(first, false))).toEqual(names(plain));
  });
});
const of_profile = (profile: Profile, labels: number): string =>
  profile.labels[labels]!.find(([name]) => name === 'profile_name')?.[1] ?? '';

it('java.jfr: what `jfr print` says of every event', async () => {
  const profile = await read('jfr', fixture('java.jfr.gz'));
  const KINDS: Record<string, [count: string | undefined, value: string | undefined]> = {
    'jdk.ExecutionSample': [undefined, undefined],
    'jdk.ObjectAllocationInNewTLAB': ['alloc_in_new_tlab_objects/count', 'alloc_in_new_tlab_bytes/bytes'],
    'jdk.ObjectAllocationOutsideTLAB': ['alloc_outside_tlab_objects/count', 'alloc_outside_tlab_bytes/bytes'],
    'jdk.ObjectAllocationSample': ['alloc_sample_objects/count', 'alloc_sample_bytes/bytes'],
    'jdk.JavaMonitorEnter': ['mutex_contentions/count', 'mutex_delay/nanoseconds'],
    'jdk.ThreadPark': ['block_contentions/count', 'block_delay/nanoseconds'],
  };
  const expected: Meaning = new Map();
  const lines = fixture('java.jfr.txt').toString().trimEnd().split('\n');
  for (const line of lines) {
    const [type, thread, stack, events, value] = line.split('\t');
    const [count_type, value_type] = KINDS[type!]!;
    const names = stack!.replace(/(\$\$Lambda)[^;]*\.run/g, '$1.run').split(';');
    // Every 10 ms, as settings.jfc says.
    if (count_type === undefined)
      add(expected, names, [`thread_name=${thread}`], 'cpu/nanoseconds', Number(events) * 1e7);
    else add(expected, names, [`thread_name=${thread}`], count_type, Number(events));
    if (value_type !== undefined) add(expected, names, [`thread_name=${thread}`], value_type, Number(value));
  }
  const labels = profile.labels.map((set) => set.filter(([name, value]) => name === 'thread_name' && value !== ''));
  const got = meaning_of({ ...profile, labels: labels.map((l) => (l.length > 0 ? l : [['thread_name', '']])) });
  const rounded = (m: Meaning) => [...m].map(([k, v]) => [k, k.includes('_delay') ? Math.round(v / 1000) : v]).sort();
  expect(rounded(got)).toEqual(rounded(expected));
  expect(new Set(profile.samples.map((s) => s.second)).size).toBeGreaterThan(1);
  for (const { second } of profile.samples) {
    expect(second).toBeGreaterThanOrEqual(Math.floor(profile.start_ms / 1000));
    expect(second).toBeLessThanOrEqual((profile.start_ms + profile.duration_ms) / 1000);
  }
});

it('collapsed stacks: counts, types of functions, lines without counts', async () => {
  const text =
    'main;[l] malloc 3\nmain;do_syscall_64_[k] 4\n\n# comment\nmain;java.lang.Thread.run_[j] 5\nmain;a b 6\n';
  const profile = await read('collapsed', Buffer.from(text));
  expect(profile.frames.map(({ type, name }) => `${type} ${name}`)).toEqual([
    'A main',
    'L malloc',
    'K do_syscall_64',
    'A java.lang.Thread.run',
    'A a b',
  ]);
  expect(profile.samples.map((s) => s.value)).toEqual([3, 4, 5, 6]);
  const lines = await read('lines', Buffer.from('a;b\na;b\nc 7\n'));
  expect([...meaning_of(lines).entries()]).toEqual([
    ['a;b |  | samples/count', 2],
    ['c 7 |  | samples/count', 1],
  ]);
  await expect(read('collapsed', Buffer.from('main;x 1\nmain;y\n'))).rejects.toThrow('Line 2');
});

it('speedscope: open and close events become the time between them', async () => {
  const file = {
    shared: { frames: [{ name: 'a', file: 'x.js' }, { name: '[k] b' }] },
    profiles: [
      {
        type: 'evented',
        name: 't',
        unit: 'milliseconds',
        startValue: 0,
        endValue: 10,
        events: [
          { type: 'O', frame: 0, at: 1 },
          { type: 'O', frame: 1, at: 3 },
          { type: 'C', frame: 1, at: 4.5 },
          { type: 'C', frame: 0, at: 10 },
        ],
      },
    ],
  };
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  const profile = await read('speedscope', bytes(file));
  expect([...meaning_of(profile)]).toEqual([
    ['a |  | cpu/nanoseconds', 7_500_000],
    ['a;b |  | cpu/nanoseconds', 1_500_000],
  ]);
  expect(profile.frames).toEqual([
    { type: 'A', name: 'a', module: 'x.js' },
    { type: 'K', name: 'b', module: '' },
  ]);
  file.profiles[0]!.events.pop();
  await expect(read('speedscope', bytes(file))).rejects.toThrow('functions open');
});

it('knows a file by its bytes', () => {
  const claim = (bytes: Uint8Array) => FORMATS.filter((f) => f.claims?.(bytes)).map((f) => f.name);
  expect(claim(gunzipSync(fixture('java.jfr.gz')))).toEqual(['jfr']);
  expect(claim(gunzipSync(fixture('go-cpu.pb.gz')))).toEqual([]);
});
