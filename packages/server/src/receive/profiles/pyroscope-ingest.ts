// POST /ingest of Pyroscope: one profile of one application, in any of its formats; the name and the rest are in the query.
import { format_named, FORMATS, read_profiles, unpacked } from '../../formats/index.ts';
import { SUFFIX_UNITS } from '../../formats/kinds.ts';
import { type Hints, type Labels, type Profile, ProfileError, type ValueType } from '../../formats/profile.ts';
import { boundary_of, read_parts } from './multipart.ts';
import { language_of, type Pushed, service_of } from './pushed.ts';

const LABELS_MAX = 64;
const NAME_CHARS_MAX = 4096;
const RATE_MAX = 1_000_000;
/** Names of `format`, and what they are called here. */
const NAMES: Readonly<Record<string, string>> = {
  pprof: 'pprof',
  jfr: 'jfr',
  speedscope: 'speedscope',
  lines: 'lines',
  groups: 'collapsed',
  collapsed: 'collapsed',
  folded: 'collapsed',
  '': 'collapsed',
};

export type Query = Readonly<Record<string, unknown>>;
const word = (query: Query, name: string): string => (typeof query[name] === 'string' ? query[name] : '');

/** `NAME{label=value,...}`. */
export function read_name(text: string): { app: string; labels: Labels } {
  if (text.length > NAME_CHARS_MAX) throw new ProfileError('`name` is too long.');
  const match = /^([^{}]*)(?:\{([^{}]*)\})?$/.exec(text);
  const app = match?.[1]?.trim() ?? '';
  if (app === '') throw new ProfileError('`name` must be NAME or NAME{label=value,...}.');
  const pairs = (match?.[2] ?? '').split(',').filter((pair) => pair.trim() !== '');
  if (pairs.length > LABELS_MAX) throw new ProfileError(`\`name\` has more than ${LABELS_MAX} labels.`);
  const labels = pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at <= 0) throw new ProfileError('A label of `name` is not label=value.');
    return [
      pair.slice(0, at).trim(),
      pair
        .slice(at + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1'),
    ] as const;
  });
  return { app, labels };
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size. */
export function read_moment(text: string, missing: number): number {
  if (text === '') return missing;
  if (!/^\d{1,20}$/.test(text)) throw new ProfileError('`from` and `until` are numbers since 1970.');
  const value = Number(text);
  if (value < 1e11) return value * 1000;
  return value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;
}

function read_rate(text: string): number {
  const rate = text === '' ? 100 : Number(text);
  if (!Number.isFinite(rate) || rate <= 0 || rate > RATE_MAX)
    throw new ProfileError('`sampleRate` is not a rate in Hz.');
  return rate;
}

export async function read_ingest(body: Buffer, type: string, query: Query, now_ms: number): Promise<Pushed[]> {
  const { app, labels } = read_name(word(query, 'name'));
  const rate = read_rate(word(query, 'sampleRate'));
  const dot = app.lastIndexOf('.');
  const suffix = app.slice(dot + 1);
  const told = dot > 0 && SUFFIX_UNITS[suffix] !== undefined;
  const value_type = told ? suffix : 'cpu';
  const hints: Hints = { sample_rate_hz: rate, type: { name: value_type, unit: SUFFIX_UNITS[value_type]! } };
  const { format, bytes } = await payload(body, type, word(query, 'format'));
  const profiles = await read_profiles(format, bytes, hints);
  const until_ms = read_moment(word(query, 'until'), now_ms);
  const start_ms = read_moment(word(query, 'from'), Number.NaN);
  // The application's name is its service, unless a label says another.
  const service = service_of([...labels, ['app', told ? app.slice(0, dot) : app]]);
  return profiles.map((profile) => ({
    profile: untyped(format.name) ? scaled(profile, word(query, 'units'), hints) : profile,
    service,
    language: language_of(word(query, 'spyName')),
    labels,
    kind: '',
    start_ms: Number.isNaN(start_ms) ? profile.start_ms || until_ms : start_ms,
    id: profile.id,
  }));
}

const untyped = (format: string): boolean => format === 'collapsed' || format === 'lines';

/** Numbers of samples of a time are that many periods; other units are the value's own. */
function scaled(profile: Profile, units: string, { sample_rate_hz, type }: Hints): Profile {
  const retyped = (types: ValueType): Profile => ({ ...profile, types: [types] });
  if (units === 'objects' || units === 'goroutines' || units === 'lock_samples')
    return retyped({ ...type, unit: 'count' });
  if (units === 'bytes') return retyped({ ...type, unit: 'bytes' });
  if (units === 'lock_nanoseconds') return retyped({ ...type, unit: 'nanoseconds' });
  if (units !== '' && units !== 'samples')
    throw new ProfileError(
      `\`units\` ${units.slice(0, 40)} is not known: samples, objects, bytes, goroutines, lock_samples, lock_nanoseconds.`,
    );
  if (type.unit !== 'nanoseconds') return profile;
  const period = 1e9 / sample_rate_hz;
  return { ...profile, samples: profile.samples.map((s) => ({ ...s, value: Math.round(s.value * period) })) };
}

async function payload(body: Buffer, content_type: string, name: string) {
  const boundary = boundary_of(content_type);
  const parts = boundary === undefined ? undefined : read_parts(Buffer.from(await unpacked(body)), boundary);
  if (parts?.has('prev_profile') && (parts.get('prev_profile')?.length ?? 0) > 0)
    throw new ProfileError('Profiles that are to be subtracted (prev_profile) are not read: push differences.', 415);
  const known = parts !== undefined && name === '' ? 'pprof' : NAMES[name];
  const format = known === undefined ? undefined : format_named(known);
  if (format === undefined) {
    const names = Object.keys(NAMES).filter((n) => n !== '');
    throw new ProfileError(`\`format\` ${name.slice(0, 40)} is not read: ${names.join(', ')} are.`, 415);
  }
  const bytes = parts === undefined ? body : (parts.get('profile') ?? parts.get(format.name));
  if (bytes === undefined) throw new ProfileError('The form has no part `profile`.');
  // A name that was left out is told by the bytes.
  const claimed = name === '' ? FORMATS.find((f) => f.claims?.(bytes)) : undefined;
  return { format: claimed ?? format, bytes };
}
