// Who is at both ends of a flow. The near end is the process that used the socket. The far end, on the same host, is the
// process that holds the socket with the same addresses the other way round; else what DNS called the address; else the
// address.
import { ENTITY_TYPE, NO_ENTITY } from '@sonde/records';
import type { Flow } from '../call.ts';
import { TRANSPORT } from '../capture/event.ts';
import { address_text, is_loopback, is_public, is_unspecified, own_addresses } from './address.ts';
import type { Entities } from './entities.ts';
import type { Names } from './names.ts';
import type { ProcNet } from './proc-net.ts';
import type { Processes } from './processes.ts';

/** A far end not found at once is looked for again after these times: its socket may not have been seen yet. */
const RETRY_NS = [0.2e9, 1e9, 5e9];
const OWN_ADDRESSES_KEPT_NS = 30e9;

interface Slot {
  readonly key: string;
  /** Side that was labelled; a flip makes it stale. */
  is_client: boolean;
  pid: number;
  far_found: boolean;
  tries: number;
  /** Of the processes' names. */
  generation: number;
  retry_ns: number;
}

export interface Sources {
  readonly entities: Entities;
  readonly processes: Processes;
  readonly names: Names;
  readonly proc_net: ProcNet;
  readonly host: string;
}

export class Ends {
  private readonly sources: Sources;
  private readonly by_tuple = new Map<string, Flow>();
  private own = new Set<string>();
  private own_ns = Number.NEGATIVE_INFINITY;

  constructor(sources: Sources) {
    this.sources = sources;
  }

  begin(flow: Flow): void {
    const key = tuple(flow.transport, flow.local, flow.local_port, flow.remote, flow.remote_port);
    this.by_tuple.set(key, flow);
    const slot: Slot = {
      key,
      is_client: flow.is_client,
      pid: -1,
      far_found: false,
      tries: 0,
      generation: 0,
      retry_ns: 0,
    };
    flow.resource_slot = slot;
    // The other end may have looked for this one in vain.
    const other = this.by_tuple.get(tuple(flow.transport, flow.remote, flow.remote_port, flow.local, flow.local_port));
    const waiting = other?.resource_slot as Slot | undefined;
    if (waiting !== undefined && !waiting.far_found) waiting.retry_ns = Number.NEGATIVE_INFINITY;
  }

  /** Labels the flow if need be; false while its far end, on this host, may still turn out to be a process. */
  settled(flow: Flow, now_ns: number): boolean {
    this.label(flow, now_ns);
    const slot = flow.resource_slot as Slot;
    return slot.far_found || slot.tries > 1;
  }

  end(flow: Flow): void {
    const slot = flow.resource_slot as Slot | undefined;
    if (slot !== undefined && this.by_tuple.get(slot.key) === flow) this.by_tuple.delete(slot.key);
  }

  /** Fills `entity_0`, `entity_1` and `peer_pid`; cheap when nothing is left to find out. */
  label(flow: Flow, now_ns: number): void {
    const slot = flow.resource_slot as Slot;
    const { generation } = this.sources.processes;
    if (slot.is_client !== flow.is_client || slot.generation !== generation) {
      slot.is_client = flow.is_client;
      slot.generation = generation;
      slot.pid = -1;
      slot.far_found = false;
      slot.tries = 0;
      slot.retry_ns = 0;
    }
    // Another process may have taken the socket over (a pre-forking server): same program, same entity, mostly.
    if (slot.pid !== flow.pid) {
      slot.pid = flow.pid;
      this.set(flow, flow.is_client ? 0 : 1, this.near(flow, now_ns));
    }
    if (slot.far_found || now_ns < slot.retry_ns) return;
    this.far(flow, slot, now_ns);
  }

  /** A packet tells no process: its address stands for it. */
  private near(flow: Flow, now_ns: number): number {
    if (flow.pid > 0) return this.sources.processes.entity(flow.pid);
    return this.address_entity(flow.local, flow.family, now_ns);
  }

  private far(flow: Flow, slot: Slot, now_ns: number): void {
    const local = this.is_own(flow, now_ns);
    const pid = local ? this.peer(flow, slot, now_ns) : 0;
    const entity = pid === 0 ? 0 : this.sources.processes.entity(pid);
    const retry = RETRY_NS[slot.tries];
    slot.far_found = entity !== 0 || retry === undefined || !local;
    slot.retry_ns = now_ns + (retry ?? 0);
    slot.tries++;
    if (entity !== 0 && flow.peer_pid !== pid) {
      flow.peer_pid = pid;
      flow.labels++;
    }
    this.set(
      flow,
      flow.is_client ? 1 : 0,
      entity !== 0 ? entity : this.address_entity(flow.remote, flow.family, now_ns),
    );
  }

  private peer(flow: Flow, slot: Slot, now_ns: number): number {
    const { transport, local, remote, local_port, remote_port } = flow;
    const other =
      this.by_tuple.get(tuple(transport, remote, remote_port, local, local_port)) ??
      // A datagram socket bound to any address shows that one as its own.
      (transport === TRANSPORT.udp
        ? (this.by_tuple.get(tuple(transport, ANY, remote_port, local, local_port)) ??
          this.by_tuple.get(tuple(transport, ANY, remote_port, remote, local_port)))
        : undefined);
    if (other !== undefined && other.pid > 0) return other.pid;
    // The other end's events may be a moment behind; the slow way only once that had its chance.
    return this.sources.proc_net.owner(transport, remote_port, local_port, now_ns, slot.tries > 0);
  }

  private is_own(flow: Flow, now_ns: number): boolean {
    if (is_loopback(flow.remote, flow.family)) return true;
    if (now_ns - this.own_ns > OWN_ADDRESSES_KEPT_NS) {
      this.own = own_addresses();
      this.own_ns = now_ns;
    }
    return this.own.has(address_text(flow.remote, flow.family));
  }

  private address_entity(address: Uint8Array, family: number, now_ns: number): number {
    const { entities, names, host } = this.sources;
    const ip = address_text(address, family);
    const name = names.name(ip, now_ns);
    if (is_public(address, family)) {
      // One entity for all of the Internet that has no name; the address is a column of the row.
      const shown = name === '' ? 'Internet' : name;
      const type = ENTITY_TYPE.internet;
      return entities.id({ ...NO_ENTITY, type, service_type: type, name: shown, service: shown });
    }
    if (is_unspecified(address)) return 0;
    const shown = name === '' ? ip : name;
    return entities.id({
      ...NO_ENTITY,
      name: shown,
      service: shown,
      ip,
      host: is_loopback(address, family) ? host : '',
    });
  }

  private set(flow: Flow, end: 0 | 1, entity: number): void {
    if (end === 0) {
      if (flow.entity_0 === entity) return;
      flow.entity_0 = entity;
    } else {
      if (flow.entity_1 === entity) return;
      flow.entity_1 = entity;
    }
    flow.labels++;
  }
}

const ANY = new Uint8Array(16);

function tuple(transport: number, from: Uint8Array, from_port: number, to: Uint8Array, to_port: number): string {
  return `${transport} ${bytes(from)}${from_port}>${bytes(to)}${to_port}`;
}

const bytes = (address: Uint8Array): string => Buffer.from(address.buffer, address.byteOffset, 16).toString('latin1');
