// Nothing is missing in a recording, so nothing may count as lost: as the peers' calls moved it, in segments of a wire, in crumbs.
import { describe, expect, it } from 'vitest';
import { protocol_list } from './index.ts';
import { type PlayedPiece, play } from './testing/play.ts';
import { recordings_of } from './testing/record.ts';

/** Bytes an event: whole calls, an Ethernet frame's payload, and less than most heads. */
const CUTS = [Number.POSITIVE_INFINITY, 1448, 100];
const NOTHING_LOST = { boundary_lost: 0, not_mine: 0, overflow: 0 };
/** A column of aggregation states, whose length stands nowhere in its block: the next boundary is another packet's. */
const LENGTH_UNKNOWN: Readonly<Record<string, object>> = {
  'clickhouse/plain.json 0': { ...NOTHING_LOST, boundary_lost: 1 },
};

const recordings = protocol_list.flatMap(({ card }) =>
  recordings_of(import.meta.dirname, card).map((recorded) => ({
    ...recorded,
    port: card.port_hints[0] ?? 0,
    what: `${card.name}/${recorded.file} ${recorded.index}`,
  })),
);

function cut(pieces: readonly PlayedPiece[], bytes_max: number): PlayedPiece[] {
  return pieces.flatMap(({ direction, bytes }) => {
    const parts: PlayedPiece[] = [];
    for (let at = 0; at < bytes.length; at += bytes_max) {
      parts.push({ direction, bytes: bytes.subarray(at, at + bytes_max) });
    }
    return parts;
  });
}

describe('recordings', () => {
  it.each(recordings)('$what', ({ what, pieces, transport, port }) => {
    for (const bytes_max of transport === 'tcp' ? CUTS : [Number.POSITIVE_INFINITY]) {
      const { conversation } = play(protocol_list, cut(pieces, bytes_max), {}, { transport, server_port: port });
      conversation.end(0);
      conversation.end(1);
      expect(conversation.counters, `${bytes_max} bytes an event`).toEqual(LENGTH_UNKNOWN[what] ?? NOTHING_LOST);
    }
  });
});
