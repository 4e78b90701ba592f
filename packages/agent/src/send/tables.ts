// The streams of all tables that this agent fills.
import {
  AGENT_STATS,
  APPLICATION,
  APPLICATION_MAP,
  IN_PROCESS,
  L7_FLOW_LOG,
  PROFILE_FRAME,
  PROFILE_STACK,
  type RecordDefinition,
} from '@sonde/records';
import { type Origin, TableStream } from './streams.ts';

export class Tables {
  readonly log: TableStream;
  readonly node_1s: TableStream;
  readonly node_1m: TableStream;
  readonly edge_1s: TableStream;
  readonly edge_1m: TableStream;
  readonly stats: TableStream;
  readonly frames: TableStream;
  readonly stacks: TableStream;
  readonly profile: TableStream;

  constructor(origin: Origin) {
    const stream = (definition: RecordDefinition, interval_s: number) =>
      new TableStream(origin, definition, interval_s);
    this.log = stream(L7_FLOW_LOG, 0);
    this.node_1s = stream(APPLICATION, 1);
    this.node_1m = stream(APPLICATION, 60);
    this.edge_1s = stream(APPLICATION_MAP, 1);
    this.edge_1m = stream(APPLICATION_MAP, 60);
    this.stats = stream(AGENT_STATS, 0);
    this.frames = stream(PROFILE_FRAME, 0);
    this.stacks = stream(PROFILE_STACK, 0);
    this.profile = stream(IN_PROCESS, 0);
  }

  /** Sends what has waited long enough; call a few times a second. */
  flush_due(): void {
    const now_ms = performance.now();
    for (const stream of this.all()) stream.flush_due(now_ms);
  }

  flush(): void {
    for (const stream of this.all()) stream.flush();
  }

  /** Resolves when every flushed batch has reached the outbox. */
  async settled(): Promise<void> {
    await Promise.all(this.all().map((stream) => stream.settled()));
  }

  private all(): TableStream[] {
    const { log, node_1s, edge_1s, node_1m, edge_1m, stats, frames, stacks, profile } = this;
    // What explains ids goes before what uses them.
    return [log, node_1s, edge_1s, node_1m, edge_1m, stats, frames, stacks, profile];
  }
}
