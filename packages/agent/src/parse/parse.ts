// Events in, messages out. Order: the ring is in order of submission, so each TCP socket is put in order for itself: by
// its event numbers and TCP positions, and a response waits for the request that another thread has not submitted yet.
// What is in order already, nearly all, is parsed where it lies, without a copy.
import {
  type Card,
  Conversation,
  type Direction,
  MESSAGE_TYPE,
  type Message,
  TO_CLIENT,
  TO_SERVER,
  WHOLE_CALLS,
} from '@sonde/protocols';
import type { Counters, Flow } from '../call.ts';
import { type DataEvent, type SocketEvent, type SocketRef, TRANSPORT, transport_name } from '../capture/event.ts';
import { FlowEntry, SEQ_UNKNOWN } from './entry.ts';
import { type HeldEvent, Hold } from './hold.ts';
import { role_of } from './role.ts';
import type { ParseSettings } from './settings.ts';
import { tell_skips } from './skips.ts';
import { FlowTable } from './table.ts';

/** Longer than any thread needs from a syscall's end to the next instruction that submits, unless it is preempted. */
const HOLD_NS = 20e6;
/** What the capture takes of a call of a socket that nobody has claimed by now; whole calls before. */
const CAPTURE_BYTES_UNCLAIMED = 16_384;
/** A flow that begins with a later number was met in its middle. */
const CAP_SEQ_EARLY = 8;
const HOLD_EVENTS_MAX = 64;
const HOLD_BYTES_MAX = 262_144;
/** Data may still be read after the kernel has closed the connection for the network's part. */
const LINGER_NS = 1e9;
/** Until then an unclaimed flow's traffic is not told as "unknown". */
const SETTLE_NS = 2e9;
/** The same for a connection on which nothing was said yet. */
const SETTLE_SILENT_NS = 30e9;
const IDLE_TCP_NS = 15 * 60e9;
const IDLE_UDP_NS = 60e9;
/** A datagram peer that waits for nothing: every query may come from a socket of its own. */
const IDLE_UDP_SETTLED_NS = 5e9;

export interface ParseOutput {
  message(flow: Flow, message: Message, card: Card): void;
  /** Messages may be missing: pairing by order is unsure from here. */
  disorder(flow: Flow, now_ns: number): void;
  begin(flow: Flow): void;
  /** No more will come of it. Its counters may hold what was not accounted yet. */
  end(flow: Flow, now_ns: number): void;
  /** Bytes a call from now on. */
  verdict(socket_id: number, bytes_per_call: number): void;
  /** No byte before this TCP sequence; undefined takes it back. */
  skip(socket_id: number, direction: number, until_seq: number | undefined): void;
  listening(transport: number, port: number): boolean;
}

export class Parse {
  private settings: ParseSettings;
  private readonly out: ParseOutput;
  private readonly counters: Counters;
  private readonly table: FlowTable;
  private readonly holding = new Set<FlowEntry>();
  private closing: FlowEntry[] = [];
  private dirty: FlowEntry[] = [];
  private now_ns = 0;
  private swept_ns = 0;
  private flow_id = 0;

  constructor(settings: ParseSettings, out: ParseOutput, counters: Counters, flows_max = 65_536) {
    this.settings = settings;
    this.out = out;
    this.counters = counters;
    this.table = new FlowTable(flows_max);
  }

  /** Bytes to capture and ignored ports hold at once; connections that exist keep their parser and its options. */
  configure(settings: ParseSettings): void {
    this.settings = settings;
    this.table.sweep((entry) => {
      if (settings.ignore_ports.has(entry.server_port)) this.drop(entry);
      else if (entry.state === 'claimed') this.settle(entry, entry.conversation!);
    });
  }

  get flows(): number {
    return this.table.size;
  }

  data(event: DataEvent): void {
    const { socket } = event;
    const datagram = socket.transport !== TRANSPORT.tcp;
    const entry = (datagram ? this.table.peer(socket) : this.table.get(socket.id)) ?? this.open(socket, event);
    entry.last_ns = event.moment_ns;
    entry.pid = event.pid;
    if (datagram) {
      const missing = this.table.number(socket.id, event.cap_seq);
      if (missing !== 0) this.counters.add('events_lost', missing);
      this.deliver(entry, event, false);
    } else if (
      entry.hold === undefined &&
      event.cap_seq === entry.cap_next &&
      this.in_sequence(entry, event) &&
      !this.too_early(entry, event)
    ) {
      entry.cap_next++;
      this.deliver(entry, event, false);
    } else {
      this.hold(entry, event);
    }
  }

