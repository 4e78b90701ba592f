import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EGRESS, INGRESS, ROLE } from '../event.ts';
import type { EbpfCapture, EbpfOptions } from './ebpf.ts';
import { RecordedCapture } from './recorded.ts';
import {
  type Bench,
  build,
  collect,
  data,
  ended,
  ignore_others,
  lives,
  ofTree,
  processes,
  type Seen,
  type SeenData,
  scenario,
} from './testing/live.ts';

let bench: Bench;
let capture: EbpfCapture | undefined;
beforeAll(() => {
  bench = build();
});
afterAll(() => bench.remove());
afterEach(() => capture?.close());

function open(options: Partial<EbpfOptions> = {}): EbpfCapture {
  capture = bench.open(options);
  return capture;
}

function sum(source: EbpfCapture, name: string): number {
  return (source.counters().get(name) ?? []).reduce((a, b) => a + b, 0);
}

describe('processes', () => {
  it('names a process that lives a few milliseconds, with its arguments', async () => {
    const source = open();
    const args = ['--fail', 'http://127.0.0.1:1/a b', 'größe', 'x'.repeat(2000)];
    const child = spawn('/bin/true', args);
    await ended(child);
    const seen = processes(collect(source)).filter((e) => e.pid === child.pid);
    expect(seen.map((e) => e.kind)).toEqual(['fork', 'exec', 'exit']);
    const [, exec] = seen;
    expect(exec).toMatchObject({ filename: '/bin/true', comm: 'true', ppid: process.pid, uid: process.getuid?.() });
    const whole = Buffer.from(['/bin/true', ...args].join('\0'));
    expect(exec!.args).toBe(whole.subarray(0, 1024).toString());
    expect(exec!.cgroup_id).toBeGreaterThan(0);
  });

  it('does not report threads', async () => {
    const source = open();
    const seen = processes(await scenario(bench, source, 'threads'));
    expect(seen.map((e) => e.kind)).toEqual(['fork', 'exec', 'exit']);
  });

  it('produces nothing for an ignored process and its descendants', async () => {
    const source = open();
    const shell = spawn('/bin/sh', ['-c', `read go; ${bench.traffic} calls; ${bench.traffic} sharing`]);
    source.ignore(shell.pid!);
    collect(source);
    const other = scenarioPids(bench.traffic);
    shell.stdin.end('go\n');
    await ended(shell);
    const watched = await other;
    const seen = collect(source, (e) => e.kind !== 'exit' && e.kind !== 'fork');
    const pids = new Set(seen.filter((e) => e.kind === 'data').map((e) => e.pid));
    expect(pids.has(watched)).toBe(true);
    const names = processes(seen).map((e) => [e.pid, e.filename]);
    expect(names.filter(([, name]) => name === bench.traffic)).toEqual([[watched, bench.traffic]]);
    expect(pids.has(shell.pid!)).toBe(false);
  });
});

async function scenarioPids(path: string): Promise<number> {
  const child = spawn(path, ['calls']);
  await ended(child);
  return child.pid!;
}

