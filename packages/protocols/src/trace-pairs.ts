// Trace context among pairs of names and values of a message (contexts, properties, attachments): only what the settings
// name is kept while a message is read.
import type { Message, ParseOptions } from './protocol.ts';
import { read_trace_header } from './trace-headers.ts';

export class TracePairs {
  private readonly names: readonly string[];
  private values: (string | undefined)[] | undefined = undefined;

  constructor(options: ParseOptions) {
    this.names = options.trace_headers;
  }

  readonly note = (key: string, value: string): void => {
    const name = key.toLowerCase();
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i] !== name || value === '') continue;
      this.values ??= [];
      this.values[i] ??= value;
    }
  };

  /** Ids of the first name, in the order of the settings, whose value holds any. */
  put(message: Message): boolean {
    if (this.values === undefined) return false;
    for (let i = 0; i < this.names.length; i++) {
      const value = this.values[i];
      const ids = value === undefined ? undefined : read_trace_header(this.names[i]!, value);
      if (ids === undefined) continue;
      Object.assign(message, ids);
      return true;
    }
    return false;
  }
}
