// Which conversation a segment belongs to, whichever side sent it. Keyed by a hash in which both ends count alike, so that one
// look finds it; the addresses decide. The hash is seeded: nobody can choose ends that collide.
import type { SocketRef } from '../event.ts';
import type { Segment } from './decode.ts';
import type { Flow } from './flow.ts';

export interface Entry {
  readonly flow: Flow;
  readonly hash: number;
  /** Of IPv4: both addresses and both ports, so that comparing touches nothing but the entry. */
  readonly local: number;
  readonly remote: number;
  readonly ports: number;
  readonly transport: number;
  readonly family: number;
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
    const { transport, family } = segment;
    for (let entry = this.#by_hash.get(hash_of(segment)); entry !== undefined; entry = entry.next) {
      if (entry.transport !== transport || entry.family !== family) continue;
      const by_client = family === 4 ? is_sent_by_v4(segment, entry) : is_sent_by(segment, entry.flow.socket);
      if (by_client === undefined) continue;
      this.from_client = by_client;
      return entry;
    }
    return undefined;
  }

  /** `segment` is one of the flow's. */
  add(flow: Flow, segment: Segment): Entry {
    const hash = hash_of(segment);
    const { transport, family, local, remote, local_port, remote_port } = flow.socket;
    const entry: Entry = {
      flow,
      hash,
      local: word_at(local, 0),
      remote: word_at(remote, 0),
      ports: (local_port << 16) | remote_port,
      transport,
      family,
      next: this.#by_hash.get(hash),
    };
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
    hash = Math.imul(hash ^ (hash >>> 15) ^ word_at(bytes, at + i), 0x85ebca6b);
  }
  return hash ^ (hash >>> 13);
}

function word_at(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Whether the client's side sent it; undefined when it is of another conversation. */
function is_sent_by_v4(
  { bytes, source_at, target_at, source_port, target_port }: Segment,
  { local, remote, ports }: Entry,
): boolean | undefined {
  const source = word_at(bytes, source_at);
  const target = word_at(bytes, target_at);
  if (source === local && target === remote && ((source_port << 16) | target_port) === ports) return true;
  if (source === remote && target === local && ((target_port << 16) | source_port) === ports) return false;
  return undefined;
}

/** The same of any family. */
function is_sent_by(
  segment: Segment,
  { local, remote, local_port, remote_port, family }: SocketRef,
): boolean | undefined {
  const { bytes, source_at, target_at, source_port, target_port } = segment;
  const is = (near: Uint8Array, far: Uint8Array): boolean =>
    is_address(bytes, source_at, near, family) && is_address(bytes, target_at, far, family);
  if (source_port === local_port && target_port === remote_port && is(local, remote)) return true;
  if (source_port === remote_port && target_port === local_port && is(remote, local)) return false;
  return undefined;
}

function is_address(bytes: Uint8Array, at: number, address: Uint8Array, family: number): boolean {
  const size = family === 4 ? 4 : 16;
  for (let i = 0; i < size; i++) if (bytes[at + i] !== address[i]) return false;
  return true;
}
