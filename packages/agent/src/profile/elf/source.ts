// Bytes of a file or of memory, as far as they are there. Nothing here throws on what it is given.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

export interface ByteSource {
  readonly size: number;
  /** `length` bytes from `offset` on; fewer where the source ends. A copy or a view, not to be changed. */
  read(offset: number, length: number): Buffer;
  close(): void;
}

export class FileSource implements ByteSource {
  readonly size: number;
  readonly inode: bigint;
  private readonly fd: number;

  /** Throws what opening throws. `size`: of what does not tell its own. */
  constructor(path: string, size?: number) {
    this.fd = openSync(path, 'r');
    const stat = fstatSync(this.fd, { bigint: true });
    this.size = size ?? Number(stat.size);
    this.inode = stat.ino;
  }

  read(offset: number, length: number): Buffer {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const bytes = Buffer.allocUnsafe(wanted);
    let have = 0;
    try {
      while (have < wanted) {
        const got = readSync(this.fd, bytes, have, wanted - have, offset + have);
        if (got <= 0) break;
        have += got;
      }
    } catch {
      // A file that cannot be read any more ends here.
    }
    return bytes.subarray(0, have);
  }

  close(): void {
    closeSync(this.fd);
  }
}

export class MemorySource implements ByteSource {
  readonly size: number;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.size = bytes.length;
  }

  read(offset: number, length: number): Buffer {
    return this.bytes.subarray(Math.min(offset, this.size), Math.min(offset + length, this.size));
  }

  close(): void {}
}
