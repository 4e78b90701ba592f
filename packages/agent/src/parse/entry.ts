// What the parse stage remembers of one flow.
import { type Conversation, type Direction, TO_CLIENT, TO_SERVER } from '@sonde/protocols';
import type { Flow, FlowState } from '../call.ts';
import { EGRESS, type SocketRef } from '../capture/event.ts';
import type { Hold } from './hold.ts';

/** TCP position not known yet. */
export const SEQ_UNKNOWN = -1;

export class FlowEntry implements Flow {
  readonly id: number;
  readonly socket_id: number;
  readonly transport: number;
  readonly family: number;
  readonly local: Uint8Array;
  readonly remote: Uint8Array;
  readonly local_port: number;
  readonly remote_port: number;
  is_client: boolean;
  direction_score: number;
  pid = 0;
  state: FlowState = 'unclaimed';
  l7_protocol = 0;
  bytes_tx = 0;
  bytes_rx = 0;
  messages_tx = 0;
  messages_rx = 0;
  opened = 0;
  failed = 0;
  outstanding = 0;
  entity_0 = 0;
  entity_1 = 0;
  peer_pid = 0;
  labels = 0;
  session_slot: object | undefined = undefined;
  resource_slot: object | undefined = undefined;
  aggregate_slot: object | undefined = undefined;

  conversation: Conversation | undefined = undefined;
  /** Number that the next event of the socket should carry. */
  cap_next = 1;
  /** TCP sequence of the next byte written here, and of the next byte read here. */
  readonly seq_next: [number, number] = [SEQ_UNKNOWN, SEQ_UNKNOWN];
  /** What the capture was told to skip, by side as above: up to this TCP sequence. */
  readonly skip_until: [number, number] = [SEQ_UNKNOWN, SEQ_UNKNOWN];
  /** Bytes of a call that its parser asked for last. */
  capture_bytes = 0;
  hold: Hold | undefined = undefined;
  /** Requests may be missing before the next one. */
  requests_lost = false;
  /** Thread of the last event towards the server. */
  request_tid = 0;
  first_ns: number;
  last_ns: number;
  /** Moment of the close event; 0 = open. */
  closed_ns = 0;
  /** Stands in the list of flows with traffic to be accounted. */
  dirty = false;

  constructor(id: number, socket: SocketRef, is_client: boolean, direction_score: number, moment_ns: number) {
    this.id = id;
    this.socket_id = socket.id;
    this.transport = socket.transport;
    this.family = socket.family;
    // The source reuses its objects.
    this.local = socket.local.slice();
    this.remote = socket.remote.slice();
    this.local_port = socket.local_port;
    this.remote_port = socket.remote_port;
    this.is_client = is_client;
    this.direction_score = direction_score;
    this.first_ns = moment_ns;
    this.last_ns = moment_ns;
  }

  get server_port(): number {
    return this.is_client ? this.remote_port : this.local_port;
  }

  direction(egress_or_ingress: number): Direction {
    return (egress_or_ingress === EGRESS) === this.is_client ? TO_SERVER : TO_CLIENT;
  }
}
