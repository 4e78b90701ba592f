// Files whose code was met, by the number that the kernel program gave them: opened through a process that maps them, their unwinding
// table handed to the kernel, their functions kept for naming. The work is done in slices, oldest first.
import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Counters } from '../call.ts';
import { type Elf, open_elf } from './elf/elf.ts';
import { FileSource, MemorySource, type ByteSource } from './elf/source.ts';
import { debug_file } from './symbols/debug-file.ts';
import { has_symbols, type Symbols, symbols_of } from './symbols/symbols.ts';
import { unwind_table } from './unwind/eh-frame.ts';
import { vdso_image } from './vdso.ts';

const FILES_MAX = 16_384;
const SYMBOL_BYTES_MAX = 64 << 20;
/** A file that could not be opened is tried again through another process, but not at each sample. */
const RETRY_MS = 1000;
const RETRIES_MAX = 30;
/** Files that are open and wait to be read. */
const WAITING_MAX = 512;

/** As the kernel program tells it (bpf/profile/events.h, struct file_key). */
export interface FileKey {
  readonly inode: bigint;
  readonly device: number;
  readonly generation: number;
}
export interface Mapped {
  readonly pid: number;
  /** Hexadecimal bounds of a mapping of it; '' = not known. */
  readonly range: string;
}
export interface File {
  readonly id: number;
  readonly key: FileKey;
  name: string;
  library: boolean;
  /** waiting: will be read. lost: could not be opened. bare: is no ELF file. */
  state: 'waiting' | 'ready' | 'lost' | 'bare';
  /** The kernel has its table, or cannot have it. */
  tabulated: boolean;
  symbols: Symbols | undefined;
  mapped: Mapped;
  used_ms: number;
  retry_ms: number;
  retries: number;
}
interface Opened {
  readonly file: File;
  readonly source: ByteSource;
  readonly path: string;
}
interface Read extends Opened {
  readonly elf: Elf;
}
export interface TableSink {
  /** Takes rows (offset, rule, offset, rule ...) for the file; may take none. */
  set_table(key: FileKey, id: number, rows: Uint32Array): void;
}

export class Files {
  private readonly files = new Map<number, File>();
  private readonly queue: Opened[] = [];
  /** Have their table; their functions are to be read. */
  private readonly unnamed: Read[] = [];
  private job: Generator<void, void> | undefined;
  private symbol_bytes = 0;
  private readonly sink: TableSink;
  private readonly counters: Counters;
  private readonly proc: string;

  constructor(sink: TableSink, counters: Counters, proc = '/proc') {
    this.sink = sink;
    this.counters = counters;
    this.proc = proc;
  }

  get size(): number {
    return this.files.size;
  }

  /** The kernel program met a file for the first time. */
  met(id: number, key: FileKey, mapped: Mapped): void {
    if (this.files.size >= FILES_MAX) this.forget_oldest();
    const used_ms = performance.now();
    const file: File = {
      id,
      key,
      name: '',
      library: false,
      state: 'waiting',
      tabulated: false,
      symbols: undefined,
      mapped,
      used_ms,
      retry_ms: 0,
      retries: 0,
    };
    this.files.set(id, file);
    this.enqueue(file);
  }

  /** `pid` was seen running it just now. */
  get(id: number, pid: number): File | undefined {
    const file = this.files.get(id);
    if (file === undefined) return undefined;
    file.used_ms = performance.now();
    const again = file.state === 'lost' && file.used_ms >= file.retry_ms && file.retries < RETRIES_MAX;
    if (again || (file.state === 'ready' && file.symbols === undefined && file.retries < 0)) {
      file.mapped = { pid, range: '' };
      this.enqueue(file);
    }
    return file;
  }

  /** Works for about so long; false when nothing is left to do. Tables come first: a stack that is cut short cannot be mended. */
  work(budget_ms: number): boolean {
    const until = performance.now() + budget_ms;
    while (performance.now() < until) {
      this.job ??= this.next_job();
      if (this.job === undefined) return false;
      if (this.job.next().done === true) this.job = undefined;
    }
    return true;
  }

  /** The smallest first: a huge library would keep everything else waiting. */
  private next_job(): Generator<void, void> | undefined {
    const { queue } = this;
    let next = 0;
    for (let i = 1; i < queue.length; i++) if (queue[i]!.source.size < queue[next]!.source.size) next = i;
    const [waiting] = queue.splice(next, 1);
    if (waiting !== undefined) return this.tabulate(waiting);
    const read = this.unnamed.shift();
    return read && this.name(read);
  }

