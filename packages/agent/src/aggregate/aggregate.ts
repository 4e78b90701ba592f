// The stage's door: a call becomes part of its windows and, unless throttled, a row of the request log.
import type { Card, Message, MessageType, Status } from '@sonde/protocols';
import { STATUS } from '@sonde/protocols';
import type { AgentSettings } from '@sonde/records';
import type { Counters, Flow, Rows, Vantage } from '../call.ts';
import { L7Rows, type LoggedCall } from './l7-rows.ts';
import { type StatsGroup, StatsRows } from './stats-rows.ts';
import { Throttle } from './throttle.ts';
import { type MetricTables, Windows } from './windows.ts';

export interface AggregateTables extends MetricTables {
  readonly log: Rows;
  readonly stats: Rows;
}
export interface WallClock {
  wall_us(moment_ns: number): number;
  wall_s(moment_ns: number): number;
}
export type AggregateSettings = Pick<AgentSettings, 'throttle_rows_s' | 'endpoints_per_service_max'>;

export class Aggregate {
  private readonly clock: WallClock;
  private readonly windows: Windows;
  private readonly throttle: Throttle<LoggedCall>;
  private readonly stats: StatsRows;

  constructor(
    tables: AggregateTables,
    clock: WallClock,
    settings: AggregateSettings,
    from: { readonly host: string; readonly vantage: Vantage },
    kname: (pid: number) => string,
    counters: Counters,
  ) {
    this.clock = clock;
    const rows = new L7Rows(tables.log, clock, kname, from.vantage);
    this.throttle = new Throttle(settings.throttle_rows_s, (call, rate) => rows.write(call, rate));
    this.windows = new Windows(tables, settings.endpoints_per_service_max, counters, from.vantage);
    this.stats = new StatsRows(tables.stats, from.host);
  }

  configure(settings: AggregateSettings): void {
    this.throttle.set_limit(settings.throttle_rows_s);
    this.windows.keys.endpoints_max = settings.endpoints_per_service_max;
  }

  /** Calls left without a row of their own, since boot. */
  get throttled(): number {
    return this.throttle.dropped;
  }

  /** Rows written to the request log, since boot. */
  get logged(): number {
    return this.throttle.written;
  }

  call(
    flow: Flow,
    card: Card,
    request: Message | undefined,
    response: Message | undefined,
    status: Status,
    type: MessageType,
    end_ns: number,
  ): void {
    let rrt_us = 0;
    if (request?.begin_ns !== undefined && response?.begin_ns !== undefined) {
      // 0 means unknown.
      rrt_us = Math.max(1, Math.round((response.begin_ns - request.begin_ns) / 1000));
    }
    this.windows.call(flow, card, request, response, status, rrt_us, this.clock.wall_s(end_ns));
    if (!this.throttle.offer(status !== STATUS.ok && status !== STATUS.unknown, rrt_us)) return;
    const l7_protocol = request?.l7_protocol ?? response?.l7_protocol ?? card.id;
    this.throttle.put({ flow, l7_protocol, request, response, status, type, rrt_us, end_ns });
  }

  /** Traffic of a flow that no call has taken. */
  account(flow: Flow, moment_ns: number): void {
    this.windows.account(flow, this.clock.wall_s(moment_ns));
  }

  /** Call before the calls of a drain. */
  set_now(now_ns: number): void {
    this.windows.set_now(this.clock.wall_s(now_ns));
  }

  /** Writes the rows that are due. */
  tick(now_ns: number): void {
    const now_ms = this.clock.wall_us(now_ns) / 1000;
    this.throttle.tick(now_ms);
    this.windows.tick(now_ms);
  }

  report(now_ns: number, groups: readonly StatsGroup[]): void {
    for (const group of groups) this.stats.write(this.clock.wall_s(now_ns), group);
  }

  /** Writes all rows, due or not. */
  flush(): void {
    this.throttle.flush();
    this.windows.flush();
  }
}
