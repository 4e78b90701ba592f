// How fast the agent takes events out of the kernel's ring: header, tuple and bytes in place, nothing copied.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EbpfCapture } from '../packages/agent/src/capture/ebpf/ebpf.ts';
import { print_runs } from './lib/report.ts';

const BPF = join(import.meta.dirname, '../packages/agent/bpf');
const ROUNDS = 12;
/** The engine compiles the loop while the first ones run. */
const WARM_UP = 4;

const folder = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
try {
  execFileSync(join(BPF, 'build.sh'), [folder]);
  const traffic = join(folder, 'traffic');
  execFileSync('gcc', ['-O1', '-pthread', '-o', traffic, join(BPF, 'test/traffic.c')]);
  for (const captured of [0, 200, 1024]) {
    const capture = EbpfCapture.open({ object_path: join(folder, 'sonde.bpf.o'), default_bytes: captured });
    const rates: number[] = [];
    const event_ns: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      execFileSync(traffic, ['flood', '15000', '1024']);
      let sum = 0;
      const begin = process.hrtime.bigint();
      const events = capture.drain((event) => {
        if (event.kind === 'data' && event.end > event.start) sum += event.bytes[event.start]!;
      }, Number.POSITIVE_INFINITY);
      const ns = Number(process.hrtime.bigint() - begin);
      if (round < WARM_UP || sum < 0) continue;
      event_ns.push(ns / events);
      rates.push((events / ns) * 1e3);
    }
    capture.close();
    print_runs(`drain, ${captured} bytes captured`, 'ns an event', event_ns, 0);
    print_runs('  that is', 'million/s', rates);
  }
} finally {
  rmSync(folder, { recursive: true });
}