  socket(event: SocketEvent): void {
    const { socket } = event;
    let entry = this.table.get(socket.id);
    if (entry === undefined) {
      if (event.kind === 'close') return;
      entry = this.open(socket, undefined, event.moment_ns);
    }
    if (event.pid !== 0 && entry.pid === 0) entry.pid = event.pid;
    entry.last_ns = event.moment_ns;
    if (event.kind === 'open') {
      entry.opened = 1;
      this.mark_dirty(entry);
      return;
    }
    if (event.kind === 'fail') {
      entry.failed = 1;
      if (entry.state !== 'dropped') entry.state = 'given_up';
    }
    if (entry.closed_ns === 0) {
      entry.closed_ns = this.now_ns || event.moment_ns;
      this.closing.push(entry);
    }
  }

  /** Call after each drain, with the monotonic clock. */
  tick(now_ns: number): void {
    this.now_ns = now_ns;
    for (const entry of this.holding) {
      if (now_ns - entry.hold!.since_ns >= HOLD_NS) this.release(entry, true);
    }
    while (this.closing.length > 0 && now_ns - this.closing[0]!.closed_ns >= LINGER_NS) {
      let n = 0;
      while (n < this.closing.length && now_ns - this.closing[n]!.closed_ns >= LINGER_NS) n++;
      for (const entry of this.closing.splice(0, n)) this.finish(entry);
    }
    if (now_ns - this.swept_ns >= 10e9) {
      this.swept_ns = now_ns;
      this.table.sweep((entry) => {
        if (now_ns - entry.last_ns > patience_ns(entry)) this.finish(entry);
      });
    }
  }

  /** Hands over flows whose traffic was not taken yet and whose protocol and, as `known` says, ends are settled, each once. */
  take_dirty(known: (flow: Flow) => boolean, each: (flow: Flow) => void): void {
    const waiting = this.dirty;
    this.dirty = [];
    for (const entry of waiting) {
      const patience_ns = entry.bytes_tx + entry.bytes_rx === 0 ? SETTLE_SILENT_NS : SETTLE_NS;
      const unsettled = entry.state === 'unclaimed' || !known(entry);
      if (unsettled && this.now_ns - entry.first_ns < patience_ns && entry.closed_ns === 0) {
        this.dirty.push(entry);
        continue;
      }
      entry.dirty = false;
      each(entry);
    }
  }

  /** Ends all flows: the agent stops, or its source has no more. */
  close(now_ns: number): void {
    this.now_ns = now_ns;
    for (const entry of this.holding) this.release(entry, true);
    this.table.sweep((entry) => this.finish(entry));
    this.closing = [];
  }

  private open(socket: SocketRef, event: DataEvent | undefined, moment_ns = event?.moment_ns ?? 0): FlowEntry {
    const role = role_of(socket, event?.direction, this.out.listening);
    const entry = new FlowEntry(++this.flow_id, socket, role.is_client, role.score, moment_ns);
    // A socket met in its middle; the first few may also have come in another order.
    if (event !== undefined && event.cap_seq > CAP_SEQ_EARLY) entry.cap_next = event.cap_seq;
    if (entry.transport === TRANSPORT.udp && this.table.talks_elsewhere(socket))
      this.counters.add('udp_flows_replaced');
    // The oldest makes room.
    const evicted = this.table.add(socket, entry);
    if (evicted !== undefined) {
      this.counters.add('flows_evicted');
      this.finish(evicted);
    }
    if (this.settings.ignore_ports.has(entry.server_port)) {
      this.drop(entry);
    } else if (this.settings.capture_bytes_max < WHOLE_CALLS) {
      this.out.verdict(socket.id, this.settings.capture_bytes_max);
    }
    this.out.begin(entry);
    return entry;
  }

  private converse(entry: FlowEntry, first: { cap_seq: number }): Conversation {
    const { settings } = this;
    const hint = settings.hints.get(entry.server_port);
    return new Conversation({
      protocols: settings.protocols,
      options: settings.options,
      server_port: entry.server_port,
      transport: transport_name(entry.transport),
      ...(hint === undefined ? {} : { hint }),
      from_start: entry.opened === 1 && first.cap_seq === 1,
      on_message: (message, protocol) => {
        if (entry.requests_lost && message.type === MESSAGE_TYPE.request) {
          entry.requests_lost = false;
          this.out.disorder(entry, this.now_ns || entry.last_ns);
        }
        this.out.message(entry, message, protocol.card);
      },
      ...(entry.direction_score === 255 ? {} : { on_flip: () => this.flip(entry) }),
      // Lost responses upset who belongs to whom at once, lost requests only from the next request on.
      on_lost: (direction) => {
        // Where nothing is parsed yet there are no boundaries to lose.
        if (entry.state === 'claimed') this.counters.add('boundary_lost');
        if (direction === TO_SERVER) entry.requests_lost = true;
        else this.out.disorder(entry, this.now_ns || entry.last_ns);
      },
    });
  }

