// What a capture file says, in the shortest form for tests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EGRESS } from '../../event.ts';
import { FileCapture, type FileCaptureOptions } from '../file-capture.ts';

export interface Said {
  /** '>' towards the server, '<' from it, '+n' for n bytes not captured; kinds of the other events. */
  events: string[];
  moments: number[];
  counters: Record<string, number | undefined>;
  problem: string;
  base_ms: number;
}

/** Calls `use` with the path of a file of these bytes. */
export function with_file<T>(bytes: Uint8Array, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-packet-'));
  try {
    const path = join(folder, 'a.pcap');
    writeFileSync(path, bytes);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const read = (bytes: Uint8Array, options: FileCaptureOptions = {}): Said =>
  with_file(bytes, (path) => {
    const capture = new FileCapture(path, options);
    const events: string[] = [];
    const moments: number[] = [];
    while (!capture.done) {
      capture.drain((event) => {
        if (event.kind === 'data') {
          const text = Buffer.from(event.bytes.subarray(event.start, event.end)).toString('latin1');
          const missing = event.length - (event.end - event.start);
          events.push(`${event.direction === EGRESS ? '>' : '<'}${text}${missing > 0 ? `+${missing}` : ''}`);
          moments.push(event.moment_ns);
        } else if (event.kind !== 'exec') events.push(event.kind);
      }, 10);
    }
    const counters = Object.fromEntries([...capture.counters()].map(([name, values]) => [name, values[0]]));
    capture.close();
    return { events, moments, counters, problem: capture.problem, base_ms: capture.base_ms };
  });
