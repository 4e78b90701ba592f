// The stage on the live kernel, its rows kept.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentSettings, DEFAULT_SETTINGS } from '@sonde/records';
import { Counters } from '../../call.ts';
import { native } from '../../kernel/libbpf.ts';
import { Mapping } from '../../kernel/mapping.ts';
import { makeArray } from '../../kernel/tables.ts';
import { Profile } from '../profile.ts';
import { type Collected, Collector } from './collected.ts';

/** include/linux/threads.h, PID_MAX_LIMIT */
const PIDS_MAX = 1 << 22;
const now_ns = (): number => Number(process.hrtime.bigint());

export class Live {
  readonly output = new Collector();
  readonly counters = new Counters();
  readonly profile: Profile;
  private readonly timer: NodeJS.Timeout;

  private readonly ignored: { fd: number; bits: Mapping } | undefined;

  /** `alone`: only processes that are named to `look_at` are looked at, so that what else runs costs no samples. */
  constructor(object_path: string, settings: Partial<AgentSettings>, alone = false) {
    if (alone) {
      const fd = makeArray(PIDS_MAX / 64);
      this.ignored = { fd, bits: new Mapping(fd, PIDS_MAX / 8, 0, true) };
      new Uint8Array(this.ignored.bits.buffer).fill(0xff);
    }
    this.profile = new Profile(
      { object_path, ...(this.ignored && { ignored_fd: this.ignored.fd }) },
      this.counters,
      this.output,
    );
    this.timer = setInterval(() => this.profile.drain(), 10);
    this.profile.configure({ ...DEFAULT_SETTINGS, ...settings });
  }

  look_at(pid: number): void {
    if (this.ignored === undefined) return;
    new Uint8Array(this.ignored.bits.buffer)[pid >> 3]! &= ~(1 << (pid & 7));
  }

  /** Until stacks of the process reach its start: then what it is made of is known. */
  async knows(pid: number): Promise<void> {
    for (;;) {
      this.profile.tick(now_ns());
      if (this.output.take().some((row) => row.pid === pid && row.frames[0]?.name === '_start')) return;
      await sleep(50);
    }
  }

  stop_all(): Collected[] {
    clearInterval(this.timer);
    this.profile.close(now_ns());
    this.ignored?.bits.close();
    if (this.ignored !== undefined) native().close_fd(this.ignored.fd);
    return this.output.take();
  }

  /** All that was sampled of these processes. */
  stop(pids: readonly number[]): Collected[] {
    return this.stop_all().filter((row) => pids.includes(row.pid));
  }
}
