// The agent as one thing: the pipeline on the live kernel, the outbox, the exchange with the server, and what drives them.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { type AgentSettings, DEFAULT_SETTINGS } from '@sonde/records';
import type { Capture } from './capture/event.ts';
import { open_capture } from './capture/open.ts';
import { Clock } from './clock.ts';
import { type Config, own_port } from './config.ts';
import { Clockwork } from './control/clockwork.ts';
import { agent_id, HeartbeatFile } from './control/identity.ts';
import { FolderLock } from './control/lock.ts';
import { gap_group, type Identity, Reporter } from './control/reporter.ts';
import { Sync } from './control/sync.ts';
import { MemoryGuard } from './guard/limits.ts';
import { PollPace } from './guard/poll.ts';
import { Pipeline } from './pipeline.ts';
import { Profiling } from './profiling.ts';
import { Outbox } from './send/outbox.ts';
import { Client } from './send/post.ts';
import { Spool } from './send/spool.ts';

const VERSION = '0.1.0';
/** How long a stop waits for the server to acknowledge; the rest stays in the spool. */
const STOP_PATIENCE_MS = 10_000;

export class Agent {
  readonly identity: Identity;
  readonly pipeline: Pipeline;
  /** What keeps it from seeing; '' = nothing. */
  readonly problem: string;
  private readonly lock: FolderLock;
  private readonly capture: Capture;
  private readonly client: Client;
  private readonly outbox: Outbox;
  private readonly sync: Sync;
  private readonly reporter: Reporter;
  private readonly profiling: Profiling;
  private readonly guard: MemoryGuard;
  private readonly heartbeat: HeartbeatFile;
  private readonly clockwork: Clockwork;

  /** Settings come from the server; `settings` holds until it was reached. */
  constructor(config: Config, settings: AgentSettings = DEFAULT_SETTINGS) {
    const boot = randomUUID();
    this.lock = new FolderLock(config.data);
    this.identity = {
      agent: agent_id(config.data),
      boot,
      host: hostname(),
      version: VERSION,
      started_ms: Date.now(),
    };
    this.heartbeat = new HeartbeatFile(config.data);
    this.client = new Client(config.server, config.token_file);
    this.outbox = new Outbox(new Spool(join(config.data, 'spool'), config.spool_bytes_max), (frame) =>
      this.client.post('/api/v1/ingest', 'application/octet-stream', frame),
    );
    const { capture, problem, ignored_fd } = open_capture(config.object, config.ring_bytes);
    this.capture = capture;
    this.problem = problem;
    const { port, local } = own_port(config.server);
    const clock = new Clock();
    this.pipeline = new Pipeline({
      capture,
      clock,
      settings,
      origin: {
        agent: this.identity.agent,
        boot,
        gzip: !local,
        push: (frame, rows) => this.outbox.push(frame, rows),
      },
      own_ports: [port],
    });
    const server_pid = local ? this.pipeline.resource.listener(port, this.pipeline.now_ns) : 0;
    for (const pid of [process.pid, server_pid, ...config.ignore_pids]) if (pid > 0) capture.ignore(pid);
    this.profiling = new Profiling(join(dirname(config.object), 'profile.bpf.o'), ignored_fd, this.pipeline, clock);
    this.profiling.configure(settings);
    this.guard = new MemoryGuard(config.memory_bytes_max);
    this.reporter = new Reporter(this.identity, this.measured());
    this.sync = new Sync({
      post: (path, type, body) => this.client.post(path, type, body),
      report: () => this.reporter.summary(this.state),
      apply: (received) => {
        this.pipeline.configure(received);
        this.profiling.configure(received);
      },
      hold: (ms) => {
        this.outbox.hold_ms = ms;
      },
    });
    const pace = new PollPace(config.cpu_share_max);
    this.clockwork = new Clockwork({
      drain: (limit) => {
        this.profiling.drain();
        return this.pipeline.drain(limit);
      },
      tick: () => {
        this.profiling.tick();
        this.pipeline.tick();
      },
      second: () => this.second(),
      report: () => this.pipeline.report(this.reporter.groups()),
      pace: (events, busy_ms, more) => pace.next(events, busy_ms, more),
    });
  }

  get state(): 'running' | 'no_ebpf' | 'restricted' {
    if (this.problem !== '') return 'no_ebpf';
    return this.guard.closed ? 'restricted' : 'running';
  }

  start(): void {
    const last = this.heartbeat.read();
    if (last !== undefined) {
      this.pipeline.report([gap_group(last.last_ms, this.identity.started_ms, last.stopped)]);
    }
    this.outbox.start();
    this.sync.start();
    this.clockwork.start();
  }

  /** What was captured is acknowledged or in the spool when this resolves. */
  async stop(): Promise<void> {
    this.clockwork.stop();
    this.sync.stop();
    this.pipeline.report(this.reporter.groups());
    this.profiling.close();
    await this.pipeline.close();
    this.beat(true);
    await this.outbox.stop(STOP_PATIENCE_MS);
    this.capture.close();
    this.client.close();
    this.lock.release();
  }

  private second(): void {
    this.guard.check();
    this.pipeline.paused = this.guard.closed;
    if (this.problem === '') this.beat(false);
  }

  private beat(stopped: boolean): void {
    if (this.problem === '') this.heartbeat.beat(this.identity.boot, Date.now(), stopped);
  }

  private measured() {
    const { capture, pipeline, outbox, profiling } = this;
    return {
      capture: () => new Map([...capture.counters(), ...profiling.measured()]),
      counters: pipeline.counters,
      gauges: () => [...pipeline.gauges, ...profiling.gauges],
      throttled: () => pipeline.log.throttled,
      sent: () => ({ ...outbox.counts, spool_dropped: outbox.spool_dropped }),
      waiting_bytes: () => outbox.waiting_bytes,
      problems: () =>
        [this.problem, profiling.problem, this.guard.problem, outbox.problem].filter((text) => text !== ''),
    };
  }
}
