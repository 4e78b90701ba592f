// The engine lets a heap grow to several times what is alive before it looks for garbage: its choice for programs that have a
// host to themselves. The agent is a guest.
import { setFlagsFromString } from 'node:v8';

/** Share of what is alive that may be allocated on top of it before the next full collection, in percent. */
const GROWTH_PERCENT = 50;

/** Makes this process collect its garbage early. Call first. */
export function keep_heap_small(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
