// What the frames of a connection mean together: who asked what, and what answers it.
import {
  copy_message,
  type Direction,
  type Emit,
  forget,
  type Message,
  MESSAGE_TYPE,
  STATUS,
  TO_CLIENT,
  TO_SERVER,
} from '../protocol.ts';
import { type AmqpError, OUTCOMES, SASL_CODES, status_of_outcome, status_of_sasl } from './errors.ts';
import { type Delivery, Link, type Session, Sessions } from './links.ts';
import { exchange_id, KIND } from './messages.ts';
import type { Attach, Detach, Disposition, Open, Transfer } from './performatives.ts';
import { add_attribute, fail, notice, put_address, request, response } from './rows.ts';
import type { Sections } from './sections.ts';

const REFUSED = 'refused';

export class Peers {
  readonly #sessions = new Sessions();
  #domain: string | undefined = undefined;
  #closed_by: Direction | undefined = undefined;
  /** Of the direction at hand. */
  emit: Emit = () => {};

  #tell(message: Message, bytes: number): void {
    if (this.#domain !== undefined && message.type !== MESSAGE_TYPE.response) message.request_domain = this.#domain;
    message.length = bytes;
    this.emit(message);
  }

  /** Frames of this direction are missing: what had begun there will not be completed. */
  lost(direction: Direction): void {
    for (const session of this.#sessions.all()) {
      for (const link of session.links[direction].values()) link.current[direction] = undefined;
    }
  }

  login(mechanism: string | undefined, hostname: string | undefined, bytes: number): void {
    const message = request('sasl-init', exchange_id(KIND.sasl, false, 0, 0));
    if (mechanism !== undefined) message.request_resource = mechanism;
    if (hostname !== undefined) this.#domain = hostname;
    this.#tell(message, bytes);
  }

  login_outcome(code: number | undefined, bytes: number): void {
    const message = response('sasl-outcome', exchange_id(KIND.sasl, false, 0, 0));
    if (code === undefined) message.response_status = STATUS.unknown;
    else {
      message.response_code = code;
      message.response_status = status_of_sasl(code);
      if (code !== 0) message.response_exception = SASL_CODES[code] ?? `code ${code}`;
    }
    this.#tell(message, bytes);
  }

  /** The server does not speak what the client asked for. */
  refused_header(wanted: string, bytes: number): void {
    const message = notice('protocol-header');
    message.response_status = STATUS.client_error;
    message.response_exception = `the server wants ${wanted}`;
    this.#tell(message, bytes);
  }

  open(direction: Direction, { container, hostname }: Open, bytes: number): void {
    const id = exchange_id(KIND.open, false, 0, 0);
    const message = direction === TO_SERVER ? request('open', id) : response('open', id);
    if (direction === TO_SERVER) {
      this.#domain = hostname;
      this.#closed_by = undefined;
      this.#sessions.clear();
    }
    add_attribute(message, 'container_id', container);
    this.#tell(message, bytes);
  }

  begin(direction: Direction, channel: number, remote_channel: number | undefined, bytes: number): void {
    const by_server = direction === TO_CLIENT;
    if (remote_channel === undefined) {
      this.#sessions.begin(direction, channel);
      this.#tell(request('begin', exchange_id(KIND.begin, by_server, channel, 0)), bytes);
      return;
    }
    this.#sessions.answer(direction, channel, remote_channel);
    this.#tell(response('begin', exchange_id(KIND.begin, !by_server, remote_channel, 0)), bytes);
  }

  attach(direction: Direction, channel: number, attach: Attach, bytes: number): void {
    const session = this.#sessions.get(direction, channel);
    const sender = attach.receiver ? other(direction) : direction;
    const key = `${sender} ${attach.name}`;
    const known = session.names.get(key);
    if (known !== undefined && known.asked_by !== direction && !known.answered) {
      this.#attached(session, known, direction, attach, bytes);
      return;
    }
    const link = new Link(attach.name, direction);
    link.attach_id = exchange_id(KIND.attach, direction === TO_CLIENT, session.channel, attach.handle);
    session.name(key, link);
    session.links[direction].set(attach.handle, link);
    const terminus = attach.receiver ? attach.source : attach.target;
    link.address = terminus?.address;
    link.dynamic = terminus?.dynamic === true;
    const message = request('attach', link.attach_id);
    put_address(message, link.address);
    add_attribute(message, 'role', attach.receiver ? 'receiver' : 'sender');
    add_attribute(message, 'link', attach.name);
    this.#tell(message, bytes);
  }

