// Capture files: pcap (micro- and nanoseconds, the "modified" layout, either byte order) and pcapng, told apart by
// their first four bytes. Layouts: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
import { FileWindow } from './window.ts';

/** One packet of a file. The same object for all; bytes are valid until the next call of `next`. */
export interface FilePacket {
  /** From 1, in the order of the file. */
  number: number;
  /** ns after `base_ms`; keeps nanoseconds exact in a double. */
  moment_ns: number;
  /** LINKTYPE_* of the interface it came from. */
  link_type: number;
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Length on the wire; `end - start` of it are in the file. */
  length: number;
}

interface Interface {
  link_type: number;
  /** Units of its timestamps a second. */
  ticks_per_s: number;
  offset_s: number;
}

/** Larger records are damage: no link carries such packets (libpcap's own bound is 262,144). */
const RECORD_BYTES_MAX = 16 << 20;
const INTERFACES_MAX = 4096;

const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet_old: 2, packet_simple: 3, packet: 6 } as const;
/** Magic -> [units a second, bytes of a record header], draft-ietf-opsawg-pcap section 4; the last is "modified" pcap. */
const PCAP_MAGIC: Readonly<Record<number, readonly [number, number]>> = {
  2712847316: [1e6, 16],
  2712812621: [1e9, 16],
  2712849716: [1e6, 24],
};

export class CaptureFile {
  /** Why reading stopped before the end of the file; '' while all is well. */
  problem = '';
  /** Epoch milliseconds of moment 0: the whole second of the first packet. */
  base_ms = 0;
  readonly #window: FileWindow;
  readonly #packet: FilePacket;
  #little = true;
  #ng = false;
  #header_bytes = 16;
  #interfaces: Interface[] = [];
  #base_s = -1;

  /** Throws a sentence when the file cannot be opened or is no capture file. */
  constructor(path: string) {
    this.#window = new FileWindow(path);
    this.#packet = { number: 0, moment_ns: 0, link_type: 0, bytes: this.#window.bytes, start: 0, end: 0, length: 0 };
    try {
      this.#open();
    } catch (error) {
      this.#window.close();
      throw error;
    }
  }

  get size(): number {
    return this.#window.size;
  }
  get offset(): number {
    return this.#window.offset;
  }

  /** The next packet, or undefined at the end; `problem` then says whether the file was whole. */
  next(): FilePacket | undefined {
    if (this.problem !== '') return undefined;
    return this.#ng ? this.#next_block() : this.#next_record();
  }

  close(): void {
    this.#window.close();
  }

  #open(): void {
    const w = this.#window;
    if (!w.need(4)) throw new Error('not a capture file: shorter than 4 bytes');
    const magic = w.view.getUint32(w.pos, true);
    if (magic === BLOCK.section) {
      this.#ng = true;
      return;
    }
    const swapped = w.view.getUint32(w.pos, false);
    const found = PCAP_MAGIC[magic] ?? PCAP_MAGIC[swapped];
    if (!found) throw new Error(`not a capture file: begins with 0x${swapped.toString(16).padStart(8, '0')}`);
    if (!w.need(24)) throw new Error('not a capture file: cut inside its header');
    this.#little = PCAP_MAGIC[magic] !== undefined;
    this.#header_bytes = found[1];
    // The link type stands in the low 16 bits; the high ones may carry the length of a frame check sequence.
    const link_type = w.view.getUint32(w.pos + 20, this.#little) & 0xffff;
    this.#interfaces = [{ link_type, ticks_per_s: found[0], offset_s: 0 }];
    w.pos += 24;
  }

