// Every protocol of the registry, its recordings damaged at every place in turn (testing/wreck.ts).
import { describe, expect, it } from 'vitest';
import { protocol_list } from './index.ts';
import type { Protocol } from './protocol.ts';
import { type Piece, type Recorded, recordings_of } from './testing/record.ts';
import { difference, places, play_bounded, split_at, wrecks_at, wrecks_of } from './testing/wreck.ts';

/** How many times as much as in a fast test. */
const SCALE = Number(process.env.SONDE_FUZZ ?? 20_000) / 20_000;
/** Places that are damaged, and cut at, in all recordings of a protocol together. */
const PLACES = Math.ceil(160 * SCALE);
const CUTS = Math.ceil(80 * SCALE);
/** Of one recording. */
const PIECES_MAX = 24;
const BYTES_MAX = 6000;
const TIMEOUT_MS = 60_000 * Math.max(1, SCALE);

/** The beginning of a recording, short enough to be played often. */
function beginning(pieces: readonly Piece[]): Piece[] {
  const found: Piece[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    bytes += piece.bytes.length;
    if (found.length >= PIECES_MAX || (found.length > 0 && bytes > BYTES_MAX)) break;
    found.push({ direction: piece.direction, bytes: piece.bytes.subarray(0, BYTES_MAX) });
  }
  return found;
}

function recorded(protocol: Protocol): Recorded[] {
  return recordings_of(import.meta.dirname, protocol.card).map((one) => ({ ...one, pieces: beginning(one.pieces) }));
}

describe('damage in order', () => {
  it.each(protocol_list.map((protocol) => ({ name: protocol.card.name, protocol })))(
    '$name',
    { timeout: TIMEOUT_MS },
    ({ protocol }) => {
      const recordings = recorded(protocol);
      expect(recordings.length).toBeGreaterThan(0);
      let played = 0;
      recordings.forEach(({ pieces, transport, file, index }, n) => {
        const others = recordings[(n + 1) % recordings.length]!.pieces;
        const wrecks = function* () {
          yield* wrecks_of(pieces, others);
          for (const place of places(pieces, PLACES / recordings.length)) yield* wrecks_at(pieces, place);
        };
        for (const { what, pieces: wrecked } of wrecks()) {
          try {
            // Claimed at once, or found by what it looks like.
            play_bounded([protocol], wrecked, transport, played++ % 2 === 0);
          } catch (error) {
            throw new Error(`${file} ${index}, ${what}: ${String(error)}`, { cause: error });
          }
        }
      });
    },
  );
});

describe('cut in two anywhere', () => {
  it.each(protocol_list.map((protocol) => ({ name: protocol.card.name, protocol })))(
    '$name',
    { timeout: TIMEOUT_MS },
    ({ protocol }) => {
      const recordings = recorded(protocol).filter(({ transport }) => transport === 'tcp');
      for (const { pieces, transport, file, index } of recordings) {
        const whole = play_bounded(protocol_list, pieces, transport, false).messages;
        for (const place of places(pieces, CUTS / recordings.length)) {
          const { messages } = play_bounded(protocol_list, split_at(pieces, place), transport, false);
          const differs = difference(messages, whole);
          expect(differs, `${file} ${index}, cut at ${place.at} of piece ${place.piece}`).toBeUndefined();
        }
      }
    },
  );
});
