// Profiling joined to the pipeline: its rows go where the pipeline's go, and its processes are the pipeline's.
import type { AgentSettings } from '@sonde/records';
import type { Counters } from './call.ts';
import type { Clock } from './clock.ts';
import { Profile } from './profile/profile.ts';
import type { Resource } from './resource/resource.ts';
import type { Tables } from './send/tables.ts';

/** What it shares with the pipeline. */
export interface Shared {
  readonly resource: Resource;
  readonly tables: Tables;
  readonly counters: Counters;
}
/** Loads its kernel programs when it is first asked to sample: what is off costs nothing. */
export class Profiling {
  private readonly object_path: string;
  private readonly ignored_fd: number | undefined;
  private readonly shared: Shared;
  private readonly clock: Clock;
  private profile: Profile | undefined;
  /** What keeps it from sampling; '' = nothing. */
  problem = '';

  /** `ignored_fd`: map of ignored processes; without it nothing is watched at all, and that is said elsewhere. */
  constructor(object_path: string, ignored_fd: number | undefined, shared: Shared, clock: Clock) {
    this.object_path = object_path;
    this.ignored_fd = ignored_fd;
    this.shared = shared;
    this.clock = clock;
  }

  configure(settings: AgentSettings): void {
    this.problem = '';
    try {
      if (settings.profile_hz > 0 || settings.profile_off_cpu) this.profile ??= this.open();
      this.profile?.configure(settings);
    } catch (error) {
      this.problem = `nothing is profiled: ${(error as Error).message}`;
    }
  }

  drain(): void {
    this.profile?.drain();
  }

  tick(): void {
    this.profile?.tick(this.clock.now_ns());
  }

  close(): void {
    this.profile?.close(this.clock.now_ns());
  }

  measured(): ReadonlyMap<string, readonly number[]> {
    return this.profile?.measured() ?? new Map();
  }

  get gauges(): readonly (readonly [string, number])[] {
    return this.profile?.gauges ?? [];
  }

  private open(): Profile | undefined {
    const { object_path, ignored_fd, clock } = this;
    if (ignored_fd === undefined) return undefined;
    const { resource, tables, counters } = this.shared;
    const profile = new Profile({ object_path, ignored_fd }, counters, {
      frames: tables.frames,
      stacks: tables.stacks,
      rows: tables.profile,
      process: (pid) => resource.profiled(pid),
      wall_s: (moment_ns) => clock.wall_s(moment_ns),
    });
    resource.on_process = (event) => profile.process(event.pid);
    return profile;
  }
}
