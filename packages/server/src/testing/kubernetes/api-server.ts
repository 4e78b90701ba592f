// An API server of a cluster that does not exist, over HTTPS, as the Kubernetes API concepts describe it: lists in pages that show
// one version of the collection, watches as chunked streams of JSON lines from any remembered version on, bookmarks, 410 for what is
// forgotten, 401 and 403 as Status objects, and enough of discovery that kubectl works against it.
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Certificates, make_certificates } from './certificates.ts';
import { discovery } from './discovery.ts';

export interface FakeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}
type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';
interface Change {
  readonly version: number;
  readonly line: string;
}
interface Watcher {
  readonly response: ServerResponse;
  readonly path: string;
  readonly bookmarks: boolean;
  readonly end: () => void;
}

const HISTORY_MAX = 20_000;
const SNAPSHOTS_MAX = 32;

export class FakeApiServer {
  readonly token = 'fake-token-0123456789';
  readonly certificates: Certificates;
  /** Collections answered with 403. */
  readonly denied = new Set<string>();
  bookmark_ms = 1000;
  /** A watch from a forgotten version is refused by status 410; otherwise by an ERROR event in the stream. Both are seen in the wild. */
  gone_by_status = true;
  readonly counts = { lists: 0, pages: 0, watches: 0, gone: 0, bookmarks: 0, events: 0 };
  private readonly server: Server;
  private readonly collections = new Map<string, Map<string, string>>();
  private readonly history = new Map<string, Change[]>();
  private readonly forgotten = new Map<string, number>();
  private readonly snapshots = new Map<string, { readonly version: number; readonly items: readonly string[] }>();
  private readonly watchers = new Set<Watcher>();
  private readonly timer: NodeJS.Timeout;
  private version = 1000;
  private serial = 0;

