// Additional resources as a source: the document that was put last, kept in the data folder.
import { readFileSync } from 'node:fs';
import { write_text } from '../../../files.ts';
import type { Inventory, ResourceEvent, ResourceSource } from '../../../inventory.ts';
import { resolve } from '../named.ts';
import { NOTHING_SEEN, Painter } from '../place.ts';
import type { TagBook } from '../tag-book.ts';
import { type Problem, read_document, sentence } from './document.ts';
import { type DomainPicture, picture_of } from './picture.ts';
import type { DomainDocument } from './schema.ts';

const LOOK_MS = 5000;
const NAMES_TOLD_MAX = 3;
/** Its tags win over those of clouds and folders: sources count in the order of their names. */
const NAME = 'domain';
const SINCE_EVER = { from_us: 0, to_us: 0 };

export type Applied =
  | { readonly ok: true; readonly changed: boolean }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export class DomainSource implements ResourceSource {
  readonly name = NAME;
  private readonly path: string;
  private readonly inventory: Inventory;
  private readonly painter: Painter;
  private picture: DomainPicture = { ...NOTHING_SEEN, named: [] };
  private unknown: readonly string[] = [];
  private problem = '';
  private timer: NodeJS.Timeout | undefined;
  private applying: Promise<unknown> = Promise.resolve();
  /** What is in force. */
  document: DomainDocument | undefined;

  constructor(path: string, inventory: Inventory, book: TagBook, tell: (event: ResourceEvent) => void) {
    this.path = path;
    this.inventory = inventory;
    this.painter = new Painter(NAME, inventory, book, tell);
  }

  start(): void {
    this.load();
    this.timer = setInterval(() => this.show({ from_us: Date.now() * 1000, to_us: Date.now() * 1000 }), LOOK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.applying;
  }

  problems(): readonly string[] {
    return this.problem === '' ? this.unknown : [this.problem, ...this.unknown];
  }

  gauges(): Readonly<Record<string, number>> {
    return { 'domain.places': this.painter.size, 'domain.unknown_names': this.unknown.length };
  }

  /** Resolves when the document is stored and in force, or refused whole. */
  apply(text: string): Promise<Applied> {
    const result = this.applying.then(() => this.apply_one(text));
    this.applying = result.catch(() => {});
    return result;
  }

  private async apply_one(text: string): Promise<Applied> {
    const read = read_document(text);
    if (!read.ok) return read;
    const changed = JSON.stringify(read.document) !== JSON.stringify(this.document);
    if (changed) {
      await write_text(this.path, text);
      this.take(read.document, { from_us: Date.now() * 1000, to_us: Date.now() * 1000 });
    }
    return { ok: true, changed };
  }

  private load(): void {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.problem = `The additional resources ${this.path} cannot be read: ${(error as Error).message}.`;
      return;
    }
    const read = read_document(text);
    if (read.ok) this.take(read.document, SINCE_EVER);
    else
      this.problem = `The additional resources ${this.path} are not valid: ${read.problems.map(sentence).join('; ')}.`;
  }

  private take(document: DomainDocument, at: typeof SINCE_EVER): void {
    this.problem = '';
    this.document = document;
    this.picture = picture_of(document, NAME);
    this.show(at);
  }

  private show(at: typeof SINCE_EVER): void {
    if (this.document === undefined) return;
    const { places, tags, named } = this.picture;
    const resolved = resolve(named, this.inventory);
    this.painter.show({ places, tags: [...tags, ...resolved.tags] }, at);
    const more = resolved.unknown.length - NAMES_TOLD_MAX;
    this.unknown = resolved.unknown
      .slice(0, NAMES_TOLD_MAX)
      .map(
        ({ at: where, kind, name, domain }, i) =>
          `Additional resources, ${where}: no ${kind} called ${name} is known of a source called ${domain}${i === NAMES_TOLD_MAX - 1 && more > 0 ? `, and ${more} more` : ''}.`,
      );
  }
}
