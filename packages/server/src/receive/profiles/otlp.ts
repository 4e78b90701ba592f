// POST /v1development/profiles: OTLP profiles over HTTP, as protobuf.
import { format_named, read_profiles } from '../../formats/index.ts';
import { kind_of } from '../../formats/kinds.ts';
import { NO_HINTS, type Profile } from '../../formats/profile.ts';
import { Writer } from '../../formats/protobuf.ts';
import { label_of, language_of, type Pushed, service_of } from './pushed.ts';

export async function read_otlp(body: Uint8Array, now_ms: number): Promise<Pushed[]> {
  const profiles = await read_profiles(format_named('otlp')!, body, NO_HINTS);
  return profiles.map((given) => {
    const profile = timed(given);
    const labels = profile.about;
    const type = profile.types[0];
    return {
      profile,
      service: service_of(labels),
      language: language_of(label_of(labels, ['telemetry.sdk.language'])),
      labels: [],
      kind: type === undefined ? '' : kind_of(type.name, type.unit).name,
      start_ms: profile.start_ms || now_ms,
      id: profile.id,
    };
  });
}

/** Samples that are a period of time each are that time: what others count in nanoseconds can be told beside it. */
function timed(profile: Profile): Profile {
  const { period, types } = profile;
  const [type] = types;
  if (period?.name !== 'cpu' || period.unit !== 'nanoseconds' || period.value <= 0) return profile;
  if (type?.name !== 'samples' || type.unit !== 'count') return profile;
  return {
    ...profile,
    types: [{ name: 'cpu', unit: 'nanoseconds' }],
    samples: profile.samples.map((s) => ({ ...s, value: s.value * period.value })),
  };
}

const INVALID_ARGUMENT = 3;
const UNAVAILABLE = 14;
/** google.rpc.Status, as OTLP answers failures. */
export function otlp_status(status: number, message: string): Uint8Array {
  const out = new Writer();
  out.number(1, status >= 429 ? UNAVAILABLE : INVALID_ARGUMENT);
  out.text(2, message);
  return out.done();
}
