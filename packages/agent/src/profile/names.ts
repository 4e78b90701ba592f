// From a stack's addresses to its functions, outermost first.
import { basename } from 'node:path';
import { FRAME_TYPE } from '@sonde/records';
import type { StackFrame } from '@sonde/records/codec';
import type { Counters } from '../call.ts';
import { demangled } from '../kernel/demangle.ts';
import type { File, Files } from './files.ts';
import { END } from './sampler.ts';
import { ADDRESS_BIT, type Stack } from './stacks.ts';
import { KernelSymbols } from './symbols/kallsyms.ts';
import { PerfMap } from './symbols/perf-map.ts';

const PERF_MAPS_MAX = 256;
/** A growing map is looked at again this often at most. */
const REFRESH_MS = 2000;
const TRUNCATED: Readonly<Record<number, string>> = {
  [END.no_table]: '[truncated: unwinding table not ready]',
  [END.no_rule]: '[truncated: no unwinding information]',
  [END.unreadable]: '[truncated: stack not readable]',
  [END.unmapped]: '[truncated: no code at the return address]',
  [END.deep]: '[truncated: too deep]',
};
/** Program -> what code that it compiled while running is called when nobody names it. */
const COMPILED: Readonly<Record<string, string>> = { node: '[JavaScript]', java: '[Java]' };

interface Compiled {
  map: PerfMap | undefined;
  looked_ms: number;
}

export class Names {
  private readonly files: Files;
  private readonly counters: Counters;
  private readonly executable: (pid: number) => string;
  private readonly compiled = new Map<number, Compiled>();
  private kernel: KernelSymbols | undefined;

  constructor(files: Files, counters: Counters, executable: (pid: number) => string) {
    this.files = files;
    this.counters = counters;
    this.executable = executable;
  }

  /** False while a file of the stack is still to be read. `pid`: a process that had it. */
  ready(stack: Stack, pid: number): boolean {
    const { words, kernel_frames } = stack;
    for (let i = kernel_frames * 2; i < words.length; i += 2) {
      const high = words[i + 1]!;
      if (high < ADDRESS_BIT && this.files.get(high >>> 4, pid)?.state === 'waiting') return false;
    }
    return true;
  }

  frames(stack: Stack): StackFrame[] {
    const { words, kernel_frames } = stack;
    const frames: StackFrame[] = [];
    const truncated = TRUNCATED[stack.end];
    if (truncated !== undefined) {
      this.counters.add('profile_truncated');
      frames.push({ type: FRAME_TYPE.truncated, name: truncated, module: '' });
    }
    for (let i = words.length - 2; i >= kernel_frames * 2; i -= 2)
      frames.push(this.user(words[i]!, words[i + 1]!, stack.pid));
    for (let i = kernel_frames * 2 - 2; i >= 0; i -= 2) frames.push(this.of_kernel(words[i]!, words[i + 1]!));
    return frames;
  }

  /** Forgets what a process compiled; false when nothing was known of it. */
  forget(pid: number): boolean {
    return this.compiled.delete(pid);
  }

  private user(low: number, high: number, pid: number): StackFrame {
    if (high >= ADDRESS_BIT) return this.of_address((high - ADDRESS_BIT) * 2 ** 32 + low, pid);
    const offset = (high & 15) * 2 ** 32 + low;
    const file = this.files.get(high >>> 4, pid);
    const name = file?.symbols?.name(offset) ?? '';
    if (name === '') this.counters.add(`profile_unnamed_${reason(file)}`);
    return {
      type: file?.library === false ? FRAME_TYPE.application : FRAME_TYPE.library,
      name: name === '' ? `+0x${offset.toString(16)}` : demangled(name),
      module: file?.name === undefined || file.name === '' ? '[unknown]' : file.name,
    };
  }

  private of_address(address: number, pid: number): StackFrame {
    const name = this.map(pid)?.name(address) ?? '';
    if (name !== '') return { type: FRAME_TYPE.interpreted, name, module: '' };
    this.counters.add('profile_unnamed_compiled');
    return { type: FRAME_TYPE.jit, name: COMPILED[basename(this.executable(pid))] ?? '[compiled]', module: '' };
  }

  private map(pid: number): PerfMap | undefined {
    const now = performance.now();
    let compiled = this.compiled.get(pid);
    if (compiled === undefined) {
      if (this.compiled.size >= PERF_MAPS_MAX) this.compiled.delete(this.compiled.keys().next().value ?? 0);
      compiled = { map: PerfMap.of(pid), looked_ms: now };
      this.compiled.set(pid, compiled);
    } else if (now - compiled.looked_ms > REFRESH_MS) {
      compiled.looked_ms = now;
      if (compiled.map === undefined) compiled.map = PerfMap.of(pid);
      else compiled.map.refresh();
    }
    return compiled.map;
  }

  private of_kernel(low: number, high: number): StackFrame {
    this.kernel ??= KernelSymbols.read();
    const found = this.kernel.find((high & 0xffff) * 2 ** 32 + low);
    if (found === undefined) this.counters.add('profile_unnamed_kernel');
    return {
      type: FRAME_TYPE.kernel,
      name: found?.name ?? `+0x${(high * 2 ** 32 + low).toString(16)}`,
      module: found?.module ?? '',
    };
  }
}

function reason(file: File | undefined): 'unknown_file' | 'lost_file' | 'without_symbols' | 'no_function' {
  if (file === undefined) return 'unknown_file';
  if (file.state === 'lost') return 'lost_file';
  return file.symbols === undefined ? 'without_symbols' : 'no_function';
}