  private flip(entry: FlowEntry): void {
    entry.is_client = !entry.is_client;
    entry.direction_score = 220;
    entry.labels++;
    [entry.bytes_tx, entry.bytes_rx] = [entry.bytes_rx, entry.bytes_tx];
    [entry.messages_tx, entry.messages_rx] = [entry.messages_rx, entry.messages_tx];
    if (entry.conversation !== undefined) entry.conversation.server_port = entry.server_port;
  }

  private in_sequence(entry: FlowEntry, event: HeldEvent | DataEvent): boolean {
    const expected = entry.seq_next[event.direction === 0 ? 0 : 1];
    return expected === SEQ_UNKNOWN || event.tcp_seq === expected;
  }

  /** A client's reading thread may submit before the thread that wrote the request does. */
  private too_early(entry: FlowEntry, event: HeldEvent | DataEvent): boolean {
    return (
      entry.is_client &&
      entry.outstanding === 0 &&
      event.tid !== entry.request_tid &&
      entry.direction(event.direction) === TO_CLIENT &&
      (entry.state === 'claimed' || entry.state === 'unclaimed')
    );
  }

  private hold(entry: FlowEntry, event: DataEvent): void {
    if (event.cap_seq < entry.cap_next) {
      // Counted as lost when its place was given up; it came after all.
      this.counters.add('events_late');
    }
    if (entry.hold === undefined) {
      entry.hold = new Hold(this.now_ns || event.moment_ns);
      this.holding.add(entry);
    }
    entry.hold.add(event);
    const full = entry.hold.items.length > HOLD_EVENTS_MAX || entry.hold.bytes > HOLD_BYTES_MAX;
    this.release(entry, full);
  }

  private release(entry: FlowEntry, force: boolean): void {
    const hold = entry.hold!;
    const { ready, cap_next, lost } = hold.take(entry.cap_next, force);
    entry.cap_next = cap_next;
    if (lost > 0) this.counters.add('events_lost', lost);
    const sure = [contiguous(entry, ready, 0), contiguous(entry, ready, 1)];
    for (let i = 0; i < ready.length; i++) {
      const item = ready[i]!;
      const follows = sure[item.direction === 0 ? 0 : 1]! || this.in_sequence(entry, item);
      if (!force && (!follows || this.too_early_in(entry, ready, i))) {
        hold.put_back(ready.slice(i));
        break;
      }
      this.deliver(entry, item, sure[item.direction === 0 ? 0 : 1]!);
    }
    if (hold.items.length > 0) return;
    entry.hold = undefined;
    this.holding.delete(entry);
  }

  /** Order of moments has put every request that is here before it. */
  private too_early_in(entry: FlowEntry, ready: readonly HeldEvent[], at: number): boolean {
    return at === ready.length - 1 && this.too_early(entry, ready[at]!);
  }

  /** `adjusted`: the event's position is wrong in itself, but all held together fill the gap. */
  private deliver(entry: FlowEntry, event: DataEvent | HeldEvent, adjusted: boolean): void {
    const direction = entry.direction(event.direction);
    if (direction === TO_SERVER) {
      entry.request_tid = event.tid;
      entry.bytes_tx += event.length;
      if (!event.continues) entry.messages_tx++;
    } else {
      entry.bytes_rx += event.length;
      if (!event.continues) entry.messages_rx++;
    }
    if (!entry.dirty) this.mark_dirty(entry);
    if (entry.state !== 'claimed' && entry.state !== 'unclaimed') return;
    entry.conversation ??= this.converse(entry, event);
    const { conversation } = entry;
    if (entry.transport === TRANSPORT.tcp) this.advance(entry, conversation, direction, event, adjusted);
    if (event.discarded) conversation.discard(direction, event.length);
    else if (event.offset === 0) conversation.data(direction, event.bytes, event.start, event.end, event.length, event);
    else this.data_after_skip(conversation, direction, event);
    if (entry.transport === TRANSPORT.tcp) tell_skips(entry, conversation, this.out);
    const claimed_id = conversation.protocol?.card.id ?? entry.l7_protocol;
    const same = conversation.state === entry.state && claimed_id === entry.l7_protocol;
    if (!same || conversation.capture_bytes !== entry.capture_bytes) this.settle(entry, conversation);
  }

