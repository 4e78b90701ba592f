import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { KernelError } from './errors.ts';
import { BpfObject, recursionMisses } from './object.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-object-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = `#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(map_flags, BPF_F_MMAPABLE); __uint(max_entries, 4);
	__type(key, __u32); __type(value, __u64); } words SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); } pairs SEC(".maps");
const volatile __u32 step SEC(".rodata.step") = 1;
`;

function compile(name: string, body: string): string {
  const source = join(folder, `${name}.c`);
  writeFileSync(source, HEAD + body);
  const path = join(folder, `${name}.o`);
  const target = ['-O2', '-g', '-target', 'bpf', '-idirafter', '/usr/include/x86_64-linux-gnu'];
  execFileSync('clang', [...target, '-c', source, '-o', path]);
  return path;
}

const COUNT = `SEC("tp_btf/sys_enter") int count(void *context)
{ __u32 key = 1; __u64 *word = bpf_map_lookup_elem(&words, &key); if (word) *word += step; return 0; }`;

function problem(run: () => void): KernelError {
  try {
    run();
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('eBPF objects', () => {
  it('take constants and sizes before load, run, and share memory', () => {
    const object = BpfObject.open(compile('good', COUNT));
    new Uint32Array(object.map('.rodata.step').initialValue())[0] = 1000;
    object.map('words').max_entries = 8;
    object.load();
    const mapping = object.map('words').mapping();
    const words = new BigUint64Array(mapping.buffer);
    object.attach();
    readFileSync('/proc/self/stat');
    object.close();
    const counted = words[1]!;
    expect(counted).toBeGreaterThan(0n);
    expect(counted % 1000n).toBe(0n);
    readFileSync('/proc/self/stat');
    expect(words[1]).toBe(counted);
    mapping.close();
  });

  it('load under a storm of signals', async () => {
    // The verifier gives up when a signal is pending; a program of this size takes it some milliseconds.
    const steps = Array.from(
      { length: 400 },
      (_, i) => `word = bpf_map_lookup_elem(&words, &key); if (word && *word > ${i}) *word += ${i};`,
    );
    const path = compile(
      'long',
      `SEC("tp_btf/sys_enter") int count(void *context) { __u32 key = 1; __u64 *word; ${steps.join('\n')} return 0; }`,
    );
    let signals = 0;
    const heard = (): number => signals++;
    process.on('SIGUSR2', heard);
    const storm = spawn('bash', ['-c', `echo; while kill -USR2 ${process.pid}; do :; done`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(storm.stdout, 'data');
    try {
      for (let round = 0; round < 5; round++) {
        const object = BpfObject.open(path);
        object.load();
        object.close();
        await new Promise(setImmediate);
      }
    } finally {
      storm.kill();
      await once(storm, 'exit');
      process.off('SIGUSR2', heard);
    }
    expect(signals).toBeGreaterThan(0);
  });

  it('read and write maps, and say when one is full', () => {
    const object = BpfObject.open(compile('maps', COUNT));
    object.load();
    const pairs = object.map('pairs');
    const key = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
    const value = new Uint8Array(8);
    pairs.update(key(1), Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0));
    expect([pairs.lookup(key(1), value), value[0], pairs.lookup(key(2), value)]).toEqual([true, 7, false]);
    pairs.update(key(2), value);
    expect(problem(() => pairs.update(key(3), value)).problem).toBe('map_failed');
    expect(recursionMisses(object.programs().get('count')!)).toBe(0);
    object.close();
  });

  it('name what is wrong and the way out', () => {
    expect(problem(() => BpfObject.open(join(folder, 'nowhere.o')))).toMatchObject({ problem: 'open_failed' });
    const garbage = join(folder, 'garbage.o');
    writeFileSync(garbage, 'no object');
    expect(problem(() => BpfObject.open(garbage))).toMatchObject({ problem: 'open_failed', way_out: 'Build it anew' });
    const nowhere = COUNT.replace('sys_enter', 'no_such_tracepoint');
    const error = problem(() => BpfObject.open(compile('nowhere', nowhere)).load());
    expect(error.message).toContain("'no_such_tracepoint'");
    rmSync(dirname(error.log_file!), { recursive: true });
  });

  it('keep the verifier’s words in a file', () => {
    const unchecked = COUNT.replace('if (word) ', '');
    const error = problem(() => BpfObject.open(compile('refused', unchecked)).load());
    expect(error.problem).toBe('load_failed');
    expect(readFileSync(error.log_file!, 'latin1')).toContain("invalid mem access 'map_value_or_null'");
    rmSync(dirname(error.log_file!), { recursive: true });
  });
});