  /** Opens the file at once, while the process lives and maps it. */
  private enqueue(file: File): void {
    const opened = this.queue.length < WAITING_MAX ? this.open(file) : undefined;
    if (opened !== undefined) {
      file.state = 'waiting';
      this.queue.push({ ...opened, file });
      return;
    }
    file.state = 'lost';
    file.retry_ms = performance.now() + RETRY_MS;
    if (file.retries++ === 0) this.counters.add('profile_file_lost');
  }

  private *tabulate(waiting: Opened): Generator<void, void> {
    const { file, source, path } = waiting;
    file.name = basename(path);
    file.library = /\.so(?:\.|$)|^\[/.test(file.name);
    const elf = open_elf(source);
    if (elf === undefined) {
      file.state = 'bare';
      source.close();
      return;
    }
    if (!file.tabulated) {
      const rows = yield* unwind_table(elf);
      this.sink.set_table(file.key, file.id, rows.view);
      if (rows.count === 0) this.counters.add('profile_file_without_table');
      file.tabulated = true;
    }
    this.unnamed.push({ ...waiting, elf });
  }

  private *name({ source, elf, path, file }: Read): Generator<void, void> {
    const root = `${this.proc}/${file.mapped.pid}/root`;
    const other = has_symbols(elf.sections) ? undefined : debug_file(elf, root, path);
    const debug = other === undefined ? undefined : open_file(other);
    try {
      const from = debug === undefined ? elf : (open_elf(debug) ?? elf);
      file.symbols = yield* symbols_of(from, elf);
    } finally {
      debug?.close();
      source.close();
    }
    file.state = 'ready';
    file.retries = 0;
    if (file.symbols === undefined) this.counters.add('profile_file_without_symbols');
    this.symbol_bytes += file.symbols?.bytes ?? 0;
    while (this.symbol_bytes > SYMBOL_BYTES_MAX && this.drop_symbols(file));
  }

  private open(file: File): { source: ByteSource; path: string } | undefined {
    const { key, mapped } = file;
    if (key.device === 0 && key.inode === 1n) {
      const image = vdso_image();
      return image && { source: new MemorySource(image), path: '[vdso]' };
    }
    for (const range of [mapped.range, ...this.ranges(mapped.pid, key)]) {
      if (range === '') continue;
      const link = `${this.proc}/${mapped.pid}/map_files/${range}`;
      const source = open_file(link);
      if (source === undefined) continue;
      if (source.inode === key.inode) return { source, path: target_of(link) };
      source.close();
    }
    return undefined;
  }

  /** Mappings of the file in a process, as map_files names them. */
  private ranges(pid: number, key: FileKey): string[] {
    let maps = '';
    try {
      maps = readFileSync(`${this.proc}/${pid}/maps`, 'latin1');
    } catch {
      return [];
    }
    // include/linux/kdev_t.h: 20 bits of minor
    const device = `${hex2(key.device >>> 20)}:${hex2(key.device & 0xfffff)}`;
    const wanted = ` ${device} ${key.inode} `;
    return maps
      .split('\n')
      .filter((line) => line.includes(wanted))
      .map((line) => line.slice(0, line.indexOf(' ')).replace(/\b0+(?=[0-9a-f])/g, ''));
  }

  /** Gives the names of the file up that was not used for the longest time. */
  private drop_symbols(but: File): boolean {
    let oldest: File | undefined;
    for (const file of this.files.values())
      if (file !== but && file.symbols !== undefined && file.used_ms < (oldest?.used_ms ?? Number.POSITIVE_INFINITY))
        oldest = file;
    if (oldest?.symbols === undefined) return false;
    this.symbol_bytes -= oldest.symbols.bytes;
    oldest.symbols = undefined;
    // Read again when it is used again.
    oldest.retries = -1;
    return true;
  }

  private forget_oldest(): void {
    for (const [id, file] of this.files) {
      this.symbol_bytes -= file.symbols?.bytes ?? 0;
      this.files.delete(id);
      this.counters.add('profile_file_forgotten');
      return;
    }
  }
}

const hex2 = (value: number): string => value.toString(16).padStart(2, '0');

/** Only plain files: opening anything else may do something. */
function open_file(path: string): FileSource | undefined {
  try {
    return statSync(path).isFile() ? new FileSource(path) : undefined;
  } catch {
    return undefined;
  }
}

function target_of(link: string): string {
  try {
    return readlinkSync(link).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}
