// Who claims what: every recording of every protocol, all parsers competing, no port to help, from its start and from its
// middle; and bytes that are nobody's.
import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CARDS, type Card, card_list } from './cards.ts';
import { PROTOCOLS, protocol_list } from './index.ts';
import { type Protocol, TO_CLIENT, TO_SERVER, type Transport } from './protocol.ts';
import { play, type PlayedPiece } from './testing/play.ts';
import { recordings_of } from './testing/record.ts';

/** Fewer pieces than this may leave a protocol without a signature undecided. */
const TELLING = 4;
const SOAK = process.env.SONDE_SOAK === '1';
/** Pieces of a recording that it is begun at, and how many are played from there. */
const STARTS = SOAK ? 400 : 8;
const SPAN = 24;
/** Parts of a piece behind which it is begun: as when the beginning of an event was not captured. */
const INSIDE = SOAK ? [1, 2, 3, 4, 5, 6, 7].map((eighths) => eighths / 8) : [1 / 2];
/** Times that bytes without structure are made anew. */
const SEEDS = SOAK ? 300 : 1;
/**
 * Who still takes another's bytes: mDNS is DNS but for its addresses (RFC 6762 section 18). The others share short words and heads
 * (+OK, -ERR, AUTH; a tag and OK; a length and a counter), and take a few when their owner is not allowed or one end is seen alone.
 */
const LOOKALIKES: Readonly<Record<string, readonly string[]>> = {
  mdns: ['dns'],
  pop3: ['redis', 'imap'],
  redis: ['pop3'],
  kafka: ['zookeeper'],
};
const ENCRYPTS = Object.values(CARDS).find((card: Card) => card.encrypts === true)?.name;

const recordings = protocol_list.flatMap(({ card }) =>
  recordings_of(import.meta.dirname, card).map((recorded) => ({
    ...recorded,
    what: `${card.name}/${recorded.file} ${recorded.index}`,
  })),
);

