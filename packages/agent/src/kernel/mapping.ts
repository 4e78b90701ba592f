// Memory shared with the kernel, as an ArrayBuffer without copying.
import koffi from 'koffi';
import { KernelError } from './errors.ts';
import { describeErrno, native, type Pointer } from './libbpf.ts';

// mman.h
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
export const PAGE_BYTES = 4096;

/**
 * Owns one mapping. After `close` the buffer must not be touched: reading unmapped memory ends the process. So nobody
 * keeps `buffer` or a view of it beyond the life of the handle's owner.
 */
export class Mapping {
  readonly buffer: ArrayBuffer;
  readonly #address: Pointer;
  #open = true;

  constructor(fd: number, bytes: number, offset: number, writable: boolean) {
    const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    this.#address = native().mmap(null, bytes, protection, MAP_SHARED, fd, offset) as Pointer;
    // MAP_FAILED is (void *)-1
    if (this.#address === null || BigInt.asIntN(64, this.#address) === -1n) {
      const reason = describeErrno(koffi.errno());
      throw new KernelError(
        'map_failed',
        `mapping ${bytes} bytes failed: ${reason}`,
        'Raise the memory limit or choose a smaller ring',
      );
    }
    this.buffer = koffi.view(this.#address, bytes);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    native().munmap(this.#address, this.buffer.byteLength);
  }
}
