// Functions of the kernel and its modules, from /proc/kallsyms.
import { readFileSync } from 'node:fs';

const LINES_MAX = 1_000_000;

export class KernelSymbols {
  /** Sorted addresses less `base`, and where each line's name begins in `text`. */
  private readonly starts: Float64Array;
  private readonly places: Uint32Array;
  private readonly text: Buffer;

  constructor(text: Buffer) {
    const starts: number[] = [];
    const places: number[] = [];
    for (let at = 0; at < text.length && starts.length < LINES_MAX; ) {
      const end = line_end(text, at);
      const type = text[at + 17];
      // t, T, w, W: code
      if (text[at + 16] === 0x20 && (type === 0x74 || type === 0x54 || type === 0x77 || type === 0x57)) {
        const address = Number.parseInt(text.toString('latin1', at + 4, at + 16), 16);
        if (address > 0) {
          starts.push(address);
          places.push(at + 19);
        }
      }
      at = end + 1;
    }
    const order = Uint32Array.from(starts.keys()).sort((a, b) => starts[a]! - starts[b]! || a - b);
    this.starts = Float64Array.from(order, (i) => starts[i]!);
    this.places = Uint32Array.from(order, (i) => places[i]!);
    this.text = text;
  }

  /** Empty where addresses are hidden (kptr_restrict). */
  static read(path = '/proc/kallsyms'): KernelSymbols {
    try {
      return new KernelSymbols(readFileSync(path));
    } catch {
      return new KernelSymbols(Buffer.alloc(0));
    }
  }

  get count(): number {
    return this.starts.length;
  }

  /** `address`: its lower 48 bits. `module` is '' for the kernel itself. Undefined when nothing is known. */
  find(address: number): { name: string; module: string } | undefined {
    let [low, high] = [0, this.starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    // Of several names of one place the first one.
    let at = low - 1;
    while (at > 0 && this.starts[at - 1] === this.starts[at]) at--;
    const place = this.places[at]!;
    const [name = '', module = ''] = this.text.toString('latin1', place, line_end(this.text, place)).split('\t');
    return { name, module: module.replace(/^\[|\]$/g, '') };
  }
}

function line_end(text: Buffer, at: number): number {
  const end = text.indexOf(10, at);
  return end < 0 ? text.length : end;
}
