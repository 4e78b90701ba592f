// Who claims what: every recording of every protocol, all parsers competing, no port to help, from its start and from its
// middle; and bytes that are nobody's.
import { createHash } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CARDS, type Card, card_list } from './cards.ts';
import { PROTOCOLS, protocol_list } from './index.ts';
import { TO_CLIENT, TO_SERVER, type Transport } from './protocol.ts';
import { play, type PlayedPiece } from './testing/play.ts';
import { recordings_of } from './testing/record.ts';

/** Fewer pieces than this may leave a protocol without a signature undecided. */
const TELLING = 4;
const ENCRYPTS = Object.values(CARDS).find((card: Card) => card.encrypts === true)?.name;

const recordings = protocol_list.flatMap(({ card }) =>
  recordings_of(import.meta.dirname, card).map((recorded) => ({
    ...recorded,
    what: `${card.name}/${recorded.file} ${recorded.index}`,
  })),
);

/** The protocols that gave messages, and how many; 'encrypted' and 'done' connections included. */
function claimants(pieces: readonly PlayedPiece[], transport: Transport, from_start: boolean): Map<string, number> {
  const count = new Map<string, number>();
  play(
    protocol_list,
    pieces,
    {},
    {
      transport,
      from_start,
      on_message: (_message, protocol) => count.set(protocol.card.name, (count.get(protocol.card.name) ?? 0) + 1),
    },
  );
  return count;
}

/** A deterministic stream of bytes without structure. */
function noise(seed: string, length: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let i = 0; parts.length * 32 < length; i++) parts.push(createHash('sha256').update(`${seed} ${i}`).digest());
  return new Uint8Array(Buffer.concat(parts).subarray(0, length));
}

describe('cards', () => {
  it('have ids and names of their own, the name being the folder', () => {
    expect(new Set(card_list.map((card) => card.id)).size).toBe(card_list.length);
    for (const card of card_list) expect(card.id > 0 && card.id < 128, card.name).toBe(true);
    for (const [name, card] of Object.entries(CARDS)) expect(card.name).toBe(name);
  });
});

describe('claims', () => {
  it('has recordings to look at', () => expect(recordings.length).toBeGreaterThan(10));

  it.each(recordings)('$what is claimed by its own parser', ({ name, pieces, transport }) => {
    const found = claimants(pieces, transport, true);
    const strangers = [...found].filter(([claimant, n]) => claimant !== name && n > 3);
    // A WebSocket begins as HTTP, which is right: its request is a row.
    expect(strangers.filter(([claimant]) => !pieces_begin_as(claimant, pieces))).toEqual([]);
    // Where the peers agreed to encrypt before anything else, only the handshake gives messages.
    const own = [...found.keys()].filter((claimant) => claimant === name || claimant !== ENCRYPTS);
    if (pieces.length >= TELLING && own.length > 0) expect(own).toContain(name);
  });

  it.each(recordings)('$what from its middle is not claimed by another for longer than three messages', (recording) => {
    const { name, pieces, transport } = recording;
    const found = claimants(pieces.slice(Math.floor(pieces.length / 2)), transport, false);
    const strangers = [...found].filter(([claimant, n]) => claimant !== name && n > 3);
    expect(strangers).toEqual([]);
  });

  const nobodys: [string, Uint8Array][] = [
    ['random', noise('random', 200_000)],
    ['gzip', gzipSync(noise('a', 1000).toString().repeat(200))],
    ['brotli', brotliCompressSync(Buffer.from(noise('b', 100_000)))],
    ['zeros', new Uint8Array(100_000)],
    ['text', new Uint8Array(Buffer.from('lorem ipsum dolor sit amet, consectetur\n'.repeat(3000)))],
  ];
  it.each(nobodys)('%s bytes are claimed by nobody for longer than three messages', (_what, bytes) => {
    for (const size of [20, 100, 1000, 1460]) {
      const pieces: PlayedPiece[] = [];
      for (let at = 0; at + size <= bytes.length && pieces.length < 200; at += size) {
        const direction = pieces.length % 2 === 0 ? TO_SERVER : TO_CLIENT;
        pieces.push({ direction, bytes: bytes.subarray(at, at + size) });
      }
      for (const transport of ['tcp', 'udp'] as const) {
        const found = claimants(pieces, transport, true);
        expect(
          [...found].filter(([, n]) => n > 3),
          `pieces of ${size}, ${transport}`,
        ).toEqual([]);
      }
    }
  });
});

/** Whether the claimant itself is sure of the first bytes: then they are its, and what follows was agreed upon. */
function pieces_begin_as(claimant: string, pieces: readonly PlayedPiece[]): boolean {
  const { bytes, direction } = pieces[0]!;
  const protocol = PROTOCOLS[claimant as keyof typeof PROTOCOLS];
  return protocol.infer(bytes, 0, bytes.length, direction, 0).score === 3;
}
