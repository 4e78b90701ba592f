// What of each performative is used (specification parts 2.7 and 5.3.3). All are lists; fields are read in their order.
import type { AmqpError } from './errors.ts';
import { CODE } from './messages.ts';
import { Fields, type ValueReader } from './types.ts';

const TEXT_BYTES_MAX = 1024;

export interface Open {
  container: string | undefined;
  hostname: string | undefined;
}

export function read_open(reader: ValueReader): Open {
  const fields = new Fields(reader);
  return { container: fields.text(TEXT_BYTES_MAX), hostname: fields.text(TEXT_BYTES_MAX) };
}

/** The remote channel of a begin: that of the begin which it answers. */
export function read_begin(reader: ValueReader): number | undefined {
  return new Fields(reader).number();
}

/** One end of a link; undefined: there is none, which refuses the link. */
export interface Terminus {
  address: string | undefined;
  dynamic: boolean;
}

export interface Attach {
  name: string;
  handle: number;
  /** The side that attaches receives. */
  receiver: boolean;
  source: Terminus | undefined;
  target: Terminus | undefined;
}

export function read_attach(reader: ValueReader): Attach | undefined {
  const fields = new Fields(reader);
  const name = fields.text(TEXT_BYTES_MAX);
  const handle = fields.number();
  const receiver = fields.boolean();
  fields.skip(2);
  const source = fields.next() ? read_terminus(reader) : undefined;
  const target = fields.next() ? read_terminus(reader) : undefined;
  if (name === undefined || handle === undefined || receiver === undefined) return undefined;
  return { name, handle, receiver, source, target };
}

const COORDINATOR: Terminus = { address: '$coordinator', dynamic: false };

function read_terminus(reader: ValueReader): Terminus | undefined {
  if (reader.is_null) {
    reader.skip();
    return undefined;
  }
  const code = reader.descriptor();
  if (code === CODE.coordinator) {
    reader.skip();
    return COORDINATOR;
  }
  const fields = new Fields(reader);
  const address = fields.text(TEXT_BYTES_MAX);
  fields.skip(3);
  const dynamic = fields.boolean() === true;
  if (!reader.failed) reader.at = fields.end;
  return { address, dynamic };
}

/** The handle of a flow; undefined when it is the session's. */
export function read_flow(reader: ValueReader): number | undefined {
  const fields = new Fields(reader);
  fields.skip(4);
  return fields.number();
}

export interface Transfer {
  handle: number | undefined;
  delivery_id: number | undefined;
  settled: boolean;
  more: boolean;
  aborted: boolean;
}

/** Leaves the reader at the payload. */
export function read_transfer(reader: ValueReader): Transfer {
  const fields = new Fields(reader);
  const handle = fields.number();
  const delivery_id = fields.number();
  fields.skip(2);
  const settled = fields.boolean() === true;
  const more = fields.boolean() === true;
  fields.skip(3);
  const aborted = fields.boolean() === true;
  if (!reader.failed) reader.at = fields.end;
  return { handle, delivery_id, settled, more, aborted };
}

export interface Disposition {
  /** Of deliveries that the other side sent. */
  receiver: boolean;
  first: number;
  last: number;
  settled: boolean;
  /** Descriptor of the outcome, or of another state; -1: none. */
  state: number;
  error: AmqpError | undefined;
}

export function read_disposition(reader: ValueReader): Disposition | undefined {
  const fields = new Fields(reader);
  const receiver = fields.boolean();
  const first = fields.number();
  const last = fields.number() ?? first;
  const settled = fields.boolean() === true;
  if (receiver === undefined || first === undefined || last === undefined) return undefined;
  const found = fields.next() ? read_state(reader) : NO_STATE;
  return { receiver, first, last, settled, ...found };
}

interface State {
  state: number;
  error: AmqpError | undefined;
}
const NO_STATE: State = { state: -1, error: undefined };

function read_state(reader: ValueReader): State {
  let state = reader.descriptor();
  if (state === CODE.transactional_state) {
    // Transaction id, then the outcome that will hold when it succeeds.
    const fields = new Fields(reader);
    fields.skip(1);
    if (!fields.next()) return { state: CODE.accepted, error: undefined };
    state = reader.descriptor();
  }
  if (state !== CODE.rejected) return { state, error: undefined };
  const fields = new Fields(reader);
  return { state, error: fields.next() ? read_error(reader) : undefined };
}

export function read_error(reader: ValueReader): AmqpError | undefined {
  if (reader.descriptor() !== CODE.error) return undefined;
  const fields = new Fields(reader);
  const condition = fields.text(TEXT_BYTES_MAX);
  const description = fields.text(TEXT_BYTES_MAX);
  return condition === undefined ? undefined : { condition, description };
}

export interface Detach {
  handle: number | undefined;
  error: AmqpError | undefined;
}

export function read_detach(reader: ValueReader): Detach {
  const fields = new Fields(reader);
  const handle = fields.number();
  fields.skip(1);
  return { handle, error: fields.next() ? read_error(reader) : undefined };
}

/** The error of an end or a close. */
export function read_ending(reader: ValueReader): AmqpError | undefined {
  return new Fields(reader).next() ? read_error(reader) : undefined;
}

/** Mechanism and hostname of sasl-init; between them stands what logs in, which is passed over. */
export function read_sasl_init(reader: ValueReader): { mechanism: string | undefined; hostname: string | undefined } {
  const fields = new Fields(reader);
  const mechanism = fields.text(TEXT_BYTES_MAX);
  fields.skip(1);
  return { mechanism, hostname: fields.text(TEXT_BYTES_MAX) };
}

export function read_sasl_outcome(reader: ValueReader): number | undefined {
  return new Fields(reader).number();
}