  /** The capture left out the event's beginning, as it was told to. */
  private data_after_skip(conversation: Conversation, direction: Direction, event: DataEvent | HeldEvent): void {
    const { moment_ns, pid, tid, cap_seq, offset, bytes, start, end, length } = event;
    conversation.gap(direction, offset);
    const origin = { moment_ns, pid, tid, cap_seq, tcp_seq: (event.tcp_seq + offset) >>> 0 };
    conversation.data(direction, bytes, start, end, length - offset, origin);
  }

  private advance(
    entry: FlowEntry,
    conversation: Conversation,
    direction: Direction,
    event: DataEvent | HeldEvent,
    adjusted: boolean,
  ): void {
    const side = event.direction === 0 ? 0 : 1;
    const expected = entry.seq_next[side];
    if (expected === SEQ_UNKNOWN || event.tcp_seq === expected || adjusted) {
      const from = adjusted && expected !== SEQ_UNKNOWN ? expected : event.tcp_seq;
      entry.seq_next[side] = (from + event.length) >>> 0;
      return;
    }
    const ahead = (event.tcp_seq - expected) | 0;
    if (ahead > 0) {
      this.counters.add('gaps');
      this.counters.add('gap_bytes', ahead);
      conversation.gap(direction, ahead);
      entry.seq_next[side] = (event.tcp_seq + event.length) >>> 0;
    } else {
      // A system call never moves the same byte twice: two writers at once have blurred the position. Lengths are true.
      this.counters.add('positions_blurred');
      entry.seq_next[side] = (expected + event.length) >>> 0;
    }
  }

  /** The conversation came to another opinion of what it is. */
  private settle(entry: FlowEntry, conversation: Conversation): void {
    entry.state = conversation.state;
    entry.capture_bytes = conversation.capture_bytes;
    const { capture_bytes_max } = this.settings;
    if (conversation.state === 'claimed') {
      entry.l7_protocol = conversation.protocol!.card.id;
      this.out.verdict(entry.socket_id, Math.min(entry.capture_bytes, capture_bytes_max));
    } else if (conversation.state === 'unclaimed') {
      this.out.verdict(entry.socket_id, Math.min(CAPTURE_BYTES_UNCLAIMED, capture_bytes_max));
    } else {
      // Datagrams: another peer of the socket may make sense.
      if (entry.transport === TRANSPORT.tcp) this.out.verdict(entry.socket_id, 0);
      this.count(entry);
      entry.conversation = undefined;
      this.out.disorder(entry, this.now_ns || entry.last_ns);
    }
  }

  /** Settings say not to look. */
  private drop(entry: FlowEntry): void {
    entry.state = 'dropped';
    entry.conversation = undefined;
    this.out.verdict(entry.socket_id, 0);
  }

  private mark_dirty(entry: FlowEntry): void {
    entry.dirty = true;
    this.dirty.push(entry);
  }

  private count(entry: FlowEntry): void {
    const counters = entry.conversation?.counters;
    if (counters === undefined) return;
    if (counters.not_mine > 0) this.counters.add('not_mine', counters.not_mine);
    if (counters.overflow > 0) this.counters.add('parse_overflow', counters.overflow);
  }

  private finish(entry: FlowEntry): void {
    if (entry.hold !== undefined) this.release(entry, true);
    if (!this.table.delete(entry)) return;
    if (entry.state === 'claimed') {
      entry.conversation?.end(TO_SERVER);
      entry.conversation?.end(TO_CLIENT);
    }
    this.count(entry);
    entry.conversation = undefined;
    // Its traffic is told with its end.
    if (entry.state === 'unclaimed') entry.state = 'given_up';
    this.out.end(entry, this.now_ns || entry.last_ns);
  }
}

function patience_ns(entry: FlowEntry): number {
  if (entry.transport === TRANSPORT.tcp) return IDLE_TCP_NS;
  return entry.outstanding === 0 ? IDLE_UDP_SETTLED_NS : IDLE_UDP_NS;
}

/** Whether the events of one side, whatever positions they claim, together fill exactly what follows `seq_next`. */
function contiguous(entry: FlowEntry, items: readonly HeldEvent[], side: 0 | 1): boolean {
  const expected = entry.seq_next[side];
  if (expected === SEQ_UNKNOWN) return false;
  let total = 0;
  let reach = 0;
  for (const item of items) {
    if ((item.direction === 0 ? 0 : 1) !== side) continue;
    total += item.length;
    reach = Math.max(reach, (item.tcp_seq + item.length - expected) | 0);
  }
  return total > 0 && total === reach;
}
