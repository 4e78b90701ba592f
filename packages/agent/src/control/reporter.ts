// What the agent tells of itself: rows of counters for the store, a summary for the page.
import { networkInterfaces } from 'node:os';
import { ADDRESSES_MAX, type SyncRequest } from '@sonde/records';
import type { Counters } from '../call.ts';
import { type Group, Stats, totals_of } from './stats.ts';

export interface Measured {
  /** Of the capture, one value a CPU. */
  capture(): ReadonlyMap<string, readonly number[]>;
  readonly counters: Counters;
  gauges(): readonly (readonly [string, number])[];
  throttled(): number;
  /** Counters of what is sent. */
  sent(): Readonly<Record<string, number>>;
  waiting_bytes(): number;
  problems(): readonly string[];
}
export interface Identity {
  readonly agent: string;
  readonly boot: string;
  readonly host: string;
  readonly version: string;
  readonly started_ms: number;
}

export class Reporter {
  private readonly identity: Identity;
  private readonly measured: Measured;
  private readonly stats = new Stats();
  private cpu = process.cpuUsage();

  constructor(identity: Identity, measured: Measured) {
    this.identity = identity;
    this.measured = measured;
  }

  /** State and totals for the server's page. */
  summary(state: SyncRequest['state']): Omit<SyncRequest, 'settings_version'> {
    const { measured } = this;
    const more = { ...measured.sent(), throttled: measured.throttled(), waiting_bytes: measured.waiting_bytes() };
    return {
      ...this.identity,
      pid: process.pid,
      state,
      problems: measured.problems(),
      counters: totals_of(measured.capture(), measured.counters, more),
      addresses: own_addresses(),
    };
  }

  /** Increases since the last call. */
  groups(): Group[] {
    const { measured, stats } = this;
    const cpu = process.cpuUsage(this.cpu);
    this.cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    return [
      ...stats.per_cpu('deepflow_agent_capture', measured.capture()),
      stats.group(
        'deepflow_agent_pipeline',
        [...measured.counters.entries(), ['throttled', measured.throttled()]],
        measured.gauges(),
      ),
      stats.group('deepflow_agent_send', Object.entries(measured.sent()), [
        ['waiting_bytes', measured.waiting_bytes()],
      ]),
      stats.group(
        'deepflow_agent_process',
        [],
        [
          ['cpu_user_us', cpu.user],
          ['cpu_system_us', cpu.system],
          ['rss_bytes', memory.rss],
          ['heap_bytes', memory.heapUsed],
        ],
      ),
    ];
  }
}

/** Those by which others can reach the machine. */
const own_addresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
    .slice(0, ADDRESSES_MAX);

/** A time in which nobody watched this host: `stopped` = the agent was ended in order, else it was killed. */
export function gap_group(from_ms: number, to_ms: number, stopped: boolean): Group {
  const metrics = [['from', from_ms / 1000] as const, ['to', to_ms / 1000] as const];
  return {
    table: 'deepflow_agent_gap',
    tags: [['reason', stopped ? 'stopped' : 'killed']],
    metrics: [...metrics, ['seconds', (to_ms - from_ms) / 1000] as const],
  };
}
