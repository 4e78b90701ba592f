// What stages hand to one another. A stage imports this file and capture/event.ts, never another stage; pipeline.ts joins them.
import { type Card, card_list, type Message, type MessageType, type Status } from '@sonde/protocols';
import type { BlockBuilder } from '@sonde/records/codec';

/** `l7_protocol` of encrypted traffic and of the calls by which peers agree to encrypt; rows of it have is_tls. */
export const ENCRYPTED = card_list.find((card) => card.encrypts === true)?.id ?? 0;

/** What reads a connection's bytes is settled step by step. `dropped` = settings say not to look. */
export type FlowState = 'unclaimed' | 'claimed' | 'encrypted' | 'given_up' | 'dropped';

/**
 * One connection as one process sees it; for datagrams, one peer of one socket. Two processes on this host that talk to
 * each other give two flows, one an end. Made by the parse stage, which owns all fields but the slots.
 */
export interface Flow {
  /** Unique within a boot of the agent. */
  readonly id: number;
  readonly transport: number;
  /** 4 or 6. */
  readonly family: number;
  /** 16 bytes each; an IPv4 address stands in the first 4. */
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly local_port: number;
  readonly remote_port: number;
  /** Which end this process is: true = client (observation point c-p), false = server (s-p). May flip once, early. */
  is_client: boolean;
  /** 0..255: how sure that is. */
  direction_score: number;
  /** Process that last used the socket here. */
  pid: number;
  state: FlowState;
  /** Of the parser that has claimed it; 0 = none yet. */
  l7_protocol: number;
  /** Since last taken by the aggregate stage; towards the server (tx) and from it (rx). */
  bytes_tx: number;
  bytes_rx: number;
  messages_tx: number;
  messages_rx: number;
  /** Connections made and not made, 0 or 1, since last taken. */
  opened: number;
  failed: number;
  /** Requests without a response at this moment; kept by the session stage. */
  outstanding: number;
  /** Entities of both ends and the process at the far end; kept by the resource stage. 0 = not known yet. */
  entity_0: number;
  entity_1: number;
  peer_pid: number;
  /** Bumped whenever an entity, the peer or `is_client` changes: what was cached for the flow is stale. */
  labels: number;
  /** Private memory of one stage each. */
  session_slot: object | undefined;
  resource_slot: object | undefined;
  aggregate_slot: object | undefined;
}

/** Where calls are seen from, as `signal_source` and `observation_point` say it (deepflow.md section 6.1). */
export interface Vantage {
  readonly signal_source: number;
  /** observation_point of what is seen at the client's, and at the server's, end. */
  readonly client_point: string;
  readonly server_point: string;
}
export const PROCESSES: Vantage = { signal_source: 3, client_point: 'c-p', server_point: 's-p' };
/** A capture file does not say where on the path it was taken. */
export const PACKETS: Vantage = { signal_source: 0, client_point: 'rest', server_point: 'rest' };

/** A finished exchange: request and response, or one without the other. Both objects are the receiver's to keep. */
export type OnCall = (
  flow: Flow,
  card: Card,
  request: Message | undefined,
  response: Message | undefined,
  status: Status,
  type: MessageType,
  /** First byte of the response, or the moment the request was given up; ns, monotonic. */
  end_ns: number,
) => void;

/** Counters of the agent itself: name -> total since boot. Every drop has a name of its own. */
export class Counters {
  private readonly values = new Map<string, number>();

  add(name: string, n = 1): void {
    this.values.set(name, (this.values.get(name) ?? 0) + n);
  }

  /** For gauges. */
  set(name: string, value: number): void {
    this.values.set(name, value);
  }

  get(name: string): number {
    return this.values.get(name) ?? 0;
  }

  entries(): IterableIterator<[string, number]> {
    return this.values.entries();
  }
}

/** Rows of one table on their way to the server. A writer sets columns, names the entities it used and ends the row. */
export interface Rows {
  readonly block: BlockBuilder;
  /** Tells that the row to be ended uses this local entity id. */
  entity(local: number): void;
  end_row(): void;
}
