// The frame of one batch on its way from agent to server. Byte layout: docs/formats/wire.md.
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { ENTITY_FIELDS, type Entity } from './entity.ts';
import { type BatchHeader, FRAME_BYTES_MAX, FRAME_MAGIC } from './wire.ts';

const PREFIX_BYTES = 8;
const HEADER_BYTES_MAX = 8 * 1024 * 1024;
const ENTITIES_MAX = 65_536;
const ENTITY_TEXT_MAX = 4096;
const ROWS_MAX = 1_000_000;
/** A compressed block may hold so many times its own size at most; more is an attack or damage. */
const BLOCK_BYTES_MAX = 128 * 1024 * 1024;

export interface Frame {
  readonly header: BatchHeader;
  /** The Native block, decompressed. */
  readonly block: Uint8Array;
}
/** What is wrong with a frame: a stable word and a sentence. */
export interface FrameProblem {
  readonly code: 'too_large' | 'not_a_frame' | 'bad_header' | 'bad_encoding';
  readonly message: string;
}
export type FrameResult =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly problem: FrameProblem };

const problem = (code: FrameProblem['code'], message: string): FrameResult => ({
  ok: false,
  problem: { code, message },
});
const gzip_async = promisify(gzip);
const gunzip_async = promisify(gunzip);

/** `header.encoding` says how the block is written; the block itself is given plain. Throws when it is over FRAME_BYTES_MAX. */
export async function encode_frame(header: BatchHeader, block: Uint8Array): Promise<Buffer> {
  const body = header.encoding === 'gzip' ? await gzip_async(block, { level: 1 }) : block;
  const json = Buffer.from(JSON.stringify(header));
  const size = PREFIX_BYTES + json.length + body.length;
  if (size > FRAME_BYTES_MAX || json.length > HEADER_BYTES_MAX) {
    throw new RangeError(`a frame of ${size} bytes is over the limit of ${FRAME_BYTES_MAX}`);
  }
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(FRAME_MAGIC, 0);
  prefix.writeUInt32LE(json.length, 4);
  return Buffer.concat([prefix, json, body], size);
}

/** Header of a frame without its block: what a spool needs to know of a stored batch. */
export function decode_header(bytes: Uint8Array): { header: BatchHeader; body: number } | FrameProblem {
  if (bytes.length > FRAME_BYTES_MAX) {
    return { code: 'too_large', message: `a frame of ${bytes.length} bytes is over the limit of ${FRAME_BYTES_MAX}` };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PREFIX_BYTES || view.getUint32(0, true) !== FRAME_MAGIC) {
    return { code: 'not_a_frame', message: 'the body does not begin with the magic of a frame' };
  }
  const size = view.getUint32(4, true);
  if (size > HEADER_BYTES_MAX || size > bytes.length - PREFIX_BYTES) {
    return { code: 'bad_header', message: `the header claims ${size} bytes, which the frame does not have` };
  }
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + PREFIX_BYTES, size).toString('utf8'));
  } catch {
    return { code: 'bad_header', message: 'the header is not JSON' };
  }
  const wrong = header_problem(header);
  if (wrong !== undefined) return { code: 'bad_header', message: wrong };
  return { header: header as BatchHeader, body: PREFIX_BYTES + size };
}

export async function decode_frame(bytes: Uint8Array): Promise<FrameResult> {
  const decoded = decode_header(bytes);
  if ('code' in decoded) return { ok: false, problem: decoded };
  const { header, body } = decoded;
  const rest = bytes.subarray(body);
  if (header.encoding === 'identity') return { ok: true, frame: { header, block: rest } };
  try {
    return { ok: true, frame: { header, block: await gunzip_async(rest, { maxOutputLength: BLOCK_BYTES_MAX }) } };
  } catch {
    return problem('bad_encoding', 'the block is not sound gzip, or unpacks to more than is allowed');
  }
}

type Check = (value: unknown) => boolean;
// Words that end up in the deduplication token: no '/' (its separator), nothing unprintable.
const is_word: Check = (v) => typeof v === 'string' && /^[A-Za-z0-9_.:@-]{1,128}$/.test(v);
const is_count =
  (min: number, max: number): Check =>
  (v) =>
    Number.isSafeInteger(v) && (v as number) >= min && (v as number) <= max;

const HEADER_CHECKS: Readonly<Record<Exclude<keyof BatchHeader, 'entities'>, Check>> = {
  agent: is_word,
  boot: is_word,
  stream: is_word,
  sequence: is_count(1, Number.MAX_SAFE_INTEGER),
  database: is_word,
  table: is_word,
  interval_s: is_count(0, 86_400),
  rows: is_count(0, ROWS_MAX),
  encoding: (v) => v === 'identity' || v === 'gzip',
};

function header_problem(header: unknown): string | undefined {
  if (typeof header !== 'object' || header === null) return 'the header is not an object';
  const fields = header as Record<string, unknown>;
  for (const [name, check] of Object.entries(HEADER_CHECKS)) {
    if (!check(fields[name])) return `the header's ${name} is missing or out of range`;
  }
  const entities = fields.entities;
  if (!Array.isArray(entities) || entities.length > ENTITIES_MAX) return 'the header has no sound list of entities';
  for (const entry of entities) {
    const wrong = entity_problem(entry);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function entity_problem(entry: unknown): string | undefined {
  const { local, entity } = (entry ?? {}) as { local?: unknown; entity?: unknown };
  if (!is_count(1, 0xffff_ffff)(local)) return 'an entity has no local id';
  if (typeof entity !== 'object' || entity === null) return `entity ${local} has no definition`;
  const fields = entity as Record<keyof Entity, unknown>;
  // Agents from before there were pods do not send it.
  fields.pod_uid ??= '';
  for (const name of ENTITY_FIELDS) {
    const value = fields[name];
    const number = name === 'type' || name === 'service_type';
    const sound = number ? is_count(0, 255)(value) : typeof value === 'string' && value.length <= ENTITY_TEXT_MAX;
    if (!sound) return `entity ${local} has no sound ${name}`;
  }
  return undefined;
}
