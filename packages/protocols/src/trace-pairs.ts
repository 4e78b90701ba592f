// Trace context among pairs of names and values of a message (headers, properties, attachments, contexts): only what the
// settings name is kept while a message is read. The first trace id and the first span id count, in the order of the
// settings: B3 has them in headers of their own.
import { latin1, starts_with_fold } from './bytes.ts';
import type { Message, ParseOptions } from './protocol.ts';
import { read_trace_header, type TraceIds } from './trace-headers.ts';

/** Longer values are no trace context. */
const VALUE_BYTES_MAX = 1024;

export class TracePairs {
  private readonly names: readonly string[];
  private readonly values: (string | undefined)[] = [];
  /** Whether anything was noted. */
  any = false;

  constructor(options: ParseOptions) {
    this.names = options.trace_headers;
  }

  readonly note = (key: string, value: string): void => {
    if (value === '' || value.length > VALUE_BYTES_MAX) return;
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i]!.length === key.length && this.names[i] === key.toLowerCase()) this.keep(i, value);
    }
  };

  /** A name in [name_at, name_end) and its value in [value_at, value_end). */
  note_bytes(bytes: Uint8Array, name_at: number, name_end: number, value_at: number, value_end: number): void {
    if (value_end <= value_at || value_end - value_at > VALUE_BYTES_MAX) return;
    for (let i = 0; i < this.names.length; i++) {
      const name = this.names[i]!;
      if (name.length === name_end - name_at && starts_with_fold(bytes, name_at, name_end, name))
        this.keep(i, latin1(bytes, value_at, value_end));
    }
  }

  private keep(i: number, value: string): void {
    this.values[i] ??= value;
    this.any = true;
  }

  /** Gives what was noted to the message and forgets it; whether there was any. */
  put(message: Message): boolean {
    const ids = this.take();
    if (ids === undefined) return false;
    if (ids.trace_id !== undefined) message.trace_id = ids.trace_id;
    if (ids.span_id !== undefined) message.span_id = ids.span_id;
    return true;
  }

  /** The ids that were noted, which are then forgotten. */
  take(): TraceIds | undefined {
    if (!this.any) return undefined;
    this.any = false;
    let ids: TraceIds | undefined;
    for (let i = 0; i < this.names.length; i++) {
      const value = this.values[i];
      this.values[i] = undefined;
      const more = value === undefined ? undefined : read_trace_header(this.names[i]!, value);
      if (more !== undefined) ids = ids === undefined ? more : { ...more, ...ids };
    }
    return ids;
  }
}
