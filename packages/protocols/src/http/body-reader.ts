// Something that is to be learnt from a message's body, which comes in pieces and is not kept.
import type { Message } from '../protocol.ts';

export interface BodyReader {
  write(bytes: Uint8Array, start: number, end: number): void;
  /** Bytes are missing before the next piece. */
  broken(): void;
  /** The body has ended, or the connection: what was learnt goes to the message. */
  finish(message: Message): void;
}
