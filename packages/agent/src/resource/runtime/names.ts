// Names of containers by id, asked of their runtime beside all else: who asks here gets what is known, and is told when there is more.
import { type Ask, ask_cri, ask_engine } from './ask.ts';

const TIMEOUT_MS = 2000;
/** Questions that are out at a time; further ones wait. */
const ASKED_MAX = 4;
const KNOWN_MAX = 8192;
/** A runtime that gave no answer is asked again after so long, this often. */
const AGAIN_MS = 30_000;
const TRIES = 3;
const NAME_CHARS_MAX = 256;

export interface Runtime {
  readonly ask: Ask;
  /** The first that answers counts. */
  readonly sockets: readonly string[];
}
/** By the runtime's name in entities. */
export const RUNTIMES: Readonly<Record<string, Runtime>> = {
  docker: { ask: ask_engine, sockets: ['/run/docker.sock', '/var/run/docker.sock'] },
  podman: { ask: ask_engine, sockets: ['/run/podman/podman.sock'] },
  containerd: { ask: ask_cri, sockets: ['/run/containerd/containerd.sock', '/run/k3s/containerd/containerd.sock'] },
  'cri-o': { ask: ask_cri, sockets: ['/run/crio/crio.sock'] },
};

interface Known {
  readonly id: string;
  readonly runtime: string;
  name: string;
  tries: number;
  /** Not asked before (ms, monotonic). */
  next_ms: number;
  /** Waits for an answer, or for its turn. */
  busy: boolean;
}

export class ContainerNames {
  private readonly runtimes: Readonly<Record<string, Runtime>>;
  private readonly timeout_ms: number;
  private readonly known = new Map<string, Known>();
  private waiting: Known[] = [];
  private asked = 0;
  /** Grows with each name that came. */
  answers = 0;

  constructor(runtimes = RUNTIMES, timeout_ms = TIMEOUT_MS) {
    this.runtimes = runtimes;
    this.timeout_ms = timeout_ms;
  }

  /** '' while it is not known; then it is asked for. Never waits. */
  name(id: string, runtime: string): string {
    if (id === '' || this.runtimes[runtime] === undefined) return '';
    let one = this.known.get(id);
    if (one === undefined) {
      if (this.known.size >= KNOWN_MAX) for (const oldest of this.known.keys()) if (this.known.delete(oldest)) break;
      one = { id, runtime, name: '', tries: 0, next_ms: 0, busy: false };
      this.known.set(id, one);
    }
    if (one.name === '' && !one.busy && one.tries < TRIES && performance.now() >= one.next_ms) {
      one.busy = true;
      this.waiting.push(one);
      this.ask_next();
    }
    return one.name;
  }

  private ask_next(): void {
    while (this.asked < ASKED_MAX) {
      const one = this.waiting.shift();
      if (one === undefined) return;
      this.asked++;
      void this.ask(one).finally(() => {
        this.asked--;
        one.busy = false;
        this.ask_next();
      });
    }
  }

  private async ask(one: Known): Promise<void> {
    const { ask, sockets } = this.runtimes[one.runtime]!;
    one.tries++;
    one.next_ms = performance.now() + AGAIN_MS;
    for (const socket of sockets) {
      const name = await ask(socket, one.id, this.timeout_ms).catch(() => '');
      if (name === '') continue;
      one.name = name.slice(0, NAME_CHARS_MAX);
      this.answers++;
      return;
    }
  }
}