  #attached(session: Session, link: Link, direction: Direction, attach: Attach, bytes: number): void {
    link.answered = true;
    session.links[direction].set(attach.handle, link);
    // The role of the answer is the other way round.
    const terminus = attach.receiver ? attach.target : attach.source;
    if (link.address === undefined || link.dynamic) link.address = terminus?.address ?? link.address;
    const message = response('attach', link.attach_id);
    if (link.dynamic && link.address !== undefined) message.response_result = link.address;
    const named = terminus !== undefined && (terminus.address !== undefined || link.address === undefined);
    if (named) {
      this.#tell(message, bytes);
      return;
    }
    // The side that answers has no such node, it seems; a detach that tells why follows, or the link is used all the same.
    if (terminus === undefined) {
      message.response_status = STATUS.client_error;
      message.response_exception = REFUSED;
    }
    link.doubtful = message;
    const begun = copy_message(message);
    begun.interim = true;
    begun.unfinished = true;
    this.#tell(begun, bytes);
  }

  /** The side that answered the attach uses the link. */
  #used(link: Link, direction: Direction): void {
    const { doubtful } = link;
    if (doubtful === undefined || link.asked_by === direction) return;
    link.doubtful = undefined;
    doubtful.response_status = STATUS.ok;
    forget(doubtful, 'response_exception');
    this.#tell(doubtful, 0);
  }

  flow(direction: Direction, channel: number, handle: number | undefined): void {
    if (handle !== undefined) this.#used(this.#sessions.get(direction, channel).link(direction, handle), direction);
  }

  detach(direction: Direction, channel: number, { handle, error }: Detach, bytes: number): void {
    if (handle === undefined) return;
    const session = this.#sessions.get(direction, channel);
    const link = session.link(direction, handle);
    let why = error;
    const { doubtful } = link;
    if (doubtful !== undefined && link.asked_by !== direction) {
      link.doubtful = undefined;
      doubtful.response_status = STATUS.client_error;
      doubtful.response_exception = REFUSED;
      if (error !== undefined) fail(doubtful, error);
      this.#tell(doubtful, bytes);
      why = undefined;
      if (link.detached_by === undefined) {
        link.detached_by = direction;
        return;
      }
    }
    if (link.detached_by === other(direction)) {
      session.forget(link);
      if (direction === TO_CLIENT) this.#answer('detach', link.detach_id, why, bytes);
      return;
    }
    link.detached_by = direction;
    const by_server = direction === TO_CLIENT;
    link.detach_id = exchange_id(KIND.detach, by_server, session.channel, handle);
    const message = by_server ? notice('detach') : request('detach', link.detach_id);
    put_address(message, link.address);
    const answered = error !== undefined && this.#give_up(session, other(direction), link, error, bytes);
    if (!answered || !by_server) this.#ending(message, error, bytes);
  }

  end(direction: Direction, channel: number, error: AmqpError | undefined, bytes: number): void {
    const session = this.#sessions.get(direction, channel);
    if (session.ended_by === other(direction)) {
      this.#sessions.forget(session);
      if (direction === TO_CLIENT) this.#answer('end', session.end_id, error, bytes);
      return;
    }
    session.ended_by = direction;
    session.end_id = exchange_id(KIND.end, direction === TO_CLIENT, session.channel, 0);
    const answered = error !== undefined && this.#give_up(session, other(direction), undefined, error, bytes);
    if (direction === TO_SERVER) this.#ending(request('end', session.end_id), error, bytes);
    else if (!answered) this.#ending(notice('end'), error, bytes);
  }

  close(direction: Direction, error: AmqpError | undefined, bytes: number): void {
    const id = exchange_id(KIND.close, false, 0, 0);
    if (this.#closed_by === other(direction)) {
      this.#closed_by = undefined;
      if (direction === TO_CLIENT) this.#answer('close', id, error, bytes);
      return;
    }
    this.#closed_by = direction;
    let answered = false;
    for (const session of error === undefined ? [] : this.#sessions.all()) {
      if (this.#give_up(session, other(direction), undefined, error!, answered ? 0 : bytes)) answered = true;
    }
    if (direction === TO_SERVER) this.#ending(request('close', id), error, bytes);
    else if (!answered) this.#ending(notice('close'), error, bytes);
  }

  #answer(name: string, id: number, error: AmqpError | undefined, bytes: number): void {
    const message = response(name, id);
    if (error !== undefined) fail(message, error);
    this.#tell(message, bytes);
  }

  /** An ending that is not an answer: a client tells its own error as what it asks, a server what happened. */
  #ending(message: Message, error: AmqpError | undefined, bytes: number): void {
    if (error !== undefined && message.type === MESSAGE_TYPE.session) fail(message, error);
    else if (error !== undefined) add_attribute(message, 'error', error.condition);
    this.#tell(message, bytes);
  }

  /**
   * What `asker` waits for on the session, or on one link of it, will not come: the error is the answer. Whether there was
   * anything.
   */
  #give_up(session: Session, asker: Direction, only: Link | undefined, error: AmqpError, bytes: number): boolean {
    let length = bytes;
    const answer = (name: string, id: number): void => {
      this.#answer(name, id, error, length);
      length = 0;
    };
    for (const link of session.links[asker].values()) {
      if (link.answered || link.asked_by !== asker || (only !== undefined && link !== only)) continue;
      link.answered = true;
      answer('attach', link.attach_id);
    }
    for (const [delivery_id, delivery] of session.waiting[asker].entries()) {
      if (only !== undefined && delivery.link !== only) continue;
      session.waiting[asker].delete(delivery_id);
      answer('transfer', delivery.id);
    }
    return length !== bytes;
  }

  /** Whether the transfer begins a delivery: then the sections of its payload are wanted. */
  begins(direction: Direction, channel: number, { handle }: Transfer): boolean {
    if (handle === undefined) return false;
    return this.#sessions.get(direction, channel).link(direction, handle).current[direction] === undefined;
  }

  transfer(
    direction: Direction,
    channel: number,
    frame: Transfer,
    sections: Sections | undefined,
    bytes: number,
  ): void {
    if (frame.handle === undefined) return;
    const session = this.#sessions.get(direction, channel);
    const link = session.link(direction, frame.handle);
    this.#used(link, direction);
    const message = link.current[direction] ?? this.#delivery(direction, session, link, frame, sections);
    message.length = (message.length ?? 0) + bytes;
    link.current[direction] = frame.more && !frame.aborted ? message : undefined;
    if (frame.settled || frame.aborted) {
      message.type = MESSAGE_TYPE.session;
      message.one_way = true;
    }
    if (link.current[direction] !== undefined) return;
    if (frame.aborted) {
      message.response_status = STATUS.client_error;
      message.response_exception = 'aborted';
    }
    if (message.type === MESSAGE_TYPE.request && message.request_id !== undefined) {
      const delivery: Delivery = { id: message.request_id, link };
      session.waiting[direction].set(message.request_id % 2 ** 32, delivery);
    }
    this.#tell(message, message.length);
  }

  #delivery(
    direction: Direction,
    session: Session,
    link: Link,
    frame: Transfer,
    sections: Sections | undefined,
  ): Message {
    const by_server = direction === TO_CLIENT;
    const message =
      frame.delivery_id === undefined
        ? notice('transfer')
        : request('transfer', exchange_id(KIND.delivery, by_server, session.channel, frame.delivery_id));
    if (sections?.transaction !== undefined) message.request_type = sections.transaction;
    put_address(message, link.address ?? sections?.to);
    if (sections === undefined) return message;
    if (sections.correlation_id !== undefined) message.x_request_id = sections.correlation_id;
    add_attribute(message, 'message_id', sections.message_id);
    add_attribute(message, 'subject', sections.subject);
    add_attribute(message, 'reply_to', sections.reply_to);
    sections.trace?.put(message);
    return message;
  }

  disposition(direction: Direction, channel: number, disposition: Disposition, bytes: number): void {
    const { state, settled } = disposition;
    const outcome = OUTCOMES[state];
    if (outcome === undefined && !settled) return;
    const session = this.#sessions.get(direction, channel);
    const waiting = session.waiting[disposition.receiver ? other(direction) : direction];
    let length = bytes;
    const answer = (delivery_id: number, delivery: Delivery): void => {
      waiting.delete(delivery_id);
      this.#outcome(delivery, outcome, disposition, length);
      length = 0;
    };
    // Delivery-ids are serial numbers (RFC 1982).
    const span = (disposition.last - disposition.first) >>> 0;
    if (span < waiting.size) {
      for (let i = 0; i <= span; i++) {
        const delivery_id = (disposition.first + i) >>> 0;
        const delivery = waiting.get(delivery_id);
        if (delivery !== undefined) answer(delivery_id, delivery);
      }
    } else {
      for (const [delivery_id, delivery] of waiting.entries()) {
        if ((delivery_id - disposition.first) >>> 0 <= span) answer(delivery_id, delivery);
      }
    }
  }

  #outcome(delivery: Delivery, outcome: string | undefined, { state, error }: Disposition, bytes: number): void {
    const message = response('disposition', delivery.id);
    message.response_result = outcome ?? 'settled';
    if (outcome !== undefined) message.response_status = status_of_outcome(state);
    if (error !== undefined) fail(message, error);
    else if (message.response_status !== STATUS.ok) message.response_exception = outcome ?? '';
    this.#tell(message, bytes);
  }
}

function other(direction: Direction): Direction {
  return direction === TO_SERVER ? TO_CLIENT : TO_SERVER;
}
