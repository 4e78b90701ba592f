// A cloud as a source: everything is listed anew every so often. What one list cannot read it does without; a round that fails altogether
// is tried again later and later.
import type { Inventory, ResourceEvent, ResourceSource } from '../../inventory.ts';
import { Painter, type Picture } from './place.ts';
import type { TagBook } from './tag-book.ts';

const LATER_MS_MAX = 600_000;

export interface Round {
  readonly picture: Picture;
  /** Sentences: what was not to be had. */
  readonly problems: readonly string[];
  /** Nothing at all was to be had, the picture is empty for that reason. */
  readonly failed: boolean;
}
export interface PolledOptions {
  /** 'aws/prod'; scopes begin with it. */
  readonly name: string;
  /** What it is called in sentences. */
  readonly title: string;
  readonly every_ms: number;
  /** Never rejects but when it is told to end. */
  list(end: AbortSignal): Promise<Round>;
}

export class PolledSource implements ResourceSource {
  readonly name: string;
  private readonly options: PolledOptions;
  private readonly painter: Painter;
  private readonly end = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private said: readonly string[] = [];
  private failures = 0;
  private rounds = 0;
  private round_ms = 0;
  /** Begin of the last round that told something. */
  private listed_us = 0;

  constructor(options: PolledOptions, inventory: Inventory, book: TagBook, tell: (event: ResourceEvent) => void) {
    this.name = options.name;
    this.options = options;
    this.painter = new Painter(options.name, inventory, book, tell);
  }

  start(): void {
    this.painter.expect(this.name, Date.now() * 1000);
    this.go();
  }

  async stop(): Promise<void> {
    this.end.abort();
    clearTimeout(this.timer);
    await this.running;
    this.painter.clear();
  }

  problems(): readonly string[] {
    return this.said.map((sentence) => `${this.options.title}: ${sentence}`);
  }

  gauges(): Readonly<Record<string, number>> {
    return {
      'cloud.places': this.painter.size,
      'cloud.rounds': this.rounds,
      'cloud.round_ms': this.round_ms,
      'cloud.problems': this.said.length,
    };
  }

  private go(): void {
    this.running = this.round()
      .catch((error: Error) => {
        if (!this.end.signal.aborted) this.said = [`${error.message}.`];
      })
      .finally(() => {
        if (this.end.signal.aborted) return;
        const { every_ms } = this.options;
        const wait_ms = Math.max(every_ms, Math.min(LATER_MS_MAX, every_ms * 2 ** this.failures));
        this.timer = setTimeout(() => this.go(), wait_ms);
      });
  }

  private async round(): Promise<void> {
    const began_ms = Date.now();
    const { picture, problems, failed } = await this.options.list(this.end.signal);
    if (this.end.signal.aborted) return;
    this.rounds++;
    this.round_ms = Date.now() - began_ms;
    this.said = problems;
    this.failures = failed ? Math.min(this.failures + 1, 10) : 0;
    // What was known stays while nothing is to be had; rows no longer wait.
    if (failed && this.listed_us !== 0) return;
    this.painter.show(picture, { from_us: this.listed_us, to_us: Date.now() * 1000 });
    if (!failed) this.listed_us = began_ms * 1000;
  }
}
