// One compiled eBPF object file: open, set sizes and constants, load, attach, reach its maps.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { KernelError } from './errors.ts';
import { describeErrno, native, type Pointer, withoutSignals } from './libbpf.ts';
import { Mapping } from './mapping.ts';
import { withLog } from './log.ts';

export class BpfMap {
  readonly name: string;
  readonly #pointer: Pointer;

  constructor(name: string, pointer: Pointer) {
    this.name = name;
    this.#pointer = pointer;
  }

  get fd(): number {
    return native().map_fd(this.#pointer);
  }

  get max_entries(): number {
    return native().max_entries(this.#pointer);
  }

  /** Only before the object is loaded. */
  set max_entries(entries: number) {
    native().set_max_entries(this.#pointer, entries);
  }

  get value_bytes(): number {
    return native().value_size(this.#pointer);
  }

  /** The bytes a constant section will have; only before load. Valid until the object is loaded. */
  initialValue(): ArrayBuffer {
    const size: [number] = [0];
    const pointer = native().initial_value(this.#pointer, size) as Pointer;
    return koffi.view(pointer, Number(size[0]));
  }

  /** Copies the value of `key` into `value`; false when there is none. */
  lookup(key: Uint8Array, value: Uint8Array): boolean {
    return native().lookup(this.fd, key, value) === 0;
  }

  update(key: Uint8Array, value: Uint8Array): void {
    const result = native().update(this.fd, key, value, 0);
    if (result < 0) {
      throw new KernelError('map_failed', `map ${this.name}: ${describeErrno(result)}`, 'Raise the size of this map');
    }
  }

  /** Uses the map behind `fd` instead of one of its own; only before the object is loaded. */
  reuse(fd: number): void {
    const result = native().reuse_fd(this.#pointer, fd) as number;
    if (result < 0)
      throw new KernelError('map_failed', `map ${this.name}: ${describeErrno(result)}`, 'Build both objects anew');
  }

  delete(key: Uint8Array): void {
    native().delete(this.fd, key);
  }

  /** Takes every key of a hash out. */
  clear(key_bytes: number): void {
    const key = new Uint8Array(key_bytes);
    while ((native().next_key(this.fd, null, key) as number) === 0) this.delete(key);
  }

  /** Maps an array made with BPF_F_MMAPABLE, all of it. Values stand 8 bytes apart at least. */
  mapping(): Mapping {
    const stride = Math.ceil(this.value_bytes / 8) * 8;
    return new Mapping(this.fd, pages(stride * this.max_entries), 0, true);
  }
}

/** The verifier gives up when a signal is pending, as one that cannot be held back (SIGSTOP); libbpf tries five times. */
const EAGAIN = 11;

// include/uapi/linux/bpf.h, enum bpf_prog_type
const PROGRAM_PERF_EVENT = 7;

/** A program where it is attached. */
export interface Link {
  close(): void;
}

function pages(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096;
}

export class BpfObject {
  readonly #pointer: Pointer;
  readonly #links: Pointer[] = [];
  readonly #path: string;
  #open = true;

  private constructor(pointer: Pointer, path: string) {
    this.#pointer = pointer;
    this.#path = path;
  }

  static open(path: string): BpfObject {
    if (!existsSync(path)) {
      throw new KernelError('open_failed', `${path} is missing`, 'Build it: packages/agent/bpf/build.sh');
    }
    if (!existsSync('/sys/kernel/btf/vmlinux')) {
      throw new KernelError(
        'no_btf',
        'the kernel has no type information',
        'Use a kernel built with CONFIG_DEBUG_INFO_BTF=y',
      );
    }
    const { result, log } = withLog(() => native().open_file(path, null) as Pointer);
    if (!result)
      throw new KernelError('open_failed', `${path} is not a usable eBPF object: ${log.trim()}`, 'Build it anew');
    return new BpfObject(result, path);
  }

  map(name: string): BpfMap {
    const pointer = native().find_map(this.#pointer, name) as Pointer;
    if (!pointer) throw new KernelError('map_failed', `BUG: ${this.#path} has no map ${name}`, 'Build it anew');
    return new BpfMap(name, pointer);
  }

  load(): void {
    const { result, log } = withLog(() => withoutSignals(() => native().load(this.#pointer) as number));
    if (result === 0) return;
    this.close();
    if (result === -EAGAIN) {
      throw new KernelError('interrupted', 'signals interrupted the loading', 'Try again, without a sampling profiler');
    }
    // errno EPERM, EACCES: also what the verifier answers, but then with a log
    if ((result === -1 || result === -13) && !log.includes('BEGIN PROG LOAD LOG')) {
      throw new KernelError(
        'not_permitted',
        'the kernel refuses to load eBPF programs',
        'Run as root, or with CAP_BPF and CAP_PERFMON',
      );
    }
    // A folder of its own: a name others can foresee in a shared folder is a trap for a process of root.
    const file = join(mkdtempSync(join(tmpdir(), 'sonde-load-')), 'verifier.log');
    writeFileSync(file, log);
    throw new KernelError(
      'load_failed',
      `loading failed: ${describeErrno(result)}: ${firstLine(log)}`,
      `The verifier's words are in ${file}`,
      file,
    );
  }

  /** Attaches every program but those for events of perf, in the order they stand in the object. */
  attach(): void {
    for (const [name, pointer] of this.#programs()) {
      if ((native().program_type(pointer) as number) === PROGRAM_PERF_EVENT) continue;
      const { result, log } = withLog(() => native().attach(pointer) as Pointer);
      if (!result) {
        this.close();
        throw new KernelError(
          'attach_failed',
          `attaching ${name} failed: ${log.trim()}`,
          'The kernel lacks this tracepoint',
        );
      }
      this.#links.push(result);
    }
  }

  /** Runs a program for perf events at each event of `fd`, which belongs to the returned link from now on. */
  attachPerf(name: string, fd: number): Link {
    const pointer = this.#program(name);
    const { result, log } = withLog(() => native().attach_perf_event(pointer, fd) as Pointer);
    if (result) return { close: () => void native().link_destroy(result) };
    native().close_fd(fd);
    throw new KernelError(
      'attach_failed',
      `attaching ${name} failed: ${log.trim()}`,
      'The kernel lacks events of perf',
    );
  }

  /** Attaches one program where its section says. */
  attachOne(name: string): Link {
    const pointer = this.#program(name);
    const { result, log } = withLog(() => native().attach(pointer) as Pointer);
    if (result) return { close: () => void native().link_destroy(result) };
    throw new KernelError(
      'attach_failed',
      `attaching ${name} failed: ${log.trim()}`,
      'The kernel lacks this tracepoint',
    );
  }

  /** A program that this kernel has no place for; only before load. */
  leaveOut(name: string): void {
    native().set_autoload(this.#program(name), false);
  }

  #program(name: string): Pointer {
    return [...this.#programs()].find(([program]) => program === name)?.[1] ?? null;
  }

  /** Program name -> file descriptor; only after load. */
  programs(): Map<string, number> {
    return new Map([...this.#programs()].map(([name, pointer]) => [name, native().program_fd(pointer)]));
  }

  *#programs(): Generator<[string, Pointer]> {
    let pointer: Pointer = null;
    for (;;) {
      pointer = native().next_program(this.#pointer, pointer) as Pointer;
      if (!pointer) return;
      yield [native().program_name(pointer) as string, pointer];
    }
  }

  /** Detaches and frees. Mappings of its maps are their owners' to close. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const link of this.#links.splice(0)) native().link_destroy(link);
    native().close(this.#pointer);
  }
}

function firstLine(log: string): string {
  return log.trim().split('\n')[0]?.replace('libbpf: ', '') ?? '';
}

/** How often the kernel left out a run of a program because one was already running on that CPU. */
export function recursionMisses(program_fd: number): number {
  // include/uapi/linux/bpf.h, struct bpf_prog_info: recursion_misses at byte 208
  const info = Buffer.alloc(216);
  if (native().info_by_fd(program_fd, info, [info.length]) !== 0) return 0;
  return Number(info.readBigUInt64LE(208));
}
