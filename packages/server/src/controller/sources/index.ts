// The registry of sources: those that the file of sources asks for, and the additional resources that were put. The file is looked
// at again and again: what changed in it takes effect; of a file that is broken the last good state stays.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Inventory, ResourceEvent, ResourceSource } from '../../inventory.ts';
import { type Config, type Entry, entries_of, read_sources, SourcesError } from './config.ts';
import { aws_source } from './aws/source.ts';
import { DomainSource } from './domain/source.ts';
import { FilesSource } from './files/source.ts';
import { kubeconfig, service_account } from './kubernetes/access.ts';
import { KubernetesSource } from './kubernetes/source.ts';
import { TagBook } from './tag-book.ts';

const LOOK_MS = 5000;

export interface SourcesFile {
  readonly path: string;
  /** Somebody named it; else it may be missing. */
  readonly must_exist: boolean;
}
interface Running {
  readonly source: ResourceSource;
  /** What the file said of it. */
  readonly text: string;
}

export class Sources {
  readonly domain: DomainSource;
  private readonly file: SourcesFile;
  private readonly data: string;
  private readonly inventory: Inventory;
  private readonly tell: (event: ResourceEvent) => void;
  private readonly book: TagBook;
  private readonly running = new Map<string, Running>();
  private timer: NodeJS.Timeout | undefined;
  private mark = '';
  private problem = '';
  private changing: Promise<void> = Promise.resolve();

  /** `data`: the data folder. */
  constructor(file: SourcesFile, data: string, inventory: Inventory, tell: (event: ResourceEvent) => void) {
    this.file = file;
    this.data = data;
    this.inventory = inventory;
    this.tell = tell;
    this.book = new TagBook(inventory);
    this.domain = new DomainSource(join(data, 'additional-resources.yaml'), inventory, this.book, tell);
  }

  start(look_ms = LOOK_MS): void {
    this.domain.start();
    this.look();
    this.timer = setInterval(() => this.look(), look_ms);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.changing;
    await Promise.all([this.domain, ...this.sources()].map((source) => source.stop()));
  }

  problems(): readonly string[] {
    const own = this.problem === '' ? [] : [this.problem];
    return [...own, ...[this.domain, ...this.sources()].flatMap((source) => source.problems())];
  }

  /** Of several sources of a kind together. */
  gauges(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const source of [this.domain, ...this.sources()])
      for (const [name, value] of Object.entries(source.gauges())) sums[name] = (sums[name] ?? 0) + value;
    return sums;
  }

  private sources(): ResourceSource[] {
    return [...this.running.values()].map(({ source }) => source);
  }

  private look(): void {
    const mark = mark_of(this.file.path);
    if (mark === this.mark) return;
    this.mark = mark;
    let config: Config;
    try {
      config = read_sources(this.file.path, this.file.must_exist);
    } catch (error) {
      if (!(error instanceof SourcesError)) throw error;
      this.problem = `${error.message} What it said before stays in force.`;
      return;
    }
    this.problem = '';
    this.changing = this.changing.then(() => this.change(entries_of(config)));
  }

  /** Ends what is no longer asked for, or differently, before it begins what is. */
  private async change(entries: readonly Entry[]): Promise<void> {
    const wanted = new Map(entries.map((entry) => [`${entry.kind}/${entry.name}`, entry]));
    for (const [key, { source, text }] of this.running) {
      const entry = wanted.get(key);
      if (entry !== undefined && JSON.stringify(entry) === text) continue;
      this.running.delete(key);
      await source.stop();
      this.inventory.leave(source.name);
    }
    for (const [key, entry] of wanted) {
      if (this.running.has(key)) continue;
      const source = this.open(entry);
      this.running.set(key, { source, text: JSON.stringify(entry) });
      source.start();
    }
  }

  private open(entry: Entry): ResourceSource {
    const { inventory, book, tell, data } = this;
    switch (entry.kind) {
      case 'kubernetes': {
        const { name, kubeconfig: file, context, annotations, env } = entry;
        const access = () => (file === undefined ? service_account() : kubeconfig(file, context));
        return new KubernetesSource({ name, annotations, env, access }, inventory, tell);
      }
      case 'aws':
        return aws_source(entry, inventory, book, tell);
      case 'files': {
        const { name, folder } = entry;
        return new FilesSource({ name, folder, kept: join(data, 'files', name) }, inventory, book, tell);
      }
    }
  }
}

/** Changes when the file does. */
function mark_of(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.ino} ${found.size} ${found.mtimeMs}`;
}
