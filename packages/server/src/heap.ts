// Left alone, V8 lets a heap grow to several times what is alive in it before it collects: memory that the engine in this process,
// and everything else on the host, could use.
import { setFlagsFromString } from 'node:v8';

/** Share of what is alive that may be allocated on top of it before the next full collection, in percent. */
const GROWTH_PERCENT = 50;

/** Makes this process collect its garbage early. Call first. */
export function keep_heap_small(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/** Of the engine nothing but `rss` says anything: `heap` and `external` are what V8 has, of which `heap_used` is in use. */
export function memory_gauges(): Record<string, number> {
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
  return {
    'process.rss_bytes': rss,
    'process.heap_bytes': heapUsed,
    'process.heap_held_bytes': heapTotal,
    'process.external_bytes': external,
  };
}
