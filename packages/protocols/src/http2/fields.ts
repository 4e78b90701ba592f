// The wanted fields of one header block. Scratch that all connections with the same options share: a block is decoded
// and used before the next one begins.
import { SIGNS } from '../http/watch.ts';
import type { ParseOptions } from '../protocol.ts';
import { type FieldSink, SLOT_NONE, SLOT_UNKNOWN } from './hpack.ts';
import { STATIC_TABLE } from './static-table.ts';

const NAMES = [
  ...[':method', ':path', ':authority', ':scheme', ':status', ':protocol', 'host', 'content-type', 'content-length'],
  ...['user-agent', 'referer', 'grpc-status', 'grpc-message', 'content-encoding', 'tri-'],
] as const;
type Name = (typeof NAMES)[number];
const PSEUDO_COUNT = 6;
const TRIPLE_PREFIX = 'tri-';
const slot_of_name = (name: Name): number => NAMES.indexOf(name);

/** Slots of the fields that code asks for by name. */
export const FIELD = {
  method: slot_of_name(':method'),
  path: slot_of_name(':path'),
  authority: slot_of_name(':authority'),
  scheme: slot_of_name(':scheme'),
  status: slot_of_name(':status'),
  host: slot_of_name('host'),
  content_type: slot_of_name('content-type'),
  content_length: slot_of_name('content-length'),
  content_encoding: slot_of_name('content-encoding'),
  user_agent: slot_of_name('user-agent'),
  referer: slot_of_name('referer'),
  grpc_status: slot_of_name('grpc-status'),
  grpc_message: slot_of_name('grpc-message'),
  /** Any field whose name begins with "tri-". */
  triple: slot_of_name('tri-'),
} as const;

export class Fields implements FieldSink {
  readonly static_slots: readonly number[];
  readonly proxy: number;
  readonly request_id: number;
  /** Slots of the trace headers, in the order of the options. */
  readonly trace: readonly number[];
  /** Slots of the fields that tell an API. */
  readonly signs: readonly number[];
  /** Fields put so far, and unknown ones among them. */
  count = 0;
  unknown = 0;
  /** Whether the first field was a pseudo-header, or may have been one. */
  begins_pseudo = false;

  private readonly slots = new Map<string, number>();
  private readonly values: (string | undefined)[] = [];

  constructor(options: ParseOptions) {
    for (const name of NAMES) if (name !== TRIPLE_PREFIX) this.slots.set(name, slot_of_name(name));
    for (const _ of NAMES) this.values.push(undefined);
    this.proxy = this.want(options.proxy_header);
    this.request_id = this.want(options.request_id_header);
    this.trace = options.trace_headers.map((name) => this.want(name));
    this.signs = SIGNS.map(({ field }) => this.want(field));
    this.static_slots = STATIC_TABLE.map(([name]) => this.slot_of(name));
  }

  private want(name: string): number {
    if (name === '') return SLOT_NONE;
    const known = this.slots.get(name);
    if (known !== undefined) return known;
    this.slots.set(name, this.values.length);
    return this.values.push(undefined) - 1;
  }

  slot_of(name: string): number {
    return this.slots.get(name) ?? (name.startsWith(TRIPLE_PREFIX) ? FIELD.triple : SLOT_NONE);
  }

  reset(): void {
    this.values.fill(undefined);
    this.count = 0;
    this.unknown = 0;
    this.begins_pseudo = false;
  }

  put(slot: number, value: string | undefined): void {
    if (this.count++ === 0) this.begins_pseudo = slot === SLOT_UNKNOWN || (slot >= 0 && slot < PSEUDO_COUNT);
    if (slot === SLOT_UNKNOWN) this.unknown++;
    else if (slot >= 0 && value !== undefined) this.values[slot] ??= value;
  }

  /** Id of the card whose API a field tells; 0: none does. */
  kind(): number {
    for (let i = 0; i < SIGNS.length; i++) if (this.get(this.signs[i]!) !== undefined) return SIGNS[i]!.kind;
    return 0;
  }

  get(slot: number): string | undefined {
    return slot < 0 ? undefined : this.values[slot];
  }
}

const by_options = new WeakMap<ParseOptions, Fields>();

export function fields_for(options: ParseOptions): Fields {
  let fields = by_options.get(options);
  if (fields === undefined) {
    fields = new Fields(options);
    by_options.set(options, fields);
  }
  return fields;
}
