// Damaged and hostile bytes: a profile or a sentence, in bounded time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { format_named, read_profiles, unpacked } from './index.ts';
import { LIMITS, NO_HINTS, ProfileError } from './profile.ts';
import { Writer } from './protobuf.ts';
import { otlp_message } from './testing/otlp.ts';

const fixture = (name: string): Buffer => gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures', name)));
const SEEDS: readonly [format: string, bytes: Buffer][] = [
  ['pprof', fixture('go-cpu.pb.gz')],
  ['pprof', fixture('c-cpu.pb.gz')],
  ['jfr', fixture('java.jfr.gz')],
  ['otlp', Buffer.from(otlp_message())],
  [
    'speedscope',
    Buffer.from(
      '{"shared":{"frames":[{"name":"a"}]},"profiles":[{"type":"sampled","unit":"none","samples":[[0]],"weights":[1]}]}',
    ),
  ],
  ['collapsed', Buffer.from('main;a 1\nmain;b 2\n')],
];
const ROUNDS = Number(process.env.SONDE_FUZZ ?? 20_000) / 20;

/** Numbers that look random and are the same every time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function outcome(format: string, bytes: Uint8Array): Promise<'profile' | 'refused'> {
  try {
    await read_profiles(format_named(format)!, bytes, NO_HINTS);
    return 'profile';
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    return 'refused';
  }
}

it.each(SEEDS.map(([format, bytes], i) => [format, i, bytes] as const))(
  '%s %i: any damage',
  async (format, seed, bytes) => {
    const next = random(seed + 1);
    const seen = { profile: 0, refused: 0 };
    // A recording is mostly a description of types, which all of a round reads.
    const rounds = format === 'jfr' ? ROUNDS / 10 : ROUNDS;
    for (let round = 0; round < rounds; round++) {
      const damaged = Buffer.from(bytes.subarray(0, next(8) === 0 ? next(bytes.length + 1) : bytes.length));
      for (let hits = 1 + next(4); hits > 0 && damaged.length > 0; hits--)
        damaged[next(damaged.length)] = next(3) === 0 ? 0xff : next(256);
      seen[await outcome(format, damaged)]++;
    }
    expect(seen.refused).toBeGreaterThan(0);
  },
);

describe('what is made to cost much', () => {
  const refused = async (format: string, bytes: Uint8Array, status: number) => {
    const began = performance.now();
    const error = await read_profiles(format_named(format)!, bytes, NO_HINTS).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ProfileError);
    expect((error as ProfileError).status).toBe(status);
    expect(performance.now() - began).toBeLessThan(5000);
  };

  it('a body that unpacks to more than is allowed', async () => {
    const bomb = gzipSync(Buffer.alloc(LIMITS.unpacked_bytes + 1));
    await expect(unpacked(bomb)).rejects.toMatchObject({ status: 413 });
  });

  it('pprof: more entries, values, or strings than anyone needs', async () => {
    const many = new Writer();
    for (let i = 0; i < 1_000_001; i++) many.raw(6, new Uint8Array());
    await refused('pprof', many.done(), 413);
    const values = new Writer();
    values.message(1, (m) => m.number(1, 0));
    values.raw(6, new Uint8Array());
    values.message(2, (m) => m.numbers(2, new Array(LIMITS.types + 1).fill(1)));
    await refused('pprof', values.done(), 413);
  });

  it('a stack deeper than is kept: its innermost functions stay', async () => {
    const deep = `${Array.from({ length: 5000 }, (_, i) => `f${i}`).join(';')} 1\n`;
    const [profile] = await read_profiles(format_named('collapsed')!, Buffer.from(deep), NO_HINTS);
    const names = profile!.stacks[0]!.map((f) => profile!.frames[f]!.name);
    expect(names).toHaveLength(LIMITS.depth);
    expect([names[0], names[1], names.at(-1)]).toEqual(['[too deep]', `f${5000 - LIMITS.depth + 1}`, 'f4999']);
  });

  it('speedscope: nested beyond reason, or not JSON', async () => {
    await refused('speedscope', Buffer.from('['.repeat(200_000)), 400);
    await refused(
      'speedscope',
      Buffer.from('{"shared":{"frames":[]},"profiles":[{"type":"sampled","samples":[[1]],"weights":[1]}]}'),
      400,
    );
  });
});
