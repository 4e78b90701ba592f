// Which conversation a segment belongs to, whichever side sent it. Keyed by a hash in which both ends count alike, so that one
// look finds it; the addresses decide. The hash is seeded: nobody can choose ends that collide.
import type { SocketRef } from '../event.ts';
import type { Segment } from './decode.ts';
import type { Flow } from './flow.ts';

export interface Entry {
  readonly flow: Flow;
  readonly hash: number;
  /** Another conversation of the same hash. */
  next: Entry | undefined;
}

const SEED = Math.floor(Math.random() * 0x7fffffff) | 1;

export class FlowTable {
  /** Whether the segment given to `find` came from the client's side. */
  from_client = false;
  readonly #by_hash = new Map<number, Entry>();
  /** Oldest first. */
  readonly #by_age = new Set<Entry>();

  get size(): number {
    return this.#by_age.size;
  }

  find(segment: Segment): Entry | undefined {
    for (let entry = this.#by_hash.get(hash_of(segment)); entry !== undefined; entry = entry.next) {
      const { socket } = entry.flow;
      if (socket.transport !== segment.transport || socket.family !== segment.family) continue;
      if (is_sent_by(segment, socket)) {
        this.from_client = true;
        return entry;
      }
      if (is_sent_to(segment, socket)) {
        this.from_client = false;
        return entry;
      }
    }
    return undefined;
  }

  /** `segment` is one of the flow's. */
  add(flow: Flow, segment: Segment): Entry {
    const hash = hash_of(segment);
    const entry: Entry = { flow, hash, next: this.#by_hash.get(hash) };
    this.#by_hash.set(hash, entry);
    this.#by_age.add(entry);
    return entry;
  }

  /** False when it was removed before. */
  remove(entry: Entry): boolean {
    if (!this.#by_age.delete(entry)) return false;
    const first = this.#by_hash.get(entry.hash)!;
    if (first === entry) {
      if (entry.next === undefined) this.#by_hash.delete(entry.hash);
      else this.#by_hash.set(entry.hash, entry.next);
      return true;
    }
    let before = first;
    while (before.next !== entry) before = before.next!;
    before.next = entry.next;
    return true;
  }

  /** All, oldest first. */
  entries(): IterableIterator<Entry> {
    return this.#by_age.values();
  }
}

function hash_of({ bytes, family, transport, source_at, target_at, source_port, target_port }: Segment): number {
  const size = family === 4 ? 4 : 16;
  return (
    (end_hash(bytes, source_at, size, source_port) + end_hash(bytes, target_at, size, target_port) + transport) | 0
  );
}

function end_hash(bytes: Uint8Array, at: number, size: number, port: number): number {
  let hash = Math.imul(port ^ SEED, 0x9e3779b1);
  for (let i = 0; i < size; i += 4) {
    const word = (bytes[at + i]! << 24) | (bytes[at + i + 1]! << 16) | (bytes[at + i + 2]! << 8) | bytes[at + i + 3]!;
    hash = Math.imul(hash ^ (hash >>> 15) ^ word, 0x85ebca6b);
  }
  return hash ^ (hash >>> 13);
}

function is_sent_by(
  { bytes, family, source_at, target_at, source_port, target_port }: Segment,
  to: SocketRef,
): boolean {
  if (source_port !== to.local_port || target_port !== to.remote_port) return false;
  return is_address(bytes, source_at, to.local, family) && is_address(bytes, target_at, to.remote, family);
}

function is_sent_to(
  { bytes, family, source_at, target_at, source_port, target_port }: Segment,
  to: SocketRef,
): boolean {
  if (source_port !== to.remote_port || target_port !== to.local_port) return false;
  return is_address(bytes, source_at, to.remote, family) && is_address(bytes, target_at, to.local, family);
}

function is_address(bytes: Uint8Array, at: number, address: Uint8Array, family: number): boolean {
  const size = family === 4 ? 4 : 16;
  for (let i = 0; i < size; i++) if (bytes[at + i] !== address[i]) return false;
  return true;
}
