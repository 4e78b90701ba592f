// push.v1.PusherService/Push of Pyroscope: series of pprof profiles with labels, over Connect, as protobuf or JSON.
import { format_named, read_profiles } from '../../formats/index.ts';
import { NAME_LABEL } from '../../formats/kinds.ts';
import { type Labels, LIMITS, NO_HINTS, ProfileError } from '../../formats/profile.ts';
import { Reader } from '../../formats/protobuf.ts';
import { label_of, language_of, type Pushed, service_of } from './pushed.ts';

const SERIES_MAX = 1000;

export interface RawSeries {
  readonly labels: Labels;
  readonly samples: readonly { readonly bytes: Uint8Array; readonly id: string }[];
}

export async function read_push(series: readonly RawSeries[], now_ms: number): Promise<Pushed[]> {
  const format = format_named('pprof')!;
  const pushed: Pushed[] = [];
  let samples = 0;
  for (const { labels, samples: raw } of series)
    for (const { bytes, id } of raw)
      for (const profile of await read_profiles(format, bytes, NO_HINTS)) {
        samples += profile.samples.length;
        if (samples > LIMITS.samples) throw new ProfileError(`The push has more than ${LIMITS.samples} samples.`, 413);
        pushed.push({
          profile,
          service: service_of(labels),
          language: language_of(label_of(labels, ['pyroscope_spy', 'spy_name'])),
          labels: labels.filter(([name]) => name !== NAME_LABEL),
          kind: label_of(labels, [NAME_LABEL]),
          start_ms: profile.start_ms || now_ms,
          id,
        });
      }
  return pushed;
}

export function read_push_protobuf(bytes: Uint8Array): RawSeries[] {
  const at = new Reader(bytes);
  const all: RawSeries[] = [];
  let profiles = 0;
  while (at.next()) {
    if (at.field !== 1) {
      at.skip();
      continue;
    }
    const labels: [string, string][] = [];
    const samples: { bytes: Uint8Array; id: string }[] = [];
    const series = at.message();
    while (series.next()) {
      if (series.field === 1) labels.push(pair(series.message()));
      else if (series.field === 2) samples.push(raw_sample(series.message()));
      else series.skip();
      if (labels.length > LIMITS.labels) throw new ProfileError(`A series has more than ${LIMITS.labels} labels.`, 413);
      if (profiles + samples.length > SERIES_MAX)
        throw new ProfileError(`The push has more than ${SERIES_MAX} profiles.`, 413);
    }
    profiles += samples.length;
    all.push({ labels, samples });
    if (all.length > SERIES_MAX) throw new ProfileError(`The push has more than ${SERIES_MAX} series.`, 413);
  }
  return all;
}

function pair(at: Reader): [string, string] {
  let [name, value] = ['', ''];
  while (at.next()) {
    if (at.field === 1) name = at.text();
    else if (at.field === 2) value = at.text();
    else at.skip();
  }
  return [name, value];
}

function raw_sample(at: Reader): { bytes: Uint8Array; id: string } {
  let bytes: Uint8Array = new Uint8Array();
  let id = '';
  while (at.next()) {
    if (at.field === 1) bytes = at.raw();
    else if (at.field === 2) id = at.text();
    else at.skip();
  }
  return { bytes, id };
}

type Json = Readonly<Record<string, unknown>>;
const objects = (value: unknown, what: string): Json[] => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'object' && item !== null))
    throw new ProfileError(`\`${what}\` is not a list of objects.`);
  if (value.length > SERIES_MAX) throw new ProfileError(`\`${what}\` has more than ${SERIES_MAX} entries.`, 413);
  return value as Json[];
};
const text_of = (value: unknown): string => (typeof value === 'string' ? value : '');

export function read_push_json(bytes: Uint8Array): RawSeries[] {
  let message: unknown;
  try {
    message = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    throw new ProfileError('The body is not JSON.');
  }
  if (typeof message !== 'object' || message === null) throw new ProfileError('The body is not an object.');
  return objects((message as Json).series, 'series').map((series) => ({
    labels: objects(series.labels, 'labels')
      .slice(0, LIMITS.labels)
      .map(({ name, value }) => [text_of(name), text_of(value)] as const),
    samples: objects(series.samples, 'samples').map((sample) => ({
      bytes: Buffer.from(text_of(sample.rawProfile ?? sample.raw_profile), 'base64'),
      id: text_of(sample.ID),
    })),
  }));
}
