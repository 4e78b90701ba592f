// libbpf speaks through a printf-like callback; its words are collected instead of landing on stderr.
import koffi from 'koffi';
import { native } from './libbpf.ts';

const LOG_BYTES_MAX = 16 << 20;
const LINE_BYTES_MAX = 1 << 20;
const PRINT = koffi.proto('int sonde_libbpf_print(int level, const char *format, void *arguments)');

/** Runs one call into libbpf and returns its result with what libbpf said at warning level meanwhile. */
export function withLog<T>(run: () => T): { result: T; log: string } {
  const lines: string[] = [];
  let bytes = 0;
  const line = Buffer.alloc(LINE_BYTES_MAX);
  const print = koffi.register((level: number, format: string, args: bigint) => {
    // enum libbpf_print_level: 0 warning, 1 info, 2 debug
    if (level > 0 || bytes > LOG_BYTES_MAX) return 0;
    // On x86-64 a va_list argument is passed as a pointer, so it can be handed on as one.
    const length = native().vsnprintf(line, line.length, format, args) as number;
    const text = line.toString('latin1', 0, Math.max(0, Math.min(length, line.length - 1)));
    bytes += text.length;
    lines.push(text);
    return 0;
  }, koffi.pointer(PRINT));
  native().set_print(print);
  try {
    return { result: run(), log: lines.join('') };
  } finally {
    native().set_print(null);
    koffi.unregister(print);
  }
}
