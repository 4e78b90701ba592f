import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { damage, type FuzzPiece } from '../testing/damage.ts';
import { type FuzzCapture, FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { play } from '../testing/play.ts';
import { Random } from '../testing/random.ts';
import { load } from '../testing/record.ts';
import { protocol } from './parse.ts';

const FOLDER = join(import.meta.dirname, 'captures');
const ROUNDS = Number(process.env.SONDE_FUZZ ?? 20_000);

// A connection has one handshake and is left alone behind it, so there is no next exchange that could be read again: no tail.
const captures: FuzzCapture[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .flatMap((file) => load(join(FOLDER, file)).map((pieces, i) => ({ name: `${file} ${i}`, pieces })))
  .filter(({ pieces }) => pieces.some((piece) => piece.direction === TO_SERVER));

it('holds the promises of every protocol', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures });
  expect(report.messages).toBeGreaterThan(report.rounds);
});

// What stands for recovery: whatever was damaged, the connection is soon told as encrypted and no longer read, and its
// handshake is at most one request and one response, unless the server spoke something else and all begins anew.
it('comes to its end after any damage', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const record = new Uint8Array(Buffer.from(`17030303e8${'5a'.repeat(1000)}`, 'hex'));
  const data = ([TO_SERVER, TO_CLIENT] as const).map((direction) => ({ direction, bytes: record }));
  const tail = Array.from({ length: 40 }, () => data).flat();
  const others = captures.flatMap((capture) => capture.pieces);
  for (let seed = 1; seed <= ROUNDS / 10; seed++) {
    const random = new Random(seed);
    const capture = random.pick(captures);
    let pieces: FuzzPiece[] = capture.pieces.slice();
    for (let n = 1 + random.below(3); n > 0; n--) pieces = damage(pieces, others, random);
    const whole = pieces.filter((piece) => piece.lost === undefined);
    const { messages, conversation } = play([protocol], [...whole, ...tail]);
    const what = `${capture.name}, seed ${seed}`;
    expect(conversation.state, what).toBe('encrypted');
    const final = messages.filter((message) => message.interim !== true);
    const begun = 1 + messages.filter((message) => message.response_exception === 'the answer is not TLS').length;
    expect(final.filter((message) => message.type === 0).length, what).toBeLessThanOrEqual(begun);
    expect(final.length, what).toBeLessThanOrEqual(2 * begun);
  }
});
