// What the two ends of a connection agree on. Each sends a WireFormatInfo first, always in the loose encoding behind its
// length; from then on holds what both want, and the lower version (OpenWireFormat.renegotiateWireFormat).
import { starts_with, u8, u32be } from '../bytes.ts';
import { type Command, Decoder, type Format } from './decode.ts';
import { each_property } from './properties.ts';
import { VERSION_MAX } from './schema.ts';

export const LENGTH_BYTES = 4;
const MAGIC = 'ActiveMQ';
/** Up to the magic, which is what tells. */
export const TELLING_BYTES = LENGTH_BYTES + 1 + MAGIC.length;
/** Names and settings; what is longer is none. */
const INFO_BYTES_MAX = 65_536;
const NAME_BYTES_MAX = 64;

/** Usual for both ends, so assumed of connections whose beginning was not seen. */
export const usual_format = (): Format => ({
  version: VERSION_MAX,
  tight: true,
  cache: true,
  stack_traces: true,
  prefix: true,
});
const FIRST_FORMAT: Format = { version: VERSION_MAX, tight: false, cache: false, stack_traces: false, prefix: true };

export function is_wire_format_info(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < TELLING_BYTES || u8(bytes, at + LENGTH_BYTES) !== 1) return false;
  return u32be(bytes, at) <= INFO_BYTES_MAX && starts_with(bytes, at + LENGTH_BYTES + 1, end, MAGIC);
}

/** What one end wants, and the WireFormatInfo in [at, end) itself. */
export function read_offer(bytes: Uint8Array, at: number, end: number): { offer: Format; command: Command } {
  const decoder = new Decoder(bytes, end, FIRST_FORMAT, new Map());
  decoder.read(at + LENGTH_BYTES);
  const { command } = decoder;
  const offer = { version: command.version, tight: false, cache: false, stack_traces: false, prefix: true };
  each_property(bytes, command.properties_at, command.properties_end, NAME_BYTES_MAX, (name, value) => {
    if (name === 'TightEncodingEnabled') offer.tight = value === true;
    else if (name === 'CacheEnabled') offer.cache = value === true;
    else if (name === 'StackTraceEnabled') offer.stack_traces = value === true;
    else if (name === 'SizePrefixDisabled') offer.prefix = value !== true;
  });
  return { offer, command };
}

export function agree(one: Format, other: Format): Format {
  return {
    version: Math.max(1, Math.min(one.version, other.version, VERSION_MAX)),
    tight: one.tight && other.tight,
    cache: one.cache && other.cache,
    stack_traces: one.stack_traces && other.stack_traces,
    prefix: one.prefix || other.prefix,
  };
}

/** Versions in which a structure that clients and brokers exchange changed, newest first. */
const TELLING_VERSIONS = [12, 9, 7, 6, 5, 4, 3, 2, 1];

/** Formats that a command of an unknown connection may have, the likely ones first. */
export const GUESSES: readonly Format[] = [true, false].flatMap((stack_traces) =>
  [true, false].flatMap((tight) =>
    [true, false].flatMap((cache) =>
      TELLING_VERSIONS.map((version) => ({ version, tight, cache, stack_traces, prefix: true })),
    ),
  ),
);
