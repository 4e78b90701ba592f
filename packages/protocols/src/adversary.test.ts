// Inputs that are made to cost much, for every protocol of the registry (testing/adversary.ts).
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { CR, LF, u8 } from './bytes.ts';
import { protocol_list } from './index.ts';
import { type Attack, attacks, type Cost, suffer } from './testing/adversary.ts';
import { recordings_of } from './testing/record.ts';

const SOAK = Number(process.env.SONDE_FUZZ ?? 20_000) >= 200_000;
const LENGTH = SOAK ? 1_048_576 : 65_536;
const CRUMBS_LENGTH = SOAK ? 1_048_576 : 131_072;
const TIMEOUT_MS = SOAK ? 600_000 : 60_000;

/** In the time that the loop takes for one byte, a nanosecond or a few: 250 ms for 1 MB, and 300,000 messages/s. */
const COST_PER_BYTE = 250;
const COST_PER_MESSAGE = 3300;
/** What is over the bound is tried again: compilation and collection of garbage are none of the parser's. */
const TRIES = 4;
const GRACE_US = 20_000;
/** Unread bytes are kept in buffers that grow by doubling, up to this limit and one event. */
const BUFFERED_MAX = 2 * (1_048_576 + 65_536);
/** What a parser may remember of a connection, as the mean of all that it was attacked on. */
const REMEMBERED_MAX = 393_216;

setFlagsFromString('--expose-gc');
const collect_garbage = runInNewContext('gc') as () => void;

/** CPU time of a loop that looks for the end of a line as parsers do, for one byte, microseconds. */
function loop_us_per_byte(): number {
  const bytes = new Uint8Array(1_048_576).fill(7);
  const rounds = 20;
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = process.cpuUsage();
    let sum = 0;
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < bytes.length; at++) sum += bytes[at] === LF || u8(bytes, at) === CR ? 1 : 2;
    }
    const { user, system } = process.cpuUsage(before);
    expect(sum).not.toBe(0);
    best = Math.min(best, (user + system) / (rounds * bytes.length));
  }
  return best;
}

describe('inputs that are made to cost much', () => {
  const unit_us = loop_us_per_byte();
  const bound_us = ({ bytes }: Attack, { messages }: Cost): number =>
    GRACE_US + unit_us * (bytes.length * COST_PER_BYTE + messages * COST_PER_MESSAGE);

  const named = protocol_list.map((protocol) => ({ name: protocol.card.name, protocol }));
  it.each(named)('$name', { timeout: TIMEOUT_MS }, ({ protocol }) => {
    const recordings = recordings_of(import.meta.dirname, protocol.card);
    const kept: Cost[] = [];
    collect_garbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    for (const { pieces, transport, file } of new Set(SOAK ? [recordings[0]!, recordings.at(-1)!] : [recordings[0]!])) {
      for (const attack of attacks(pieces.slice(0, 40), LENGTH, CRUMBS_LENGTH)) {
        let cost = suffer(protocol, attack, transport);
        for (let tries = 1; tries < TRIES && cost.cpu_us > bound_us(attack, cost); tries++)
          cost = suffer(protocol, attack, transport);
        const what = `${file}, ${attack.what}: ${cost.messages} messages`;
        expect(cost.cpu_us, what).toBeLessThan(bound_us(attack, cost));
        expect(cost.buffered, what).toBeLessThan(BUFFERED_MAX);
        expect(cost.messages, what).toBeLessThan(attack.bytes.length + 10_000);
        kept.push(cost);
      }
    }
    collect_garbage();
    const now = process.memoryUsage();
    const buffered = kept.reduce((sum, cost) => sum + cost.buffered, 0);
    const remembered = now.heapUsed - heapUsed + now.arrayBuffers - arrayBuffers - buffered;
    expect(remembered / kept.length).toBeLessThan(REMEMBERED_MAX);
  });
});
