// Runs a capture file through parsing and pairing.
import { protocol_list } from '@sonde/protocols';
import { FileCapture } from '../../capture/packet/file-capture.ts';
import { Conversations } from './conversations.ts';
import { Flows } from './flows.ts';
import type { ReplayOptions } from './options.ts';
import type { Lines } from './lines.ts';
import { Printer } from './print.ts';

/** Events between two looks at the progress. */
const BATCH = 4096;

export interface ReplayResult {
  /** Why reading stopped before the end of the file; '' when it did not. */
  readonly problem: string;
  /** What was seen and what was left out, by name. */
  readonly counters: ReadonlyMap<string, number>;
}

/** Throws a sentence when the file cannot be opened or is no capture file. */
export const replay = (
  options: ReplayOptions,
  lines: Lines,
  on_progress: (share: number) => void = () => undefined,
): ReplayResult => {
  const capture = new FileCapture(
    options.path,
    options.payload_max === undefined ? {} : { payload_max: options.payload_max },
  );
  const printer = new Printer(lines);
  const flows = new Flows();
  const { unit } = options;
  const conversations = new Conversations({
    protocols: protocol_list,
    options: { ...options.parse, now_s: () => capture.base_ms / 1000 + capture.moment_ns / 1e9 },
    hints: options.hints,
    on_message: (flow, message, card) => {
      if (unit === 'messages') printer.message(flow, card, message);
    },
    on_call: (flow, card, request, response, status, type) => {
      if (unit === 'flows') flows.call(flow, card, request, response, status);
      else if (unit === 'requests') printer.call(flow, card, request, response, status, type);
      else if (response) printer.message(flow, card, response, request);
    },
    on_close: (flow) => {
      if (unit === 'flows') flows.close(flow);
    },
  });
  try {
    while (!capture.done) {
      // The base is known once the first packet was read, which happens before the first event is consumed.
      capture.drain((event) => {
        printer.base_ms = capture.base_ms;
        conversations.consume(event);
      }, BATCH);
      on_progress(capture.progress);
    }
  } finally {
    capture.close();
  }
  flows.print((line) => lines.line(line));
  const counters = new Map<string, number>(conversations.counters.entries());
  for (const [name, values] of capture.counters()) counters.set(name, values[0] ?? 0);
  return { problem: capture.problem, counters };
};
