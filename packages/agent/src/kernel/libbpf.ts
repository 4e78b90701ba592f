// The C functions this folder calls, bound once on first use: a machine without libbpf can still run everything else.
import koffi from 'koffi';
import { KernelError } from './errors.ts';

/** A C pointer; 0n or null = NULL. Valid as long as the C side says. */
export type Pointer = bigint | null;

function bind() {
  const bpf = loadLibbpf();
  const c = koffi.load('libc.so.6');
  return {
    set_print: bpf.func('void *libbpf_set_print(void *)'),
    open_file: bpf.func('void *bpf_object__open_file(const char *, void *)'),
    load: bpf.func('int bpf_object__load(void *)'),
    close: bpf.func('void bpf_object__close(void *)'),
    next_program: bpf.func('void *bpf_object__next_program(void *, void *)'),
    program_name: bpf.func('const char *bpf_program__name(void *)'),
    program_fd: bpf.func('int bpf_program__fd(void *)'),
    program_type: bpf.func('int bpf_program__type(void *)'),
    set_autoload: bpf.func('int bpf_program__set_autoload(void *, bool)'),
    attach: bpf.func('void *bpf_program__attach(void *)'),
    attach_perf_event: bpf.func('void *bpf_program__attach_perf_event(void *, int)'),
    link_destroy: bpf.func('int bpf_link__destroy(void *)'),
    find_map: bpf.func('void *bpf_object__find_map_by_name(void *, const char *)'),
    map_fd: bpf.func('int bpf_map__fd(void *)'),
    set_max_entries: bpf.func('int bpf_map__set_max_entries(void *, uint32_t)'),
    max_entries: bpf.func('uint32_t bpf_map__max_entries(void *)'),
    value_size: bpf.func('uint32_t bpf_map__value_size(void *)'),
    initial_value: bpf.func('void *bpf_map__initial_value(void *, _Out_ size_t *)'),
    reuse_fd: bpf.func('int bpf_map__reuse_fd(void *, int)'),
    map_create: bpf.func('int bpf_map_create(int, const char *, uint32_t, uint32_t, uint32_t, const void *)'),
    lookup: bpf.func('int bpf_map_lookup_elem(int, const void *, void *)'),
    update: bpf.func('int bpf_map_update_elem(int, const void *, const void *, uint64_t)'),
    delete: bpf.func('int bpf_map_delete_elem(int, const void *)'),
    next_key: bpf.func('int bpf_map_get_next_key(int, const void *, void *)'),
    info_by_fd: bpf.func('int bpf_obj_get_info_by_fd(int, void *, _Inout_ uint32_t *)'),
    possible_cpus: bpf.func('int libbpf_num_possible_cpus()'),
    mmap: c.func('void *mmap(void *, size_t, int, int, int, long)'),
    munmap: c.func('int munmap(void *, size_t)'),
    close_fd: c.func('int close(int)'),
    perf_event_open: c.func('long syscall(long, const void *, int, int, int, ulong)'),
    vsnprintf: c.func('int vsnprintf(void *, size_t, const char *, void *)'),
    pthread_sigmask: c.func('int pthread_sigmask(int, const void *, void *)'),
    strerror: c.func('const char *strerror(int)'),
  };
}

function loadLibbpf() {
  try {
    return koffi.load('libbpf.so.1');
  } catch {
    throw new KernelError('library_missing', 'libbpf.so.1 cannot be loaded', 'Install it: apt-get install libbpf1');
  }
}

let bound: ReturnType<typeof bind> | undefined;

export function native(): ReturnType<typeof bind> {
  bound ??= bind();
  return bound;
}

/** A negative return value of libbpf as words. */
export function describeErrno(result: number): string {
  return `${native().strerror(Math.abs(result))} (errno ${Math.abs(result)})`;
}

// glibc's bits/types/__sigset_t.h: 1,024 bits; bits/sigaction.h
const SIGNAL_SET_BYTES = 128;
const SIG_SETMASK = 2;

/** Keeps signals from this thread while `run` is in the kernel, which gives up long calls for them. They come afterwards. */
export function withoutSignals<T>(run: () => T): T {
  const before = Buffer.alloc(SIGNAL_SET_BYTES);
  native().pthread_sigmask(SIG_SETMASK, Buffer.alloc(SIGNAL_SET_BYTES, 0xff), before);
  try {
    return run();
  } finally {
    native().pthread_sigmask(SIG_SETMASK, before, null);
  }
}
