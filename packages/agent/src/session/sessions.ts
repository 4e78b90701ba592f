// Messages in, calls out: a response finds its request, what finds nothing is told as what it is.
import { type Card, MESSAGE_TYPE, type Message, STATUS } from '@sonde/protocols';
import type { Counters, Flow, OnCall } from '../call.ts';
import { IdPairs, OrderPairs, type Pairs } from './pairs.ts';
import { Wheel } from './wheel.ts';

/** Requests that may wait on one connection: pipelines of thousands are real. */
const OUTSTANDING_MAX = 8192;

interface Slot {
  pairs: Pairs;
  /** Stands in the wheel for the flow. */
  timer: Timer | undefined;
}

/** Waits in the wheel for as long as the timeout, which may be minutes after its connection is gone: it must not keep that. */
interface Timer {
  flow: Flow | undefined;
}

export class Sessions {
  private readonly on_call: OnCall;
  private readonly counters: Counters;
  private readonly wheel = new Wheel<Timer>();
  private readonly outstanding_max: number;
  private now_ns = 0;

  constructor(on_call: OnCall, counters: Counters, outstanding_max = OUTSTANDING_MAX) {
    this.on_call = on_call;
    this.counters = counters;
    this.outstanding_max = outstanding_max;
  }

  message(flow: Flow, message: Message, card: Card): void {
    if (message.interim === true) {
      if (message.unfinished === true) this.slot(flow, card).pairs.begun(message);
      return;
    }
    if (message.type === MESSAGE_TYPE.response) this.response(flow, message, card);
    else if (message.type === MESSAGE_TYPE.request && message.one_way !== true) this.request(flow, message, card);
    else {
      const status = message.response_status ?? STATUS.ok;
      this.on_call(flow, card, message, undefined, status, MESSAGE_TYPE.session, message.begin_ns ?? this.now_ns);
    }
  }

  /** Bytes of the connection were lost: who belongs to whom can no longer be told where order decides. */
  disorder(flow: Flow, now_ns: number): void {
    const slot = flow.session_slot as Slot | undefined;
    if (slot === undefined || slot.pairs.card.pairing !== 'order') return;
    this.clear(flow, slot, now_ns);
  }

  /** The connection is gone; what waits never gets a response, which is not a timeout. */
  close(flow: Flow, now_ns: number): void {
    const slot = flow.session_slot as Slot | undefined;
    if (slot === undefined) return;
    this.clear(flow, slot, now_ns);
    if (slot.timer !== undefined) slot.timer.flow = undefined;
    flow.session_slot = undefined;
  }

  /** Gives up what waits for longer than its protocol's timeout. Call at least once a second. */
  tick(now_ns: number): void {
    this.now_ns = now_ns;
    this.wheel.turn(Math.floor(now_ns / 1e9), ({ flow }) => {
      if (flow !== undefined) this.due(flow);
    });
  }

  private request(flow: Flow, request: Message, card: Card): void {
    const slot = this.slot(flow, card);
    const evicted = slot.pairs.push(request);
    if (evicted !== undefined) {
      this.counters.add('session_evicted');
      this.alone(flow, card, evicted, STATUS.unknown, request.begin_ns ?? this.now_ns);
    }
    flow.outstanding = slot.pairs.size;
    if (slot.timer === undefined) this.arm(flow, slot, request);
  }

  private response(flow: Flow, response: Message, card: Card): void {
    const slot = this.slot(flow, card);
    const request = slot.pairs.take(response) ?? undefined;
    flow.outstanding = slot.pairs.size;
    const end_ns = response.begin_ns ?? this.now_ns;
    if (response.unseen !== true) this.pair(flow, card, request, response);
    else if (request !== undefined && response.response_status === STATUS.ok) this.pair(flow, card, request, response);
    else if (request !== undefined) this.alone(flow, card, request, STATUS.unknown, end_ns);
  }

  private pair(flow: Flow, card: Card, request: Message | undefined, response: Message): void {
    const status = response.response_status ?? STATUS.unknown;
    const type = request === undefined ? MESSAGE_TYPE.response : MESSAGE_TYPE.session;
    this.on_call(flow, card, request, response, status, type, response.begin_ns ?? this.now_ns);
  }

  private slot(flow: Flow, card: Card): Slot {
    let slot = flow.session_slot as Slot | undefined;
    if (slot !== undefined && slot.pairs.card === card) return slot;
    // Another protocol took over the connection.
    if (slot !== undefined) this.clear(flow, slot, this.now_ns);
    const Kind = card.pairing === 'id' ? IdPairs : OrderPairs;
    const pairs = new Kind(card, this.outstanding_max);
    if (slot === undefined) flow.session_slot = slot = { pairs, timer: undefined };
    else slot.pairs = pairs;
    return slot;
  }

  private arm(flow: Flow, slot: Slot, request: Message): void {
    slot.timer = { flow };
    const begin_ns = request.begin_ns ?? this.now_ns;
    const due = Math.ceil(begin_ns / 1e9 + slot.pairs.card.timeout_s);
    this.wheel.add(slot.timer, due, Math.floor((this.now_ns || begin_ns) / 1e9));
  }

  private due(flow: Flow): void {
    const slot = flow.session_slot as Slot;
    const { pairs } = slot;
    slot.timer = undefined;
    const limit_ns = this.now_ns - pairs.card.timeout_s * 1e9;
    let oldest = pairs.oldest();
    while (oldest !== undefined && (oldest.begin_ns ?? 0) <= limit_ns) {
      pairs.give_up();
      const begun = pairs.begun_for(oldest);
      if (begun === undefined) this.alone(flow, pairs.card, oldest, STATUS.timeout, this.now_ns);
      else this.pair(flow, pairs.card, oldest, begun);
      oldest = pairs.oldest();
    }
    flow.outstanding = pairs.size;
    if (oldest !== undefined) this.arm(flow, slot, oldest);
  }

  private clear(flow: Flow, slot: Slot, now_ns: number): void {
    const { card } = slot.pairs;
    const { pairs } = slot;
    pairs.clear((request) => {
      const begun = pairs.begun_for(request);
      if (begun === undefined) this.alone(flow, card, request, STATUS.unknown, now_ns);
      else this.pair(flow, card, request, begun);
    });
    flow.outstanding = 0;
  }

  private alone(flow: Flow, card: Card, request: Message, status: 2 | 5, end_ns: number): void {
    this.on_call(flow, card, request, undefined, status, MESSAGE_TYPE.request, end_ns);
  }
}