/** The protocols that gave messages, and how many; 'encrypted' and 'done' connections included. */
function claimants(
  pieces: readonly PlayedPiece[],
  transport: Transport,
  from_start: boolean,
  protocols: readonly Protocol[] = protocol_list,
): Map<string, number> {
  const count = new Map<string, number>();
  play(
    protocols,
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

function lines(line: (i: number) => string): Uint8Array {
  return new Uint8Array(Buffer.from(Array.from({ length: 1500 }, (_, i) => `${line(i)}\n`).join('')));
}

/** Encrypted data without a handshake (RFC 8446 section 5.2). */
function tls_records(seed = ''): Uint8Array {
  const records = Array.from({ length: 80 }, (_, i) => {
    const length = 200 + ((i * 97) % 900);
    return Buffer.concat([Buffer.from([23, 3, 3, length >> 8, length & 0xff]), noise(`tls ${seed}${i}`, length)]);
  });
  return new Uint8Array(Buffer.concat(records));
}

/** Messages of three fields behind their lengths: a number, a text, a double. */
function protobuf(): Uint8Array {
  const messages = Array.from({ length: 2000 }, (_, i) => {
    const text = Buffer.from(`name of ${i}`);
    const body = Buffer.concat([
      Buffer.from([8, i & 0x7f, 18, text.length]),
      text,
      Buffer.from([25]),
      Buffer.alloc(8, i & 0xff),
    ]);
    return Buffer.concat([Buffer.from([body.length]), body]);
  });
  return new Uint8Array(Buffer.concat(messages));
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

  it.each(recordings)('$what from any of its first pieces, and one end of it alone', ({ name, pieces, transport }) => {
    const beginnings = [...Array(Math.min(STARTS, pieces.length)).keys()].map((from) =>
      pieces.slice(from, from + SPAN),
    );
    const ends = [TO_SERVER, TO_CLIENT].map((end) =>
      pieces.filter(({ direction }) => direction === end).slice(0, SPAN),
    );
    const inside = pieces
      .slice(0, STARTS)
      .flatMap(({ direction, bytes }, i) =>
        INSIDE.map((part) => [
          { direction, bytes: bytes.subarray(Math.floor(bytes.length * part)) },
          ...pieces.slice(i + 1, i + SPAN),
        ]),
      );
    const wrong = [...beginnings, ...ends, ...inside].flatMap((part, i) => {
      const found = claimants(part, transport, part === beginnings[0]);
      const strangers = [...found].filter(
        ([claimant, n]) => claimant !== name && LOOKALIKES[name]?.includes(claimant) !== true && n > 3,
      );
      return strangers
        .filter(([claimant]) => !pieces_begin_as(claimant, part))
        .map(([claimant, n]) => ({ claimant, n, i }));
    });
    expect(wrong).toEqual([]);
  });

  it.each(recordings)('$what is nobody else’s when its own parser is not allowed', ({ name, pieces, transport }) => {
    const others = protocol_list.filter(({ card }) => card.name !== name);
    const found = claimants(pieces.slice(0, 200), transport, true, others);
    const strangers = [...found].filter(([claimant, n]) => LOOKALIKES[name]?.includes(claimant) !== true && n > 3);
    expect(strangers.filter(([claimant]) => !pieces_begin_as(claimant, pieces))).toEqual([]);
  });

  const nobodys: [string, Uint8Array][] = [
    ['random', noise('random', 200_000)],
    ['gzip', gzipSync(noise('a', 1000).toString().repeat(200))],
    ['brotli', brotliCompressSync(Buffer.from(noise('b', 100_000)))],
    ['zeros', new Uint8Array(100_000)],
    ['text', lines((i) => `lorem ipsum dolor sit amet, consectetur ${i % 7}`)],
    ['deflate', deflateRawSync(noise('c', 100_000))],
    ['ones', new Uint8Array(100_000).fill(0xff)],
    ['spaces', new Uint8Array(100_000).fill(0x20)],
    ['empty lines', new Uint8Array(Buffer.from('\r\n'.repeat(50_000)))],
    ['records of TLS', tls_records()],
    ['frames like zstd', Buffer.concat([Buffer.from('28b52ffd', 'hex'), noise('zstd', 100_000)])],
    [
      'a picture',
      Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), deflateSync(noise('png', 100_000))]),
    ],
    [
      'JSON lines',
      lines((i) => JSON.stringify({ at: i * 37, level: 'info', text: `order ${i} done`, tags: ['a', 'b'] })),
    ],
    ['XML', lines((i) => `  <item id="${i}"><name>thing ${i}</name><price currency="EUR">${i * 3}.50</price></item>`)],
    [
      'a call in XML',
      lines(
        (i) =>
          `<methodCall><methodName>shop.get</methodName><params><param><value><int>${i}</int></value></param></params></methodCall>`,
      ),
    ],
    ['CSV', lines((i) => `${i},2026-01-${(i % 28) + 1},"shop, ${i}",${i * 1.5},true`)],
    [
      'a log',
      lines(
        (i) => `Jan 12 10:${i % 60}:01 host sshd[${i}]: Accepted publickey for root from 10.0.0.${i % 250} port ${i}`,
      ),
    ],
    [
      'base64',
      new Uint8Array(Buffer.from(Buffer.from(noise('d', 70_000)).toString('base64').replace(/.{76}/g, '$&\r\n'))),
    ],
    ['protobuf', protobuf()],
    [
      'counters',
      Uint8Array.from({ length: 100_000 }, (_, i) =>
        i % 4 === 3 ? (i >> 2) & 0xff : i % 4 === 2 ? (i >> 10) & 0xff : 0,
      ),
    ],
  ];
  it.each(nobodys)('%s bytes are claimed by nobody for longer than three messages', (_what, bytes) => {
    expect(claims_of(bytes)).toEqual([]);
  });

  it('nor are random, compressed and encrypted bytes', () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = noise(`seed ${seed}`, 40_000);
      const text = Buffer.from(random.subarray(0, 20_000).map((byte) => 97 + (byte % 13)));
      const made = { random, gzip: gzipSync(text), deflate: deflateRawSync(text), brotli: brotliCompressSync(text) };
      for (const [what, bytes] of Object.entries({ ...made, encrypted: tls_records(`${seed}`) })) {
        expect(claims_of(bytes), `${what}, seed ${seed}`).toEqual([]);
      }
    }
  });
});

/** Who claims bytes that are nobody's, in pieces of some sizes, for longer than three messages. */
function claims_of(bytes: Uint8Array): string[] {
  return [20, 100, 1000, 1460].flatMap((size) => {
    const pieces: PlayedPiece[] = [];
    for (let at = 0; at + size <= bytes.length && pieces.length < 200; at += size) {
      const direction = pieces.length % 2 === 0 ? TO_SERVER : TO_CLIENT;
      pieces.push({ direction, bytes: bytes.subarray(at, at + size) });
    }
    return (['tcp', 'udp'] as const).flatMap((transport) =>
      [...claimants(pieces, transport, true)]
        .filter(([, n]) => n > 3)
        .map(([claimant, n]) => `${claimant}: ${n} messages, pieces of ${size}, ${transport}`),
    );
  });
}

/** Whether the claimant itself is sure of the first bytes: then they are its, and what follows was agreed upon. */
function pieces_begin_as(claimant: string, pieces: readonly PlayedPiece[]): boolean {
  const { bytes, direction } = pieces[0]!;
  const protocol = PROTOCOLS[claimant as keyof typeof PROTOCOLS];
  return protocol.infer(bytes, 0, bytes.length, direction, 0).score === 3;
}