  #stop(problem: string): undefined {
    this.problem = `${problem} at byte ${this.#window.offset}; the ${this.#packet.number} packets before it were read`;
    return undefined;
  }

  /** Sets the moment from seconds and a fraction in ns, the first packet deciding the base. */
  #moment(seconds: number, nanos: number): void {
    if (this.#base_s < 0) {
      this.#base_s = seconds;
      this.base_ms = seconds * 1000;
    }
    this.#packet.moment_ns = (seconds - this.#base_s) * 1e9 + nanos;
  }

  #next_record(): FilePacket | undefined {
    const w = this.#window;
    if (!w.need(this.#header_bytes)) return w.end > w.pos ? this.#stop('cut inside the header of a packet') : undefined;
    const link = this.#interfaces[0]!;
    const captured = w.view.getUint32(w.pos + 8, this.#little);
    if (captured > RECORD_BYTES_MAX) return this.#stop(`damaged: a packet of ${captured} bytes`);
    if (!w.need(this.#header_bytes + captured)) return this.#stop('cut inside a packet');
    const fraction = w.view.getUint32(w.pos + 4, this.#little);
    this.#moment(w.view.getUint32(w.pos, this.#little), fraction * (1e9 / link.ticks_per_s));
    const length = w.view.getUint32(w.pos + 12, this.#little);
    return this.#fill(link.link_type, w.pos + this.#header_bytes, captured, length, this.#header_bytes + captured);
  }

  #fill(link_type: number, start: number, captured: number, length: number, record_bytes: number): FilePacket {
    const packet = this.#packet;
    packet.number++;
    packet.link_type = link_type;
    packet.bytes = this.#window.bytes;
    packet.start = start;
    packet.end = start + captured;
    packet.length = Math.max(length, captured);
    this.#window.pos += record_bytes;
    return packet;
  }

  #next_block(): FilePacket | undefined {
    const w = this.#window;
    for (;;) {
      if (!w.need(12)) return w.end > w.pos ? this.#stop('cut inside the header of a block') : undefined;
      const type = w.view.getUint32(w.pos, this.#little);
      if (type === BLOCK.section && !this.#begin_section()) return this.#stop('damaged: a section of no byte order');
      const total = w.view.getUint32(w.pos + 4, this.#little);
      if (total < 12 || total % 4 !== 0 || total > RECORD_BYTES_MAX) {
        return this.#stop(`damaged: a block of ${total} bytes`);
      }
      if (!w.need(total)) return this.#stop('cut inside a block');
      const body = w.pos + 8;
      const body_end = w.pos + total - 4;
      if (type === BLOCK.interface) this.#add_interface(body, body_end);
      else if (type === BLOCK.packet || type === BLOCK.packet_old || type === BLOCK.packet_simple) {
        const packet = this.#packet_block(type, body, body_end, total);
        if (packet || this.problem !== '') return packet;
      }
      w.pos += total;
    }
  }

  #begin_section(): boolean {
    const w = this.#window;
    const magic = w.view.getUint32(w.pos + 8, true);
    if (magic !== 0x1a2b3c4d && magic !== 0x4d3c2b1a) return false;
    this.#little = magic === 0x1a2b3c4d;
    this.#interfaces = [];
    return true;
  }

  #add_interface(start: number, end: number): void {
    if (end - start < 8 || this.#interfaces.length >= INTERFACES_MAX) return;
    const view = this.#window.view;
    const link: Interface = { link_type: view.getUint16(start, this.#little), ticks_per_s: 1e6, offset_s: 0 };
    for (let at = start + 8; at + 4 <= end; ) {
      const code = view.getUint16(at, this.#little);
      const bytes = view.getUint16(at + 2, this.#little);
      if (code === 0 || at + 4 + bytes > end) break;
      if (code === 9 && bytes >= 1) link.ticks_per_s = ticks_per_s(view.getUint8(at + 4));
      if (code === 14 && bytes >= 8) link.offset_s = Number(view.getBigInt64(at + 4, this.#little));
      at += 4 + ((bytes + 3) & ~3);
    }
    this.#interfaces.push(link);
  }

  /** Enhanced, simple and obsolete packet blocks; undefined with no problem = skip it. */
  #packet_block(type: number, start: number, end: number, total: number): FilePacket | undefined {
    const view = this.#window.view;
    const little = this.#little;
    const header = type === BLOCK.packet_simple ? 4 : 20;
    if (end - start < header) return this.#stop('damaged: a packet block without header');
    let index = 0;
    if (type === BLOCK.packet) index = view.getUint32(start, little);
    if (type === BLOCK.packet_old) index = view.getUint16(start, little);
    const link = this.#interfaces[index];
    if (!link) return this.#stop(`damaged: a packet of interface ${index}, which is not described`);
    const length = view.getUint32(start + header - 4, little);
    const room = end - start - header;
    // A simple block carries no captured length: the smaller of the packet and what the block holds.
    const captured = type === BLOCK.packet_simple ? Math.min(length, room) : view.getUint32(start + 12, little);
    if (captured > room) return this.#stop('damaged: a packet longer than its block');
    if (type !== BLOCK.packet_simple) {
      const ticks = (BigInt(view.getUint32(start + 4, little)) << 32n) | BigInt(view.getUint32(start + 8, little));
      const per_s = BigInt(link.ticks_per_s);
      this.#moment(Number(ticks / per_s) + link.offset_s, Math.round((Number(ticks % per_s) * 1e9) / link.ticks_per_s));
    }
    return this.#fill(link.link_type, start + header, captured, length, total);
  }
}

/** if_tsresol: the high bit chooses a power of two, else a power of ten; section 4.2. */
const ticks_per_s = (code: number): number => {
  const power = code & 0x7f;
  if (code & 0x80) return 2 ** Math.min(power, 62);
  return 10 ** Math.min(power, 15);
};
