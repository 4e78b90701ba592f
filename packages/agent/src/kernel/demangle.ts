// Names of C++ and (older) Rust functions as people write them, by the C++ library's own __cxa_demangle.
import koffi from 'koffi';

const NAME_CHARS_MAX = 1024;
/** Rust's legacy mangling ends with a hash: ::h0123456789abcdef */
const RUST_HASH = /::h[0-9a-f]{16}$/;
const RUST_ESCAPES: readonly [RegExp, string][] = [
  [/\$LT\$/g, '<'],
  [/\$GT\$/g, '>'],
  [/\$RF\$/g, '&'],
  [/\$BP\$/g, '*'],
  [/\$LP\$/g, '('],
  [/\$RP\$/g, ')'],
  [/\$C\$/g, ','],
  [/\$u20\$/g, ' '],
  [/\$u7b\$/g, '{'],
  [/\$u7d\$/g, '}'],
  [/\.\./g, '::'],
];

interface Library {
  demangle(name: string): string | undefined;
}

function load(): Library {
  try {
    const cxx = koffi.load('libstdc++.so.6');
    const c = koffi.load('libc.so.6');
    const demangle = cxx.func('void *__cxa_demangle(const char *, void *, void *, _Out_ int *)');
    const free = c.func('void free(void *)');
    return {
      demangle(name) {
        const status: [number] = [0];
        const text = demangle(name, null, null, status) as bigint | null;
        if (!text) return undefined;
        const shown = koffi.decode(text, 'char', -1) as string;
        free(text);
        return shown;
      },
    };
  } catch {
    return { demangle: () => undefined };
  }
}

let library: Library | undefined;

/** The name itself where it is not mangled, or nobody can read it. */
export function demangled(name: string): string {
  if (!name.startsWith('_Z')) return name;
  library ??= load();
  // What compilers append to copies of a function is not part of the mangled name.
  const dot = name.indexOf('.', 2);
  const plain = dot < 0 || name.slice(dot).startsWith('..') ? name : name.slice(0, dot);
  const shown = library.demangle(plain) ?? (plain === name ? undefined : library.demangle(name));
  if (shown === undefined) return name;
  if (!RUST_HASH.test(shown)) return shown.slice(0, NAME_CHARS_MAX);
  let rust = shown.replace(RUST_HASH, '');
  for (const [written, meant] of RUST_ESCAPES) rust = rust.replace(written, meant);
  return rust.replace(/(^|::)_</g, '$1<').slice(0, NAME_CHARS_MAX);
}
