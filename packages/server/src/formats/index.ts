// Every profile format that the server takes in or gives out: one line each.
import { gunzip } from 'node:zlib';
import { promisify } from 'node:util';
import { COLLAPSED, LINES } from './collapsed.ts';
import { is_recording } from './jfr/chunk.ts';
import { decode_jfr } from './jfr/decode.ts';
import { decode_otlp } from './otlp/decode.ts';
import { decode_pprof } from './pprof/decode.ts';
import { encode_pprof } from './pprof/encode.ts';
import { type Hints, LIMITS, type Profile, ProfileError, type ProfileFormat } from './profile.ts';
import { SPEEDSCOPE } from './speedscope.ts';

const PROTOBUF = 'application/x-protobuf';
const JFR: ProfileFormat = {
  name: 'jfr',
  media_type: 'application/octet-stream',
  extension: 'jfr',
  claims: is_recording,
  decode: decode_jfr,
};
const PPROF: ProfileFormat = {
  name: 'pprof',
  media_type: 'application/octet-stream',
  extension: 'pb.gz',
  decode: decode_pprof,
  encode: encode_pprof,
};
const OTLP: ProfileFormat = { name: 'otlp', media_type: PROTOBUF, extension: 'pb', decode: decode_otlp };

export const FORMATS: readonly ProfileFormat[] = [PPROF, JFR, SPEEDSCOPE, COLLAPSED, LINES, OTLP];

export const format_named = (name: string): ProfileFormat | undefined => FORMATS.find((f) => f.name === name);

const gunzip_async = promisify(gunzip);

/** Bytes as they came, perhaps packed with gzip, as profiles. Rejects with a ProfileError only. */
export async function read_profiles(format: ProfileFormat, bytes: Uint8Array, hints: Hints): Promise<Profile[]> {
  if (format.decode === undefined) throw new ProfileError(`The format ${format.name} is not read.`, 415);
  return format.decode(await unpacked(bytes), hints);
}

/** Packed once or not at all. */
export async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await gunzip_async(bytes, { maxOutputLength: LIMITS.unpacked_bytes });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new ProfileError(`The profile is larger than ${LIMITS.unpacked_bytes} bytes when it is unpacked.`, 413);
    throw new ProfileError('The body is not valid gzip.');
  }
}
