// The agent's stages and how they are joined: capture -> parse -> session -> aggregate -> send, with labels from resource.
import { hostname } from 'node:os';
import type { Card, Message } from '@sonde/protocols';
import type { AgentSettings } from '@sonde/records';
import { Aggregate } from './aggregate/aggregate.ts';
import type { StatsGroup } from './aggregate/stats-rows.ts';
import { Counters, type Flow, type OnCall, PROCESSES, type Vantage } from './call.ts';
import type { Capture, CaptureEvent } from './capture/event.ts';
import type { Clock } from './clock.ts';
import { Parse } from './parse/parse.ts';
import { parse_settings } from './parse/settings.ts';
import { Resource } from './resource/resource.ts';
import type { Origin } from './send/streams.ts';
import { Tables } from './send/tables.ts';
import { Sessions } from './session/sessions.ts';

export interface PipelineOptions {
  readonly capture: Capture;
  readonly clock: Clock;
  readonly settings: AgentSettings;
  /** Who sends, and where frames go. */
  readonly origin: Omit<Origin, 'entity'>;
  /** Server ports that are never looked at: the door of Sonde's own server. */
  readonly own_ports?: readonly number[];
  /** For captures of other hosts: where they see from, and what stands for /proc and holds no process. */
  readonly foreign?: { readonly vantage: Vantage; readonly proc: string };
}

export class Pipeline {
  readonly counters = new Counters();
  readonly resource: Resource;
  /** True: data events are counted and dropped. */
  paused = false;
  private readonly options: PipelineOptions;
  private readonly parse: Parse;
  private readonly sessions: Sessions;
  private readonly aggregate: Aggregate;
  readonly tables: Tables;
  /** When the last drain ended, monotonic. */
  now_ns: number;

  constructor(options: PipelineOptions) {
    const { capture, clock, settings, origin, own_ports = [], foreign } = options;
    const from = { host: hostname(), vantage: foreign?.vantage ?? PROCESSES };
    this.options = options;
    this.now_ns = clock.now_ns();
    const resource = new Resource(from.host, (pid) => capture.ignore(pid), foreign?.proc);
    this.resource = resource;
    this.tables = new Tables({ ...origin, entity: (local) => resource.entity(local) });
    this.aggregate = new Aggregate(this.tables, clock, settings, from, (pid) => resource.kname(pid), this.counters);
    this.sessions = new Sessions(this.on_call, this.counters);
    const out = {
      message: (flow: Flow, message: Message, card: Card) => {
        if (message.names !== undefined) resource.learn(message.names, this.now_ns);
        this.sessions.message(flow, message, card);
      },
      disorder: (flow: Flow, now_ns: number) => this.sessions.disorder(flow, now_ns),
      begin: (flow: Flow) => resource.begin(flow),
      end: (flow: Flow, now_ns: number) => {
        this.sessions.close(flow, now_ns);
        this.account(flow);
        resource.end(flow);
      },
      verdict: (socket_id: number, bytes: number) => capture.verdict(socket_id, bytes),
      skip: capture.skip.bind(capture),
      listening: (transport: number, port: number) => resource.listening(transport, port, this.now_ns),
    };
    this.parse = new Parse(parse_settings(settings, own_ports, clock), out, this.counters);
    resource.configure(settings);
  }

  configure(settings: AgentSettings): void {
    this.parse.configure(parse_settings(settings, this.options.own_ports ?? [], this.options.clock));
    this.aggregate.configure(settings);
    this.resource.configure(settings);
  }

  /** Takes up to `limit` events; returns how many there were. */
  drain(limit: number): number {
    const { capture, clock } = this.options;
    this.now_ns = clock.now_ns();
    this.aggregate.set_now(this.now_ns);
    const n = capture.drain(this.on_event, limit);
    this.now_ns = clock.now_ns();
    this.parse.tick(this.now_ns);
    return n;
  }

  /** What is due by time; call a few times a second. */
  tick(): void {
    const { clock } = this.options;
    if (clock.adjust()) this.aggregate.flush();
    this.now_ns = clock.now_ns();
    this.sessions.tick(this.now_ns);
    this.resource.tick(this.now_ns);
    const known = (flow: Flow): boolean => this.resource.settled(flow, this.now_ns);
    this.parse.take_dirty(known, (flow) => this.account(flow));
    this.aggregate.tick(this.now_ns);
    this.tables.flush_due();
  }

  report(groups: readonly StatsGroup[]): void {
    this.aggregate.report(this.now_ns, groups);
  }

  get gauges(): readonly (readonly [string, number])[] {
    return [['flows', this.parse.flows], ...this.resource.gauges];
  }

  /** Calls with and without a row in the request log, since boot. */
  get log(): { logged: number; throttled: number } {
    return this.aggregate;
  }

  /** Takes the last events, ends all flows and hands every row to be sent. */
  async close(): Promise<void> {
    while (this.drain(65_536) > 0);
    this.parse.close(this.now_ns);
    this.aggregate.flush();
    this.tables.flush();
    await this.tables.settled();
  }

  private readonly on_event = (event: CaptureEvent): void => {
    switch (event.kind) {
      case 'data':
        if (this.paused) this.counters.add('guard_dropped');
        else this.parse.data(event);
        break;
      case 'open':
      case 'fail':
      case 'close':
        this.parse.socket(event);
        break;
      default:
        this.resource.process(event);
    }
  };

  private readonly on_call: OnCall = (flow, card, request, response, status, type, end_ns) => {
    this.resource.label(flow, this.now_ns);
    this.aggregate.call(flow, card, request, response, status, type, end_ns);
  };

  private account(flow: Flow): void {
    if (flow.state === 'dropped') return;
    this.resource.label(flow, this.now_ns);
    this.aggregate.account(flow, this.now_ns);
  }
}
