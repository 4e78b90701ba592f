// Requests of one connection that wait for their responses.
import type { Card, Message } from '@sonde/protocols';

export interface Pairs {
  readonly card: Card;
  readonly size: number;
  push(request: Message): Message | undefined;
  /** The request this response belongs to; null = one that was given up; undefined = none known. */
  take(response: Message): Message | null | undefined;
  /** A response has begun whose end comes later: it stands for the end should that not come in time. */
  begun(response: Message): void;
  /** What has begun for the request. */
  begun_for(request: Message): Message | undefined;
  /** The oldest that still waits. */
  oldest(): Message | undefined;
  /** Gives up the oldest. Where order decides, its place is kept, so that a late response finds nobody else's request. */
  give_up(): Message | undefined;
  /** Empties it, places of those given up too. */
  clear(each: (request: Message) => void): void;
}

/** The n-th response belongs to the n-th request. */
export class OrderPairs implements Pairs {
  readonly card: Card;
  private queue: (Message | null)[] = [];
  private head = 0;
  private readonly max: number;

  constructor(card: Card, max: number) {
    this.card = card;
    this.max = max;
  }

  get size(): number {
    return this.queue.length - this.head;
  }

  push(request: Message): Message | undefined {
    let evicted: Message | undefined;
    if (this.size >= this.max) evicted = this.shift() ?? undefined;
    this.queue.push(request);
    return evicted;
  }

  take(response: Message): Message | null | undefined {
    if (this.size === 0) return undefined;
    const first = this.queue[this.head]!;
    // A response cannot begin before its request: then its request was never seen.
    if (first !== null && (response.begin_ns ?? 0) < (first.begin_ns ?? 0)) return undefined;
    return this.shift();
  }

  // Where order decides, responses come whole.
  begun(): void {}

  begun_for(): undefined {}

  oldest(): Message | undefined {
    for (let i = this.head; i < this.queue.length; i++) {
      const request = this.queue[i];
      if (request) return request;
    }
    return undefined;
  }

  give_up(): Message | undefined {
    for (let i = this.head; i < this.queue.length; i++) {
      const request = this.queue[i];
      if (!request) continue;
      this.queue[i] = null;
      return request;
    }
    return undefined;
  }

  clear(each: (request: Message) => void): void {
    const { queue, head } = this;
    this.queue = [];
    this.head = 0;
    for (let i = head; i < queue.length; i++) {
      const request = queue[i];
      if (request) each(request);
    }
  }

  private shift(): Message | null {
    const first = this.queue[this.head]!;
    this.queue[this.head] = null;
    this.head++;
    if (this.head === this.queue.length) {
      this.head = 0;
      this.queue.length = 0;
    } else if (this.head >= 512 && this.head * 2 > this.queue.length) {
      this.queue.splice(0, this.head);
      this.head = 0;
    }
    return first;
  }
}

/** A response names its request by `request_id`. */
export class IdPairs implements Pairs {
  readonly card: Card;
  private readonly waiting = new Map<number, Message>();
  /** Responses that have begun, by their request, which waits as long as it stands here. */
  private readonly beginnings = new WeakMap<Message, Message>();
  private readonly max: number;

  constructor(card: Card, max: number) {
    this.card = card;
    this.max = max;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Returns who loses its place: an earlier request of the same id, else the oldest when there are too many. */
  push(request: Message): Message | undefined {
    const id = request.request_id ?? -1;
    let evicted = this.waiting.get(id);
    if (evicted !== undefined) this.waiting.delete(id);
    else if (this.waiting.size >= this.max) evicted = this.give_up();
    this.waiting.set(id, request);
    return evicted;
  }

  take(response: Message): Message | undefined {
    const id = response.request_id ?? -1;
    const request = this.waiting.get(id);
    if (request === undefined || (response.begin_ns ?? 0) < (request.begin_ns ?? 0)) return undefined;
    this.waiting.delete(id);
    return request;
  }

  begun(response: Message): void {
    const request = this.waiting.get(response.request_id ?? -1);
    if (request !== undefined) this.beginnings.set(request, response);
  }

  begun_for(request: Message): Message | undefined {
    return this.beginnings.get(request);
  }

  oldest(): Message | undefined {
    for (const request of this.waiting.values()) return request;
    return undefined;
  }

  give_up(): Message | undefined {
    for (const [id, request] of this.waiting) {
      this.waiting.delete(id);
      return request;
    }
    return undefined;
  }

  clear(each: (request: Message) => void): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const request of waiting) each(request);
  }
}
