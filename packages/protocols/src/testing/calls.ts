// Requests with their responses, paired as the agent's session stage does it, so that tests see what becomes a row.
import { type Card, type Direction, MESSAGE_TYPE, type Message, TO_SERVER } from '../protocol.ts';

/** Without a request: a response that nothing asked for, or that is not the final one. */
export interface Call {
  request?: Message;
  response?: Message;
  begin_ns: number;
}

export class Calls {
  /** In order of their beginnings. */
  readonly all: Call[] = [];
  #waiting: Call[] = [];
  #requests_lost = false;

  /** Requests without response so far that began at this moment or earlier. */
  waiting(begun_ns: number): number {
    return this.#waiting.filter(({ begin_ns }) => begin_ns <= begun_ns).length;
  }

  message(message: Message, card: Card): void {
    const begin_ns = message.begin_ns ?? 0;
    if (message.interim === true) {
      this.all.push({ response: message, begin_ns });
    } else if (message.type !== MESSAGE_TYPE.response) {
      const call = { request: message, begin_ns };
      this.all.push(call);
      if (message.type === MESSAGE_TYPE.request && message.one_way !== true) this.#wait(call, card);
    } else {
      const at = this.#answered(message, card);
      if (at < 0) this.all.push({ response: message, begin_ns });
      else this.#waiting.splice(at, 1)[0]!.response = message;
    }
  }

  /** Messages of this direction may be missing before the next one. */
  lost(direction: Direction, card: Card | undefined): void {
    if (direction === TO_SERVER) this.#requests_lost = true;
    else if (card?.pairing === 'order') this.#waiting = [];
  }

  #wait(call: Call, card: Card): void {
    if (card.pairing === 'id') {
      const id = call.request?.request_id;
      this.#waiting = this.#waiting.filter((other) => other.request?.request_id !== id);
    } else if (this.#requests_lost) this.#waiting = [];
    this.#requests_lost = false;
    this.#waiting.push(call);
  }

  /** Place of the call that a response answers, which cannot have begun after it; -1 when there is none. */
  #answered(response: Message, card: Card): number {
    const begin_ns = response.begin_ns ?? 0;
    if (card.pairing === 'order') return this.#waiting.length > 0 && this.#waiting[0]!.begin_ns <= begin_ns ? 0 : -1;
    return this.#waiting.findIndex(
      (call) => call.request?.request_id === response.request_id && call.begin_ns <= begin_ns,
    );
  }
}
