// Clients that ask on while answers come.
import type { Message, Protocol } from '../protocol.ts';
import { Calls } from './calls.ts';
import { type PlayedPiece, play } from './play.ts';
import { Random } from './random.ts';

const WINDOW = 5;

/**
 * Exchanges of which up to five are under way together, begun and ended in any order that keeps the order of each side.
 * Returns the requests with their responses.
 */
export function slide(
  protocol: Protocol,
  before: readonly PlayedPiece[],
  exchanges: readonly (readonly [PlayedPiece, PlayedPiece])[],
  seed: number,
): [Message | undefined, Message | undefined][] {
  const random = new Random(seed);
  const pieces = [...before];
  let [asked, answered] = [0, 0];
  while (answered < exchanges.length) {
    const may_ask = asked < exchanges.length && asked - answered < WINDOW;
    if (may_ask && (asked === answered || random.chance(50))) pieces.push(exchanges[asked++]![0]);
    else pieces.push(exchanges[answered++]![1]);
  }
  const calls = new Calls();
  for (const message of play([protocol], pieces).messages) calls.message(message, protocol.card);
  return calls.all.map(({ request, response }) => [request, response]);
}
