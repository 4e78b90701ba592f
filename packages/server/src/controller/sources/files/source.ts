// A folder of documents (YAML, JSON) and tables (CSV). What changes there is read when it has come to rest; of a file that is broken the
// last good state stays in force, over a restart too.
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { write_text } from '../../../files.ts';
import type { Inventory, ResourceEvent, ResourceSource } from '../../../inventory.ts';
import { read_document, sentence, type Problem } from '../domain/document.ts';
import { type DomainPicture, picture_of } from '../domain/picture.ts';
import { resolve } from '../named.ts';
import { NOTHING_SEEN, Painter } from '../place.ts';
import type { TagBook } from '../tag-book.ts';
import { read_table } from './csv.ts';

const LOOK_MS = 1000;
/** Names of other sources' things are looked for anew so often. */
const RESOLVE_EVERY_LOOKS = 5;
const FILES_MAX = 1000;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const IS_TAKEN = /^[^.].*\.(ya?ml|json|csv)$/;
const NOTHING: DomainPicture = { ...NOTHING_SEEN, named: [] };

export interface FilesOptions {
  readonly name: string;
  readonly folder: string;
  /** Where the last good state of each file is kept. */
  readonly kept: string;
  readonly look_ms?: number;
}
interface Seen {
  /** Changes when the file does. */
  mark: string;
  /** The mark that was read. */
  read: string;
  picture: DomainPicture;
  problems: readonly Problem[];
}
type Read =
  | { readonly ok: true; readonly picture: DomainPicture }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export class FilesSource implements ResourceSource {
  readonly name: string;
  private readonly options: FilesOptions;
  private readonly inventory: Inventory;
  private readonly painter: Painter;
  private readonly files = new Map<string, Seen>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;
  private looks = 0;
  private folder_problem = '';
  private notes: readonly string[] = [];

  constructor(options: FilesOptions, inventory: Inventory, book: TagBook, tell: (event: ResourceEvent) => void) {
    this.name = `files/${options.name}`;
    this.options = options;
    this.inventory = inventory;
    this.painter = new Painter(this.name, inventory, book, tell);
  }

  start(): void {
    this.painter.expect(this.name, Date.now() * 1000);
    const again = (): void => {
      this.looking = this.look()
        .catch((error: Error) => {
          this.folder_problem = error.message;
        })
        .finally(() => {
          if (!this.stopped) this.timer = setTimeout(again, this.options.look_ms ?? LOOK_MS);
        });
    };
    again();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
    this.painter.clear();
  }

  problems(): readonly string[] {
    const where = `Folder ${this.options.name}`;
    const broken = [...this.files].flatMap(([file, { problems }]) =>
      problems.length === 0
        ? []
        : [`${where}: ${file} is not valid, its last good state stays: ${problems.map(sentence).join('; ')}.`],
    );
    const folder = this.folder_problem === '' ? [] : [`${where}: ${this.folder_problem}.`];
    return [...folder, ...broken, ...this.notes.map((note) => `${where}: ${note}`)];
  }

  gauges(): Readonly<Record<string, number>> {
    const broken = [...this.files.values()].filter(({ problems }) => problems.length > 0).length;
    return { 'files.files': this.files.size, 'files.broken': broken, 'files.places': this.painter.size };
  }

  private async look(): Promise<void> {
    const first = this.looks++ === 0;
    const names = await this.names();
    // A folder that cannot be read says nothing of what is in it.
    if (names === undefined) return first ? this.show(first) : undefined;
    let changed = first;
    for (const name of names) changed = (await this.look_at(name, first)) || changed;
    for (const name of this.files.keys())
      if (!names.includes(name)) {
        this.files.delete(name);
        await rm(join(this.options.kept, name), { force: true });
        changed = true;
      }
    if (changed || this.looks % RESOLVE_EVERY_LOOKS === 0) this.show(first);
  }

  private async names(): Promise<readonly string[] | undefined> {
    try {
      const all = (await readdir(this.options.folder)).filter((name) => IS_TAKEN.test(name)).sort();
      this.folder_problem = all.length > FILES_MAX ? `only the first ${FILES_MAX} of ${all.length} files are read` : '';
      return all.slice(0, FILES_MAX);
    } catch (error) {
      this.folder_problem = `${this.options.folder} cannot be read: ${(error as Error).message}`;
      return undefined;
    }
  }

  /** Whether what the file says is another than before. */
  private async look_at(name: string, first: boolean): Promise<boolean> {
    const path = join(this.options.folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return false;
    const mark = `${found.ino} ${found.size} ${found.mtimeMs}`;
    const seen = this.files.get(name) ?? { mark: '', read: '', picture: NOTHING, problems: [] };
    this.files.set(name, seen);
    // A file that is being written changes from look to look.
    const rests = seen.mark === mark || first;
    seen.mark = mark;
    if (!rests || seen.read === mark) return false;
    seen.read = mark;
    if (found.size > FILE_BYTES_MAX)
      return this.refuse(name, seen, [{ path: '', line: 0, problem: 'is larger than 16 MiB' }]);
    const text = await readFile(path, 'utf8').catch((error: Error) => error);
    if (text instanceof Error) return this.refuse(name, seen, [{ path: '', line: 0, problem: text.message }]);
    const read = this.read(name, text);
    if (!read.ok) return this.refuse(name, seen, read.problems);
    seen.problems = [];
    seen.picture = read.picture;
    await this.keep(name, text);
    return true;
  }

  private async refuse(name: string, seen: Seen, problems: readonly Problem[]): Promise<boolean> {
    seen.problems = problems;
    if (seen.picture !== NOTHING) return false;
    const text = await readFile(join(this.options.kept, name), 'utf8').catch(() => undefined);
    const read = text === undefined ? undefined : this.read(name, text);
    if (read?.ok !== true) return false;
    seen.picture = read.picture;
    return true;
  }

  private read(name: string, text: string): Read {
    if (name.endsWith('.csv')) {
      const table = read_table(text, this.name);
      return table.ok ? { ok: true, picture: table } : table;
    }
    const read = read_document(text);
    return read.ok ? { ok: true, picture: picture_of(read.document, this.name) } : read;
  }

  private async keep(name: string, text: string): Promise<void> {
    await mkdir(this.options.kept, { recursive: true, mode: 0o700 });
    await write_text(join(this.options.kept, name), text);
  }

  private show(first: boolean): void {
    const now_us = Date.now() * 1000;
    const notes: string[] = [];
    const places = new Map<string, { readonly file: string; readonly place: DomainPicture['places'][number] }>();
    for (const [file, { picture }] of this.files)
      for (const place of picture.places) {
        const key = `${place.scope} ${place.uid}`;
        const before = places.get(key)?.file;
        if (before === undefined) places.set(key, { file, place });
        else if (notes.length < 3)
          notes.push(`${file}: ${place.title ?? place.uid} is in ${before} already, which counts.`);
      }
    const pictures = [...this.files].map(([file, { picture }]) => ({ file, picture }));
    const named = pictures.flatMap(({ file, picture }) =>
      picture.named.map((one) => ({ ...one, at: `${file}, ${one.at}` })),
    );
    const resolved = resolve(named, this.inventory);
    for (const { at, kind, name, domain } of resolved.unknown.slice(0, 3))
      notes.push(`${at}: no ${kind} called ${name} is known of a source called ${domain}.`);
    this.notes = notes;
    const tags = [...pictures.flatMap(({ picture }) => picture.tags), ...resolved.tags];
    const at = first ? { from_us: 0, to_us: 0 } : { from_us: now_us, to_us: now_us };
    this.painter.show({ places: [...places.values()].map(({ place }) => place), tags }, at);
  }
}
