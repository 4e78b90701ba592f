// Functions that a process compiles while it runs, as it tells them itself: /tmp/perf-PID.map, "start size name" a line, hexadecimal.
// The file grows; only what is new is read. Places are used again: the later line counts.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

const BYTES_MAX = 64 << 20;
const ENTRIES_MAX = 1_000_000;
const NAME_CHARS_MAX = 1024;
/** A function that began earlier may still reach over later, smaller ones. */
const LOOK_BACK = 8;

export class PerfMap {
  private readonly path: string;
  private starts: number[] = [];
  private sizes: number[] = [];
  private names: string[] = [];
  private order: Uint32Array = new Uint32Array(0);
  private read_bytes = 0;
  private rest = '';
  /** The file had more than is kept. */
  cut = false;

  /** Undefined when the process keeps none. */
  static of(pid: number, proc = '/proc'): PerfMap | undefined {
    const inner = inner_pid(pid, proc);
    const map = new PerfMap(`${proc}/${pid}/root/tmp/perf-${inner}.map`);
    return map.refresh() ? map : undefined;
  }

  constructor(path: string) {
    this.path = path;
  }

  get count(): number {
    return this.starts.length;
  }

  /** Reads what was added; true when there is a file. */
  refresh(): boolean {
    let fd: number;
    try {
      fd = openSync(this.path, 'r');
    } catch {
      return this.read_bytes > 0;
    }
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) return false;
      if (stat.size < this.read_bytes) this.clear();
      const bytes = Math.min(stat.size, BYTES_MAX) - this.read_bytes;
      this.cut ||= stat.size > BYTES_MAX;
      if (bytes <= 0) return true;
      const added = Buffer.allocUnsafe(bytes);
      const got = readSync(fd, added, 0, bytes, this.read_bytes);
      this.read_bytes += got;
      this.take(this.rest + added.toString('utf8', 0, got));
      return true;
    } finally {
      closeSync(fd);
    }
  }

  /** Name of what was compiled last for this address; '' when nothing was. */
  name(address: number): string {
    let [low, high] = [0, this.order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[this.order[middle]!]! <= address) low = middle + 1;
      else high = middle;
    }
    let found = -1;
    for (let at = low - 1; at >= 0 && at >= low - LOOK_BACK; at--) {
      const entry = this.order[at]!;
      if (address < this.starts[entry]! + this.sizes[entry]! && entry > found) found = entry;
    }
    return found < 0 ? '' : this.names[found]!;
  }

  private take(text: string): void {
    const end = text.lastIndexOf('\n');
    this.rest = text.slice(end + 1).slice(0, NAME_CHARS_MAX);
    for (let at = 0; at < end && this.starts.length < ENTRIES_MAX; ) {
      const line_end = text.indexOf('\n', at);
      const space = text.indexOf(' ', at);
      const second = text.indexOf(' ', space + 1);
      if (space > at && second > space && second < line_end) {
        const start = Number.parseInt(text.slice(at, space), 16);
        const size = Number.parseInt(text.slice(space + 1, second), 16);
        if (start > 0 && size > 0) {
          this.starts.push(start);
          this.sizes.push(size);
          this.names.push(text.slice(second + 1, Math.min(line_end, second + 1 + NAME_CHARS_MAX)));
        }
      }
      at = line_end + 1;
    }
    if (this.starts.length >= ENTRIES_MAX) this.cut = true;
    const { starts } = this;
    this.order = Uint32Array.from(starts.keys()).sort((a, b) => starts[a]! - starts[b]! || a - b);
  }

  private clear(): void {
    this.starts = [];
    this.sizes = [];
    this.names = [];
    this.read_bytes = 0;
    this.rest = '';
  }
}

/** The process's id as it knows itself, inside of its innermost pid namespace. */
function inner_pid(pid: number, proc: string): number {
  try {
    const ids = /^NSpid:\s*(.*)$/m.exec(readFileSync(`${proc}/${pid}/status`, 'latin1'))?.[1] ?? '';
    return Number(ids.split(/\s+/).at(-1)) || pid;
  } catch {
    return pid;
  }
}
