import { type Guess, NO_GUESS } from '../protocol.ts';
import { command_end, frame_size, read_command } from './command.ts';

const NAME_BYTES_MAX = 128;
const NOT_YET: Guess = { score: 0, says: 'either', more: true };

export function infer(bytes: Uint8Array, start: number, end: number): Guess {
  if (end <= start) return NO_GUESS;
  const size = frame_size(bytes, start, end);
  if (size < 0) return NO_GUESS;
  if (size === 0) return NOT_YET;
  const parts = read_command(bytes, start, end, NAME_BYTES_MAX);
  if (parts === undefined) return NO_GUESS;
  const { command } = parts;
  const says = command?.from === undefined ? 'either' : command.from === 'client' ? 'request' : 'response';
  if (command === undefined) return { score: 1, says };
  return command_end(bytes, start) <= end ? { score: 3, says } : { score: 2, says, more: true };
}