  constructor() {
    this.certificates = make_certificates();
    const { ca, cert, key } = this.certificates;
    // A client may show a certificate instead of a token.
    this.server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) =>
      this.answer(request, response),
    );
    this.timer = setInterval(() => this.bookmark(), 100);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.cut_watches();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Adds or changes an object; tells those who watch. */
  put(path: string, object: FakeObject): void {
    const items = this.items(path);
    const key = key_of(object);
    const type = items.has(key) ? 'MODIFIED' : 'ADDED';
    items.set(key, this.publish(path, type, object));
  }

  remove(path: string, object: FakeObject): void {
    if (this.items(path).delete(key_of(object))) this.publish(path, 'DELETED', object);
  }

  /** Breaks every watch, as a restart of the API server does; `forget` makes their versions too old. */
  cut_watches(forget = false): void {
    for (const { response } of this.watchers) response.destroy();
    if (!forget) return;
    for (const path of this.history.keys()) {
      this.history.set(path, []);
      this.forgotten.set(path, ++this.version);
    }
    this.snapshots.clear();
  }

  /** When the last page of a list was given, by path. */
  readonly listed_ms = new Map<string, number>();

  get size(): number {
    return [...this.collections.values()].reduce((sum, items) => sum + items.size, 0);
  }

  private items(path: string): Map<string, string> {
    let items = this.collections.get(path);
    if (items === undefined) {
      items = new Map();
      this.collections.set(path, items);
    }
    return items;
  }

  private publish(path: string, type: EventType, object: FakeObject): string {
    const version = ++this.version;
    const text = JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    const line = `{"type":"${type}","object":${text}}\n`;
    let history = this.history.get(path) ?? [];
    history.push({ version, line });
    if (history.length > HISTORY_MAX * 2) {
      this.forgotten.set(path, history[HISTORY_MAX - 1]!.version);
      history = history.slice(HISTORY_MAX);
    }
    this.history.set(path, history);
    for (const watcher of this.watchers) if (watcher.path === path) watcher.response.write(line);
    this.counts.events++;
    return text;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://fake');
    const path = url.pathname.replace(/\/namespaces\/([^/]+)\/(?=[a-z])/, '/');
    const found = discovery(url.pathname);
    const resource = path.split('/').at(-1);
    const watch = url.searchParams.get('watch');
    const socket = request.socket as unknown as { authorized?: boolean };
    if (request.headers.authorization !== `Bearer ${this.token}` && socket.authorized !== true)
      status(response, 401, 'Unauthorized', 'Unauthorized');
    else if (found !== undefined) json(response, 200, JSON.stringify(found));
    else if (!/^\/(api\/v1|apis\/[a-z.0-9]+\/v1)\/[a-z]+$/.test(path)) status(response, 404, 'NotFound', 'not found');
    else if (this.denied.has(path))
      status(response, 403, 'Forbidden', `${resource} is forbidden: User "sonde" cannot list resource "${resource}"`);
    else if (watch === '1' || watch === 'true') this.watch(path, url.searchParams, response);
    else this.list(path, url.searchParams, response);
  }

  private list(path: string, query: URLSearchParams, response: ServerResponse): void {
    const limit = Number(query.get('limit') ?? 0);
    const token = query.get('continue') ?? '';
    const snapshot =
      token === '' ? { version: this.version, items: [...this.items(path).values()] } : this.snapshots.get(token);
    if (snapshot === undefined) {
      status(
        response,
        410,
        'Expired',
        'The provided continue parameter is too old to display a consistent list result.',
      );
      return;
    }
    this.counts.pages++;
    if (token === '') this.counts.lists++;
    this.snapshots.delete(token);
    const page = limit > 0 ? snapshot.items.slice(0, limit) : snapshot.items;
    const rest = snapshot.items.slice(page.length);
    const metadata: Record<string, unknown> = { resourceVersion: String(snapshot.version) };
    if (rest.length === 0) this.listed_ms.set(path, Date.now());
    else {
      metadata.continue = `page-${++this.serial}`;
      metadata.remainingItemCount = rest.length;
      if (this.snapshots.size >= SNAPSHOTS_MAX) this.snapshots.clear();
      this.snapshots.set(metadata.continue as string, { version: snapshot.version, items: rest });
    }
    json(
      response,
      200,
      `{"kind":"List","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[${page.join(',')}]}`,
    );
  }

  private watch(path: string, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion') ?? 0);
    this.counts.watches++;
    if (from < (this.forgotten.get(path) ?? 0)) {
      this.counts.gone++;
      const text = `too old resource version: ${from}`;
      if (this.gone_by_status) {
        status(response, 410, 'Expired', text);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"type":"ERROR","object":${status_text(410, 'Expired', text)}}\n`);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    // No version at all: what is there comes first.
    if (from === 0) for (const text of this.items(path).values()) response.write(`{"type":"ADDED","object":${text}}\n`);
    else for (const change of this.history.get(path) ?? []) if (change.version > from) response.write(change.line);
    const timeout_s = Number(query.get('timeoutSeconds') ?? 1800);
    // Nothing is written to it from then on.
    const timer = setTimeout(() => {
      this.watchers.delete(watcher);
      response.end();
    }, timeout_s * 1000);
    const watcher: Watcher = {
      response,
      path,
      bookmarks: query.get('allowWatchBookmarks') === 'true',
      end: () => clearTimeout(timer),
    };
    this.watchers.add(watcher);
    response.on('close', () => {
      watcher.end();
      this.watchers.delete(watcher);
    });
  }

  private bookmarked_ms = 0;
  private bookmark(): void {
    if (Date.now() - this.bookmarked_ms < this.bookmark_ms) return;
    this.bookmarked_ms = Date.now();
    const line = `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"${this.version}"}}}\n`;
    for (const { response, bookmarks } of this.watchers) {
      if (!bookmarks) continue;
      this.counts.bookmarks++;
      response.write(line);
    }
  }
}

const key_of = ({ metadata }: FakeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

const status_text = (code: number, reason: string, message: string): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });
function status(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, code, status_text(code, reason, message));
}
function json(response: ServerResponse, code: number, body: string): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(body);
}
