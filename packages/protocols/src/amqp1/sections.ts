// The sections of a message (specification part 3.2) that tell where it goes and what it belongs to. The body is not read.
import type { ParseOptions } from '../protocol.ts';
import { TracePairs } from '../trace-pairs.ts';
import { CODE } from './messages.ts';
import { Fields, type ValueReader } from './types.ts';

const VALUE_BYTES_MAX = 1024;
/** Annotations or properties of a message that are looked at. */
const PAIRS_MAX = 256;

export interface Sections {
  message_id: string | undefined;
  to: string | undefined;
  subject: string | undefined;
  reply_to: string | undefined;
  correlation_id: string | undefined;
  trace: TracePairs | undefined;
  /** Of a message to the coordinator of transactions: 'declare' or 'discharge'. */
  transaction: 'declare' | 'discharge' | undefined;
}

/** Reads sections up to the body, or to where the bytes end. */
export function read_sections(reader: ValueReader, options: ParseOptions): Sections {
  const found: Sections = {
    message_id: undefined,
    to: undefined,
    subject: undefined,
    reply_to: undefined,
    correlation_id: undefined,
    trace: undefined,
    transaction: undefined,
  };
  for (;;) {
    const code = reader.descriptor();
    if (code === CODE.header || code === CODE.delivery_annotations) reader.skip();
    else if (code === CODE.properties) read_properties(reader, found);
    else if (code === CODE.message_annotations || code === CODE.application_properties) {
      found.trace ??= new TracePairs(options);
      read_pairs(reader, found.trace);
    } else {
      if (code === CODE.value) found.transaction = transaction_of(reader);
      return found;
    }
    if (reader.failed) return found;
  }
}

function read_properties(reader: ValueReader, found: Sections): void {
  const fields = new Fields(reader);
  found.message_id = fields.id(VALUE_BYTES_MAX);
  // The user's id.
  fields.skip(1);
  found.to = fields.text(VALUE_BYTES_MAX);
  found.subject = fields.text(VALUE_BYTES_MAX);
  found.reply_to = fields.text(VALUE_BYTES_MAX);
  found.correlation_id = fields.id(VALUE_BYTES_MAX);
  if (!reader.failed) reader.at = fields.end;
}

function read_pairs(reader: ValueReader, trace: TracePairs): void {
  const count = reader.map();
  const end = reader.compound_end;
  for (let i = 0; i + 1 < count && i < 2 * PAIRS_MAX && !reader.failed; i += 2) {
    const key = reader.text(VALUE_BYTES_MAX);
    const value = reader.text(VALUE_BYTES_MAX);
    if (key !== undefined && value !== undefined) trace.note(key, value);
  }
  if (!reader.failed) reader.at = end;
}

function transaction_of(reader: ValueReader): Sections['transaction'] {
  const code = reader.descriptor();
  if (code === CODE.declare) return 'declare';
  return code === CODE.discharge ? 'discharge' : undefined;
}
