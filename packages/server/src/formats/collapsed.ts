// Collapsed stacks ("folded"): a stack and what it cost a line, functions from the outermost on, joined by semicolons.
//
//   main;serve;[l] malloc 17
//
// Types of functions are told by our own prefixes, or by the suffixes of perf's and async-profiler's scripts (_[k], _[j], _[i] ...).
import { FRAME_PREFIX, type FrameType } from '@sonde/records';
import { type Hints, LIMITS, type Profile, ProfileBuilder, ProfileError, type ProfileFormat } from './profile.ts';

const COUNT = /^(.*\S)\s+(-?\d{1,15})(?:\.\d+)?$/;
const SUFFIX = /^(.+)_\[([kji01])\]$/;
const PREFIXES = (Object.entries(FRAME_PREFIX) as [FrameType, string][]).filter(([, prefix]) => prefix !== '');

function typed(text: string): readonly [FrameType, string] {
  for (const [type, prefix] of PREFIXES)
    if (text.startsWith(prefix) && text.length > prefix.length) return [type, text.slice(prefix.length)];
  const marked = text.endsWith(']') ? SUFFIX.exec(text) : null;
  return marked === null ? ['A', text] : [marked[2] === 'k' ? 'K' : 'A', marked[1]!];
}

/** `counted`: lines end with a value; otherwise each is one sample. */
function decode(bytes: Uint8Array, hints: Hints, counted: boolean): Profile[] {
  const builder = new ProfileBuilder();
  const type = builder.type(hints.type.name, hints.type.unit);
  const known = new Map<string, number>();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  let line_number = 0;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end).trim();
    at = end + 1;
    line_number++;
    if (line === '' || line.startsWith('#')) continue;
    const match = counted ? COUNT.exec(line) : null;
    if (counted && match === null) throw new ProfileError(`Line ${line_number} does not end with a number of samples.`);
    builder.add(stack_of(builder, match?.[1] ?? line, known), type, match === null ? 1 : Number(match[2]));
  }
  return [builder.build()];
}

function stack_of(builder: ProfileBuilder, text: string, known: Map<string, number>): number {
  const names = text.split(';', LIMITS.depth * 64).filter((name) => name !== '');
  return builder.stack(
    names.map((name) => {
      const seen = known.get(name);
      if (seen !== undefined) return seen;
      const id = builder.frame(...typed(name), '');
      known.set(name, id);
      return id;
    }),
  );
}

/** Values of all types of a profile cannot be told apart in this format: of the first type only. */
function encode(profile: Profile): Uint8Array {
  const names = profile.frames.map(
    ({ type, name, module }) =>
      FRAME_PREFIX[type] + (name.startsWith('+0x') ? `${module}${name}` : name).replace(/[;\n\r]/g, ':'),
  );
  const sums = new Map<number, number>();
  for (const { stack, type, value } of profile.samples) if (type === 0) sums.set(stack, (sums.get(stack) ?? 0) + value);
  const lines = [...sums].map(
    ([stack, value]) => `${profile.stacks[stack]!.map((f) => names[f]).join(';')} ${value}\n`,
  );
  return Buffer.from(lines.join(''));
}

const TEXT = { media_type: 'text/plain; charset=utf-8', extension: 'txt' } as const;
export const COLLAPSED: ProfileFormat = {
  ...TEXT,
  name: 'collapsed',
  decode: (bytes, hints) => decode(bytes, hints, true),
  encode,
};
/** A line a sample, without a number. */
export const LINES: ProfileFormat = { ...TEXT, name: 'lines', decode: (bytes, hints) => decode(bytes, hints, false) };
