// A server that keeps what it is sent: real HTTP, real frames, real blocks; no store. For tests and benches.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AgentSettings,
  type BatchHeader,
  DEFAULT_SETTINGS,
  dedup_token,
  type Entity,
  type SyncRequest,
} from '@sonde/records';
import { decode_block, decode_frame } from '@sonde/records/codec';

export type Row = Record<string, unknown>;

export interface Batch {
  readonly header: BatchHeader;
  readonly rows: Row[];
}

export class Sink {
  readonly batches: Batch[] = [];
  readonly tokens = new Set<string>();
  readonly syncs: SyncRequest[] = [];
  /** Batches that came again. */
  repeated = 0;
  settings: AgentSettings = { ...DEFAULT_SETTINGS, throttle_rows_s: 1_000_000 };
  settings_version = '1';
  /** Status of the answers to come; the batch is kept only with 200. */
  status = 200;
  /** False: bytes are counted, blocks are not looked at. */
  decode = true;
  problems: string[] = [];
  private server: Server | undefined;
  private readonly by_table = new Map<string, Row[]>();

  async start(port = 0): Promise<number> {
    this.server = createServer((request, response) => void this.serve(request, response));
    await new Promise<void>((resolve) => this.server!.listen(port, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  }

  /** Rows of a table so far; entity ids replaced by their definitions under entity, entity_0, entity_1. */
  rows(table: string, interval_s = 0): Row[] {
    return this.by_table.get(`${table} ${interval_s}`) ?? [];
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (request.url === '/api/v1/agents/sync') {
      this.syncs.push(JSON.parse(body.toString()) as SyncRequest);
      const { settings, settings_version } = this;
      response.end(JSON.stringify({ agent_id: 7, settings, settings_version }));
      return;
    }
    if (this.status === 200 && request.url === '/api/v1/ingest') await this.take(body);
    response.statusCode = this.status;
    response.end('{}');
  }

  private async take(body: Buffer): Promise<void> {
    const result = await decode_frame(body);
    if (!result.ok) {
      this.problems.push(result.problem.message);
      return;
    }
    const { header, block } = result.frame;
    const token = dedup_token(header);
    if (this.tokens.has(token)) {
      this.repeated++;
      return;
    }
    this.tokens.add(token);
    const rows = this.decode ? this.rows_of(block) : [];
    this.batches.push({ header, rows });
    const entities = new Map<unknown, Entity>(header.entities.map((e) => [e.local, e.entity]));
    for (const row of rows) {
      for (const end of ['', '_0', '_1']) {
        if (`entity_id${end}` in row) row[`entity${end}`] = entities.get(row[`entity_id${end}`]);
      }
    }
    const key = `${header.table} ${header.interval_s}`;
    const kept = this.by_table.get(key);
    if (kept === undefined) this.by_table.set(key, rows);
    else for (const row of rows) kept.push(row);
  }

  private rows_of(bytes: Uint8Array): Row[] {
    const decoded = decode_block(bytes);
    if ('reason' in decoded) {
      this.problems.push(decoded.reason);
      return [];
    }
    const rows: Row[] = Array.from({ length: decoded.rows }, () => ({}));
    for (const { name, values } of decoded.columns) {
      for (let i = 0; i < rows.length; i++) rows[i]![name] = values[i];
    }
    return rows;
  }
}

/** Sum of a column over rows that a test picks. */
export function sum(rows: readonly Row[], column: string, where: (row: Row) => boolean = () => true): number {
  return rows.filter(where).reduce((total, row) => total + Number(row[column] ?? 0), 0);
}
