// Events of a capture file -> messages and calls, by the same inference, parsers and pairing as on a live kernel.
import {
  Conversation,
  type Card,
  type Direction,
  MESSAGE_TYPE,
  type Message,
  type ParseOptions,
  type Protocol,
  TO_CLIENT,
  TO_SERVER,
} from '@sonde/protocols';
import { type CaptureEvent, type DataEvent, EGRESS, type SocketRef, transport_name } from '../../capture/event.ts';
import { Counters, type Flow, type OnCall } from '../../call.ts';
import { Sessions } from '../../session/sessions.ts';

export interface ReplaySetup {
  readonly protocols: readonly Protocol[];
  readonly options: ParseOptions;
  /** Server port -> name of the protocol that it surely speaks. */
  readonly hints: ReadonlyMap<number, string>;
  /** Requests and one-way messages as they are parsed, interim responses too; other responses come by `on_call`. */
  readonly on_message: (flow: Flow, message: Message, card: Card) => void;
  readonly on_call: OnCall;
  /** A connection is over, its bytes counted. */
  readonly on_close: (flow: Flow) => void;
}

interface Talk {
  flow: Flow;
  conversation: Conversation;
  /** The roles turned out to be the other way round than the capture assumed. */
  flipped: boolean;
  last_cap_seq: number;
  /** Requests may be missing before the next one. */
  requests_lost: boolean;
}

export class Conversations {
  readonly counters = new Counters();
  readonly #setup: ReplaySetup;
  readonly #sessions: Sessions;
  readonly #talks = new Map<number, Talk>();
  #second = 0;

  constructor(setup: ReplaySetup) {
    this.#setup = setup;
    this.#sessions = new Sessions(setup.on_call, this.counters);
  }

  /** A consumer for `Capture.drain`. The capture bounds how many sockets are open at a time by closing them. */
  readonly consume = (event: CaptureEvent): void => {
    if (event.kind === 'data') this.#data(event);
    else if (event.kind === 'open') this.#talk(event.socket, true);
    else if (event.kind === 'close' || event.kind === 'fail') this.#close(event.socket, event.moment_ns);
  };

  #data(event: DataEvent): void {
    const second = Math.floor(event.moment_ns / 1e9);
    if (second > this.#second) {
      this.#second = second;
      this.#sessions.tick(event.moment_ns);
    }
    const talk = this.#talk(event.socket, false);
    let direction: Direction = (event.direction === EGRESS) === talk.flipped ? TO_CLIENT : TO_SERVER;
    if (event.cap_seq > talk.last_cap_seq + 1) talk.conversation.gap(direction);
    talk.last_cap_seq = event.cap_seq;
    direction = (event.direction === EGRESS) === talk.flipped ? TO_CLIENT : TO_SERVER;
    if (direction === TO_SERVER) talk.flow.bytes_tx += event.length;
    else talk.flow.bytes_rx += event.length;
    talk.conversation.data(direction, event.bytes, event.start, event.end, event.length, event);
  }

  #close(socket: SocketRef, moment_ns: number): void {
    const talk = this.#talks.get(socket.id);
    if (!talk) return;
    talk.conversation.end(TO_SERVER);
    talk.conversation.end(TO_CLIENT);
    this.#sessions.close(talk.flow, moment_ns);
    this.#setup.on_close(talk.flow);
    this.#talks.delete(socket.id);
    for (const [name, value] of Object.entries(talk.conversation.counters)) this.counters.add(name, value);
  }

  #talk(socket: SocketRef, from_start: boolean): Talk {
    const known = this.#talks.get(socket.id);
    if (known) return known;
    const flow = new_flow(socket);
    const hint = this.#setup.hints.get(socket.remote_port);
    const conversation = new Conversation({
      protocols: this.#setup.protocols,
      options: this.#setup.options,
      server_port: socket.remote_port,
      transport: transport_name(socket.transport),
      from_start,
      ...(hint === undefined ? {} : { hint }),
      on_message: (message, protocol) => this.#message(talk, message, protocol.card),
      on_lost: (lost) => this.#lost(talk, lost),
      // A handshake leaves no doubt about the roles.
      ...(from_start ? {} : { on_flip: () => this.#flip(talk) }),
    });
    const talk: Talk = { flow, conversation, flipped: false, last_cap_seq: 0, requests_lost: false };
    this.#talks.set(socket.id, talk);
    return talk;
  }

  #flip(talk: Talk): void {
    talk.flipped = true;
    talk.flow.is_client = false;
    talk.conversation.server_port = talk.flow.local_port;
  }

  /** Lost responses upset who belongs to whom at once; lost requests only from the next request on. */
  #lost(talk: Talk, direction: Direction): void {
    if (direction === TO_SERVER) talk.requests_lost = true;
    else this.#sessions.disorder(talk.flow, this.#second * 1e9);
  }

  #message(talk: Talk, message: Message, card: Card): void {
    const { flow } = talk;
    if (message.type === MESSAGE_TYPE.request && talk.requests_lost) {
      talk.requests_lost = false;
      this.#sessions.disorder(flow, this.#second * 1e9);
    }
    const waits = message.type === MESSAGE_TYPE.response && message.interim !== true;
    if (!waits) this.#setup.on_message(flow, message, card);
    this.#sessions.message(flow, message, card);
  }
}

const new_flow = (socket: SocketRef): Flow => ({
  id: socket.id,
  transport: socket.transport,
  family: socket.family,
  local: socket.local,
  remote: socket.remote,
  local_port: socket.local_port,
  remote_port: socket.remote_port,
  is_client: true,
  l7_protocol: 0,
  direction_score: 0,
  pid: 0,
  state: 'unclaimed',
  bytes_tx: 0,
  bytes_rx: 0,
  messages_tx: 0,
  messages_rx: 0,
  opened: 0,
  failed: 0,
  outstanding: 0,
  entity_0: 0,
  entity_1: 0,
  peer_pid: 0,
  labels: 0,
  session_slot: undefined,
  resource_slot: undefined,
  aggregate_slot: undefined,
});
