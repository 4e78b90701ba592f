// There is no signature: the length, four numbers under the right tags and either two names or a return code and a
// buffer have to be where the packet's definition puts them.
import { u8 } from '../bytes.ts';
import { type Guess, NO_GUESS, TO_CLIENT } from '../protocol.ts';
import { HEAD_BYTES, packet_size, read_packet, TUP, TUP_SIMPLE } from './packet.ts';

const NAME = /^[A-Za-z_][\w.-]{0,127}$/;
const TEXT_BYTES_MAX = 128;
const nothing = () => {};

export function infer(bytes: Uint8Array, start: number, end: number, direction: number): Guess {
  const have = end - start;
  if (have >= 1 && u8(bytes, start) > 6) return NO_GUESS;
  if (have < HEAD_BYTES)
    return have < 5 || u8(bytes, start + 4) === 0x10 ? { score: 0, says: 'either', more: true } : NO_GUESS;
  const length = packet_size(bytes, start, end);
  if (length < 0) return NO_GUESS;
  const whole = length <= have;
  const packet = read_packet(bytes, start, start + Math.min(length, have), TEXT_BYTES_MAX, nothing);
  if (packet === undefined || !packet.sound) {
    // A buffer that is still on its way cannot be passed.
    const cut = !whole && (packet === undefined ? have < 32 : packet.func === undefined);
    return cut ? { score: packet?.code === undefined ? 0 : 1, says: 'either', more: true } : NO_GUESS;
  }
  if (packet.func === undefined) {
    return whole && packet.whole ? { score: 3, says: 'response' } : NO_GUESS;
  }
  if (!NAME.test(packet.servant ?? '') || !NAME.test(packet.func) || (whole && !packet.whole)) return NO_GUESS;
  // TUP answers in the form of a request.
  const answers = packet.version === TUP || packet.version === TUP_SIMPLE;
  if (answers) return { score: 3, says: direction === TO_CLIENT ? 'response' : 'request' };
  return { score: 3, says: 'request' };
}
