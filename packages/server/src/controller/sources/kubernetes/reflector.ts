// One kind of one cluster, kept equal to what the API server has: listed page by page, then watched from the list's version on; a
// watch that ends is taken up again where it stopped; where that version is gone (410) the kind is listed anew, after a pause.
import { type Api, ApiError, status_code } from './api.ts';
import { type Json, list, object, text } from './json.ts';

const PAGE_OBJECTS = 500;
/** A watch is asked to end after so long, so that one that died in silence is noticed. */
const WATCH_S = [60, 90] as const;
const SILENCE_MS = 15_000;
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 30_000;
/** A kind that may not be read, or is not served, is asked for again after so long. */
const REFUSED_MS = 300_000;
/** A watch that lived so long was a good one. */
const GOOD_MS = 5000;

export interface ReflectorHandler {
  /** All there is now; what is not in it is gone. Until the next `changed`, the reflector knows of nothing newer. */
  listed(items: readonly Json[]): void;
  changed(type: 'ADDED' | 'MODIFIED' | 'DELETED', item: Json): void;
}

type State = 'starting' | 'watching' | 'broken' | 'denied' | 'absent';

export class Reflector {
  private readonly api: Api;
  private readonly path: string;
  private readonly handler: ReflectorHandler;
  private readonly backoff_ms_min: number;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private version = '';
  private backoff_ms = 0;
  state: State = 'starting';
  /** Why it does not run, '' while it does. */
  problem = '';
  readonly counts = { lists: 0, watches: 0, changes: 0, gone: 0, errors: 0 };

  /** `path` of the kind's collection, e.g. /api/v1/pods. */
  constructor(api: Api, path: string, handler: ReflectorHandler, backoff_ms_min = BACKOFF_MS_MIN) {
    this.api = api;
    this.path = path;
    this.handler = handler;
    this.backoff_ms_min = backoff_ms_min;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        if (this.version === '') await this.list(signal);
        await this.watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.failed(error instanceof ApiError ? error : bug(error));
      }
    }
  }

  private async list(signal: AbortSignal): Promise<void> {
    const items: Json[] = [];
    let version = '';
    let next = '';
    do {
      const query = `limit=${PAGE_OBJECTS}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`;
      const page = await this.api.get(`${this.path}?${query}`, signal);
      for (const item of list(page, 'items')) items.push(object(item));
      version = text(page, 'metadata', 'resourceVersion');
      next = text(page, 'metadata', 'continue');
    } while (next !== '');
    if (version === '') throw new ApiError(0, 'the list has no resourceVersion');
    this.counts.lists++;
    this.version = version;
    this.handler.listed(items);
  }

  private async watch(signal: AbortSignal): Promise<void> {
    const seconds = WATCH_S[0] + Math.floor(Math.random() * (WATCH_S[1] - WATCH_S[0]));
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${seconds}&resourceVersion=${encodeURIComponent(this.version)}`;
    const began = Date.now();
    const opened = (): void => {
      this.counts.watches++;
      this.state = 'watching';
      this.problem = '';
    };
    try {
      await this.api.lines(`${this.path}?${query}`, signal, seconds * 1000 + SILENCE_MS, opened, (line) =>
        this.heard(line),
      );
    } finally {
      this.state = 'broken';
      if (Date.now() - began >= GOOD_MS) this.backoff_ms = 0;
    }
    // A server that ends each watch at once must not be asked without a pause.
    if (Date.now() - began < GOOD_MS) await this.pause(0);
  }

  private heard(line: string): void {
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch (error) {
      throw new ApiError(0, 'a line of the watch is no JSON', 0, { cause: error });
    }
    const type = text(event, 'type');
    const item = object(event, 'object');
    if (type === 'ERROR') {
      // What is wrong with this watch is wrong with its version, as far as is known.
      throw new ApiError(status_code(item) || 500, text(item, 'message') || 'the watch failed');
    }
    const version = text(item, 'metadata', 'resourceVersion');
    if (version !== '') this.version = version;
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') return;
    this.counts.changes++;
    this.handler.changed(type, item);
  }

  private async failed(error: ApiError): Promise<void> {
    this.problem = error.message;
    if (error.status === 410) {
      this.counts.gone++;
      this.version = '';
    } else this.counts.errors++;
    const refused = error.status === 403 ? 'denied' : error.status === 404 ? 'absent' : undefined;
    if (refused !== undefined) {
      this.state = refused;
      this.version = '';
      return this.sleep(REFUSED_MS);
    }
    this.state = 'broken';
    return this.pause(error.retry_after_ms);
  }

  /** Twice as long each time, up to a bound, a fifth of it by chance: many watches that broke together come back apart. */
  private pause(asked_ms: number): Promise<void> {
    this.backoff_ms = Math.min(BACKOFF_MS_MAX, Math.max(this.backoff_ms_min, this.backoff_ms * 2));
    return this.sleep(Math.min(BACKOFF_MS_MAX, Math.max(asked_ms, this.backoff_ms * (0.9 + Math.random() * 0.2))));
  }

  private sleep(ms: number): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** A handler must not throw; that it did is shown, and the kind goes on. */
const bug = (error: unknown): ApiError => new ApiError(0, `BUG: ${(error as Error).stack ?? String(error)}`);