describe('sockets', () => {
  it('watches a connection older than itself', async () => {
    const child = spawn(bench.traffic, ['older'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const source = open();
    child.stdin.end('\n');
    await ended(child);
    const seen = ofTree(collect(source), child.pid!);
    expect(data(seen).map((e) => [e.direction, e.text, e.socket.role, e.cap_seq])).toEqual([
      [EGRESS, 'old', ROLE.unknown, 1],
      [INGRESS, 'old', ROLE.unknown, 1],
    ]);
    expect(data(seen)[0]!.tcp_seq).toBe(data(seen)[1]!.tcp_seq);
    expect(lives(seen).map((e) => e.kind)).toEqual(['close', 'close']);
  });

  it('captures as much as the verdict says', async () => {
    const source = open({ default_bytes: 10 });
    const { pulse, end } = pulses(source, 1, 20_000);
    const first = await pulse();
    expect(first.map((e) => [e.direction, e.text.length, e.length])).toEqual([
      [EGRESS, 10, 20_000],
      [INGRESS, 10, 20_000],
    ]);
    source.verdict(first[0]!.socket.id, 0);
    source.verdict(first[1]!.socket.id, 16_384);
    expect((await pulse()).map((e) => [e.text.length, e.length])).toEqual([
      [0, 20_000],
      [16_384, 20_000],
    ]);
    // A newer socket in the same slot takes it; the older one is back at the default, never at the other's size.
    source.verdict(first[1]!.socket.id + 2 ** 17, 500);
    expect((await pulse()).map((e) => e.text.length)).toEqual([0, 10]);
    await end();
  });

  it.each([1, 20])('tells what does not fit into one event in several, %i parts a call', async (parts) => {
    const source = open({ default_bytes: 16_384 });
    const { pulse, end } = pulses(source, 1, 50_000, parts);
    const [sent, received] = await pulse();
    const next = (sent!.tcp_seq + 50_000) >>> 0;
    // 30,000 are rounded up to two events; the second one stands for what is not captured, too. Behind it is the call's end.
    source.verdict(sent!.socket.id, 30_000);
    source.verdict(received!.socket.id, 2_097_152);
    const seen = await pulse();
    const whole = 'abcdefghijklmnopqrstuvwxyz'.repeat(2000);
    for (const [direction, lengths] of [
      [EGRESS, [16_384, 32_592, 1024]],
      [INGRESS, [16_384, 16_384, 16_384, 848]],
    ] as const) {
      const pieces = seen.filter((e) => e.direction === direction);
      expect(pieces.map((e) => e.length)).toEqual(lengths);
      expect(pieces.map((e) => e.continues)).toEqual(lengths.map((_, i) => i > 0));
      expect(pieces.map((e) => e.cap_seq)).toEqual(lengths.map((_, i) => i + 2));
      let at = 0;
      for (const piece of pieces) {
        expect(piece.tcp_seq).toBe((next + at) >>> 0);
        expect(piece.text === whole.slice(at, at + Math.min(piece.length, 16_384)), `bytes at ${at}`).toBe(true);
        at += piece.length;
      }
    }
    // What is skipped stands before the first piece.
    source.skip(received!.socket.id, INGRESS, (next + 50_000 + 10_000) >>> 0);
    const after = (await pulse()).filter((e) => e.direction === INGRESS);
    expect(after.map((e) => [e.offset, e.length, e.text.length])).toEqual([
      [10_000, 26_384, 16_384],
      [0, 16_384, 16_384],
      [0, 7232, 7232],
    ]);
    expect(after[0]!.text === whole.slice(10_000, 26_384)).toBe(true);
    await end();
  });

  it('goes deep only as long as the reader is not behind', async () => {
    const source = open({ default_bytes: 10 });
    const { pulse, end } = pulses(source, 300, 100_000);
    const [sent] = await pulse();
    source.verdict(sent!.socket.id, 2_097_152);
    const pieces = (await pulse()).filter((e) => e.direction === EGRESS);
    // Half of 16 MiB is reached after some 80 calls; from there on each is its beginning and its end.
    const shallow = pieces.findIndex((e) => !e.continues && e.length > 16_384);
    expect(shallow).toBeGreaterThan(7 * 78);
    expect(shallow).toBeLessThan(7 * 85);
    const told = pieces.slice(shallow).map((e) => [e.continues, e.length, e.text.length].join());
    expect(new Set(told)).toEqual(new Set(['false,98976,16384', 'true,1024,1024']));
    const end_of_call = pieces.at(-1)!;
    expect(end_of_call.text).toBe('abcdefghijklmnopqrstuvwxyz'.repeat(4000).slice(98_976, 100_000));
    expect((end_of_call.tcp_seq - pieces.at(-2)!.tcp_seq) >>> 0).toBe(98_976);
    expect(sum(source, 'deep_cut')).toBe(pieces.slice(shallow).length / 2);
    expect(sum(source, 'ring_full')).toBe(0);
    await end();
  });

  it('goes deep into the first 4 MiB of a socket only, until there is a verdict; then it takes the ends of calls', async () => {
    const source = open({ default_bytes: 262_144, ring_bytes: 64 << 20 });
    const { pulse, end } = pulses(source, 300, 20_000);
    const captured = (await pulse()).filter((e) => e.direction === EGRESS).map((e) => [e.length, e.text.length]);
    const deep = [
      [16_384, 16_384],
      [3616, 3616],
    ];
    const ends = [
      [18_976, 16_384],
      [1024, 1024],
    ];
    expect(captured).toEqual(Array.from({ length: 300 }, (_, i) => (i < 210 ? deep : ends)).flat());
    await end();
  });

  // One part, and a vector whose parts begin elsewhere than the bytes that are wanted.
  it.each([1, 20])('leaves out what is to be skipped, %i parts a call', async (parts) => {
    const source = open({ default_bytes: 100 });
    const { pulse, end } = pulses(source, 1, 20_000, parts);
    const letters = (from: number, count: number): string =>
      Array.from({ length: count }, (_, i) => String.fromCharCode(97 + ((from + i) % 26))).join('');
    const whole = { offset: 0, length: 20_000, text: letters(0, 100) };
    const [sent, received] = await pulse();
    const after = (bytes: number): number => (sent!.tcp_seq + 20_000 + bytes) >>> 0;
    source.skip(sent!.socket.id, EGRESS, after(33_333));
    source.skip(received!.socket.id, INGRESS, after(19_990));
    // Wholly before the position: its first 64 bytes. Reaching past it: from there on.
    expect(await pulse()).toMatchObject([
      { offset: 0, length: 20_000, text: letters(0, 64) },
      { offset: 19_990, length: 20_000, text: letters(19_990, 10) },
    ]);
    expect(await pulse()).toMatchObject([{ offset: 13_333, length: 20_000, text: letters(13_333, 100) }, whole]);
    expect(await pulse()).toMatchObject([whole, whole]);
    // A position behind skips nothing, nor does one of another socket in the slot, nor one that was taken back.
    source.skip(received!.socket.id + 2 ** 17, INGRESS, after(1e6));
    source.skip(sent!.socket.id, EGRESS, after(1e6));
    source.skip(sent!.socket.id, EGRESS, undefined);
    expect(await pulse()).toMatchObject([whole, whole]);
    await end();
  });
});

/** A connection of its own that talks when told to; `pulse` returns what it did. */
function pulses(source: EbpfCapture, count: number, bytes: number, parts = 1) {
  const args = ['pulse', String(count), String(bytes), String(parts)];
  const child = spawn(bench.traffic, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const pulse = async (): Promise<SeenData[]> => {
    child.stdin.write('\n');
    await once(child.stdout, 'data');
    return data(ofTree(collect(source), child.pid!));
  };
  const end = (): Promise<void> => {
    child.stdin.end();
    return ended(child);
  };
  return { pid: child.pid!, pulse, end };
}

describe('losses', () => {
  it('counts exactly the events a full ring has no place for', async () => {
    const source = open({ ring_bytes: 1 << 16 });
    const { pid, pulse, end } = pulses(source, 1000, 200);
    await pulse();
    ignore_others(source, pid);
    const pulses_made = 3;
    let kept = 0;
    collect(source);
    const before = sum(source, 'ring_full');
    for (let i = 0; i < pulses_made; i++) kept += (await pulse()).length;
    const missing = pulses_made * 2 * 1000 - kept;
    expect(missing).toBeGreaterThan(1000);
    expect(sum(source, 'ring_full') - before).toBe(missing);
    await end();
  });

  it('shows what a socket lost as a gap in its numbers', async () => {
    const source = open({ ring_bytes: 1 << 16 });
    const { pulse, end } = pulses(source, 1000, 200);
    const collected = await pulse();
    expect(sum(source, 'ring_full')).toBeGreaterThan(0);
    collected.push(...(await pulse()));
    await end();
    const numbers = collected.filter((e) => e.direction === EGRESS).map((e) => e.cap_seq);
    const jumps = numbers.slice(1).filter((n, i) => n !== numbers[i]! + 1);
    // 1,000 messages a pulse; the first message of the second pulse is the first after the gap.
    expect(jumps).toEqual([1001]);
  });

  it('reads on across the end of the ring while it is written', async () => {
    const source = open({ ring_bytes: 1 << 18 });
    const seen: Seen[] = [];
    let made = 0;
    // How much of a run fits through depends on how busy the machine is; 2,000 events are three times the ring.
    while (seen.length < 2000 && made < 80_000) {
      const child = spawn(bench.traffic, ['flood', '4000', '301'], { stdio: 'inherit' });
      const end = ended(child);
      let running = true;
      end.finally(() => {
        running = false;
      });
      do {
        seen.push(...collect(source, (e) => e.kind === 'data' && e.pid === child.pid));
        await new Promise(setImmediate);
      } while (running || source.pending_bytes > 0);
      await end;
      made += 8000;
    }
    expect(made - seen.length).toBeLessThanOrEqual(sum(source, 'ring_full'));
    expect(new Set(data(seen).map((e) => e.text))).toEqual(new Set(['\0'.repeat(301)]));
    expect(seen.length).toBeGreaterThanOrEqual(2000);
  });

  it('stays quiet after it was closed, and keeps its counters', async () => {
    const source = open();
    await scenario(bench, source, 'calls');
    const events = sum(source, 'events');
    source.close();
    source.verdict(1, 100);
    source.ignore(1);
    expect([source.drain(() => {}, 10), source.pending_bytes, sum(source, 'events')]).toEqual([0, 0, events]);
    expect(events).toBeGreaterThan(20);
  });

  it('counts sockets it has no room for', async () => {
    const source = open({ sockets_max: 1 });
    // 32,768 slots: some of these meet in one; the first such pair fills the map of size 1.
    const holder = spawn(bench.traffic, ['hold', '1500'], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    const opened = lives(collect(source)).filter((e) => e.kind === 'open' && e.pid === holder.pid).length;
    holder.stdin.end('\n');
    await ended(holder);
    const refused = sum(source, 'socket_map_full');
    expect(refused).toBeGreaterThan(0);
    expect(opened + refused).toBeGreaterThanOrEqual(3000);
  });
});

describe('kernels before 6.2', () => {
  it('load the programs although bpf_rdonly_cast is missing', async () => {
    const without = build('-Dbpf_rdonly_cast=bpf_no_such_function');
    const source = without.open({ typed_walk: false });
    const seen = data(await scenario(without, source, 'aside'));
    source.close();
    expect(seen.map((e) => e.text)).toEqual(['peeked', 'peeked', 'thrown', '']);
    without.remove();
  });
});

describe('event files', () => {
  it('play back what was captured', async () => {
    const path = join(bench.folder, 'events');
    const source = open({ record_to: path });
    const live = await scenario(bench, source, 'datagrams');
    source.close();
    const again = RecordedCapture.open(path);
    const pids = new Set(live.map((e) => e.pid));
    expect(collect(again).filter((e) => pids.has(e.pid))).toEqual(live);
    expect(again.counters().get('file_damaged')).toEqual([0]);
  });
});
