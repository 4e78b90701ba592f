// What the kernel tests share: the compiled programs, the traffic maker, and events copied out of the ring.
import { execFileSync, type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture, CaptureEvent, DataEvent, ProcessEvent, SocketEvent, SocketRef } from '../../event.ts';
import { EbpfCapture, type EbpfOptions } from '../ebpf.ts';

const BPF = join(import.meta.dirname, '../../../../bpf');

export interface Bench {
  folder: string;
  object_path: string;
  traffic: string;
  open(options?: Partial<EbpfOptions>): EbpfCapture;
  remove(): void;
}

/** `flags` go to clang. */
export function build(flags = ''): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-kernel-'));
  const traffic = join(folder, 'traffic');
  const env = { ...process.env, BPF_CFLAGS: flags };
  execFileSync(join(BPF, 'build.sh'), [folder], { stdio: 'inherit', env });
  execFileSync('gcc', ['-O1', '-Wall', '-Werror', '-pthread', '-o', traffic, join(BPF, 'test/traffic.c')], {
    stdio: 'inherit',
  });
  const object_path = join(folder, 'sonde.bpf.o');
  return {
    folder,
    object_path,
    traffic,
    open: (options = {}) => EbpfCapture.open({ object_path, ring_bytes: 16 << 20, ...options }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export interface SeenData extends Omit<DataEvent, 'bytes' | 'start' | 'end'> {
  text: string;
}
export type SeenSocket = SocketEvent;
export type Seen = SeenData | SeenSocket | ProcessEvent;

function copy(event: CaptureEvent): Seen {
  if (event.kind === 'data') {
    const { bytes, start, end, ...rest } = event;
    return { ...rest, socket: { ...event.socket }, text: Buffer.from(bytes.subarray(start, end)).toString('latin1') };
  }
  return 'socket' in event ? { ...event, socket: { ...event.socket } } : { ...event };
}

/** Everything in the ring that `keep` keeps, copied. */
export function collect(capture: Capture, keep: (event: CaptureEvent) => boolean = () => true): Seen[] {
  const seen: Seen[] = [];
  capture.drain((event) => {
    if (keep(event)) seen.push(copy(event));
  }, Number.POSITIVE_INFINITY);
  return seen;
}

/** Runs a scenario to its end and returns its events and those of its children. */
export async function scenario(bench: Bench, capture: Capture, ...args: string[]): Promise<Seen[]> {
  const child = spawn(bench.traffic, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await ended(child);
  return ofTree(collect(capture), child.pid!);
}

export async function ended(child: ChildProcess): Promise<void> {
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}

export function ofTree(seen: Seen[], root: number): Seen[] {
  const pids = new Set([root]);
  for (const event of seen) if (event.kind === 'fork' && pids.has(event.ppid)) pids.add(event.pid);
  return seen.filter((event) => pids.has(event.pid));
}

export function data(seen: Seen[]): SeenData[] {
  return seen.filter((event): event is SeenData => event.kind === 'data');
}

export function lives(seen: Seen[]): SeenSocket[] {
  return seen.filter((event): event is SeenSocket => 'socket' in event && event.kind !== 'data');
}

export function processes(seen: Seen[]): ProcessEvent[] {
  return seen.filter((event): event is ProcessEvent => !('socket' in event));
}

/** `local -> remote` in the order of the socket, not of the traffic. */
export function ends(socket: SocketRef): string {
  return `${address(socket, socket.local)}:${socket.local_port} ${address(socket, socket.remote)}:${socket.remote_port}`;
}

function address(socket: SocketRef, bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, socket.family === 4 ? 4 : 16)).toString('hex');
}

/** From here on nothing but `pid` is watched: the marks of all others pass to whatever they start. */
export function ignore_others(capture: EbpfCapture, pid: number): void {
  // A process that began while the list was read is in the next one.
  for (let pass = 0; pass < 3; pass++) {
    for (const name of readdirSync('/proc')) {
      const other = Number(name);
      if (Number.isInteger(other) && other !== pid) capture.ignore(other);
    }
  }
}
