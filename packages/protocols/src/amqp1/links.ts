// Sessions and links of one connection, and the deliveries that wait for their outcome. Each side numbers channels and
// handles by itself; where the numbers of the other side were not seen they are taken as equal, as they mostly are.
import type { Direction, Message } from '../protocol.ts';
import { Bounded } from './bounded.ts';

const SESSIONS_MAX = 1024;
const LINKS_MAX = 1024;
const DELIVERIES_MAX = 4096;

export interface Delivery {
  id: number;
  link: Link;
}

export class Link {
  readonly name: string;
  /** Side that attached first; undefined: not seen. */
  readonly asked_by: Direction | undefined;
  /** Address of the node that is not the client's own. */
  address: string | undefined = undefined;
  dynamic = false;
  answered = false;
  /** Id of its attach. */
  attach_id = 0;
  /** The answer to its attach, where it may be a refusal, until a detach tells why or the link is used. */
  doubtful: Message | undefined = undefined;
  /** Side that detached first. */
  detached_by: Direction | undefined = undefined;
  detach_id = 0;
  /** Of each direction: the delivery whose last frame has not come. */
  readonly current: [Message | undefined, Message | undefined] = [undefined, undefined];

  constructor(name: string, asked_by: Direction | undefined) {
    this.name = name;
    this.asked_by = asked_by;
  }
}

export class Session {
  /** Channel of the side that began it. */
  readonly channel: number;
  /** By the handles of each side. */
  readonly links: readonly [Bounded<Link>, Bounded<Link>] = [new Bounded(LINKS_MAX), new Bounded(LINKS_MAX)];
  /** By name and sender. */
  readonly names = new Map<string, Link>();
  /** Sent by each side, by delivery-id. */
  readonly waiting: readonly [Bounded<Delivery>, Bounded<Delivery>] = [
    new Bounded(DELIVERIES_MAX),
    new Bounded(DELIVERIES_MAX),
  ];
  ended_by: Direction | undefined = undefined;
  end_id = 0;

  constructor(channel: number) {
    this.channel = channel;
  }

  link(direction: Direction, handle: number): Link {
    const known = this.links[direction].get(handle);
    if (known !== undefined) return known;
    const other = this.links[direction === 0 ? 1 : 0].get(handle);
    const link = other ?? new Link('', undefined);
    this.links[direction].set(handle, link);
    if (other === undefined) this.links[direction === 0 ? 1 : 0].set(handle, link);
    return link;
  }

  name(key: string, link: Link): void {
    if (this.names.size >= LINKS_MAX) this.names.clear();
    this.names.set(key, link);
  }

  /** Forgets a link that was detached. */
  forget(link: Link): void {
    for (const side of this.links) side.delete_value(link);
    for (const [key, named] of this.names) if (named === link) this.names.delete(key);
  }
}

export class Sessions {
  readonly #by_channel: readonly [Bounded<Session>, Bounded<Session>] = [
    new Bounded(SESSIONS_MAX),
    new Bounded(SESSIONS_MAX),
  ];

  /** A session that `direction` begins on its channel. */
  begin(direction: Direction, channel: number): Session {
    const session = new Session(channel);
    this.#by_channel[direction].set(channel, session);
    return session;
  }

  /** The other side's begin names the channel that it answers. */
  answer(direction: Direction, channel: number, remote_channel: number): Session | undefined {
    const session = this.#by_channel[direction === 0 ? 1 : 0].get(remote_channel);
    if (session !== undefined) this.#by_channel[direction].set(channel, session);
    return session;
  }

  get(direction: Direction, channel: number): Session {
    const known = this.#by_channel[direction].get(channel);
    if (known !== undefined) return known;
    const other = this.#by_channel[direction === 0 ? 1 : 0].get(channel);
    const session = other ?? new Session(channel);
    this.#by_channel[direction].set(channel, session);
    if (other === undefined) this.#by_channel[direction === 0 ? 1 : 0].set(channel, session);
    return session;
  }

  forget(session: Session): void {
    for (const side of this.#by_channel) side.delete_value(session);
  }

  clear(): void {
    for (const side of this.#by_channel) side.clear();
  }

  *all(): Iterable<Session> {
    const seen = new Set<Session>();
    for (const side of this.#by_channel) {
      for (const session of side.values()) {
        if (!seen.has(session)) yield session;
        seen.add(session);
      }
    }
  }
}
