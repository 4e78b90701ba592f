import { latin1, u8 } from '../bytes.ts';
import type { Message } from '../protocol.ts';
import { zero_at } from './messages.ts';
import { sqlstate_name, sqlstate_status } from './sqlstate.ts';

const CODE = 67; // 'C'

/** ErrorResponse: fields of a letter and a zero-ended text. Only the code is stored: the other texts may quote values. */
export function read_error(bytes: Uint8Array, start: number, stop: number, into: Message): void {
  for (let at = start; at < stop && bytes[at] !== 0; ) {
    const end = zero_at(bytes, at + 1, stop);
    if (u8(bytes, at) === CODE && end - at === 6) {
      const state = latin1(bytes, at + 1, end);
      into.response_status = sqlstate_status(state);
      into.response_exception = sqlstate_name(state);
      into.response_result = state;
      return;
    }
    at = end + 1;
  }
}
