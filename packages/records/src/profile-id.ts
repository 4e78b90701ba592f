// Ids of frames and stacks (docs/formats/profile.md): the first eight bytes of a SHA-256, so that whoever meets the same stack
// gives it the same id, and 64 bits hold a billion of them with a chance of 3 % that two share one.
import { createHash } from 'node:crypto';
import type { FrameType } from './profile-stack.ts';

export interface StackFrame {
  readonly type: FrameType;
  /** Function, or its place in the module (+0x1234) when it has no name. */
  readonly name: string;
  /** Library, executable or script; '' when there is none. */
  readonly module: string;
}

/** Writes the id's two words, low first, to `words[at]` and behind. */
export function frame_id(frame: StackFrame, words: Uint32Array, at: number): void {
  id_of(Buffer.from(`${frame.type}\0${frame.name}\0${frame.module}`), words, at);
}

/** `frames`: ids in two words each, low first, outermost frame first. */
export function stack_id(frames: Uint32Array, words: Uint32Array, at: number): void {
  id_of(new Uint8Array(frames.buffer, frames.byteOffset, frames.byteLength), words, at);
}

function id_of(bytes: Uint8Array, words: Uint32Array, at: number): void {
  const digest = createHash('sha256').update(bytes).digest();
  words[at] = digest.readUInt32LE(0);
  words[at + 1] = digest.readUInt32LE(4);
}
