// Calls in, windows of 1 s and 1 min out, by the moment a call ended. A call costs one look-up and some additions; the
// single-ended table and the minute are made from the second's sums when it is written.
import { type Card, type Message, STATUS, type Status } from '@sonde/protocols';
import { type Counters, ENCRYPTED, type Flow, PROCESSES, type Rows, type Vantage } from '../call.ts';
import { type Cell, type CellGroup, type Edge, Keys } from './keys.ts';
import { EdgeRows, NodeRows } from './metric-rows.ts';
import { type Sums, SumsPool } from './sums.ts';

/** A second is written this long after its end; what comes later is written as another part of it. */
const WRITE_AFTER_MS = 700;
/** Parts of a minute. */
const MINUTE_EVERY_MS = 2000;
const LATE_S_MAX = 10;

export interface MetricTables {
  readonly edge_1s: Rows;
  readonly edge_1m: Rows;
  readonly node_1s: Rows;
  readonly node_1m: Rows;
}

interface Slot {
  /** Value of flow.labels for which the rest holds. */
  labels: number;
  edge: Edge;
  group: CellGroup | undefined;
  cell: Cell | undefined;
}

export class Windows {
  readonly keys: Keys;
  private readonly counters: Counters;
  private readonly pool = new SumsPool();
  private readonly seconds = new Map<number, Cell[]>();
  private minute_cells: Cell[] = [];
  private minute_written_ms = 0;
  private swept_s = 0;
  private now_s = 0;
  private readonly edges: readonly [EdgeRows, EdgeRows];
  private readonly nodes: readonly [NodeRows, NodeRows];

  constructor(tables: MetricTables, endpoints_max: number, counters: Counters, vantage: Vantage = PROCESSES) {
    this.keys = new Keys(endpoints_max);
    this.counters = counters;
    this.edges = [new EdgeRows(tables.edge_1s, vantage), new EdgeRows(tables.edge_1m, vantage)];
    this.nodes = [new NodeRows(tables.node_1s, vantage), new NodeRows(tables.node_1m, vantage)];
  }

  /** Wall clock; call before the calls of a drain. */
  set_now(now_s: number): void {
    this.now_s = now_s;
  }

  call(
    flow: Flow,
    card: Card,
    request: Message | undefined,
    response: Message | undefined,
    status: Status,
    rrt_us: number,
    end_s: number,
  ): void {
    const slot = this.slot(flow);
    const l7_protocol = request?.l7_protocol ?? response?.l7_protocol ?? card.id;
    if (slot.group === undefined || slot.group.l7_protocol !== l7_protocol) {
      slot.group = this.keys.group(slot.edge, l7_protocol, l7_protocol === ENCRYPTED ? 1 : 0);
      slot.edge.main = slot.group;
    }
    const cell = this.keys.cell(slot.group, request?.endpoint ?? response?.endpoint ?? '');
    slot.cell = cell;
    const sums = this.sums(cell, end_s);
    if (request !== undefined) sums.request++;
    if (response !== undefined) sums.response++;
    if (rrt_us > 0) sums.rrt(rrt_us);
    if (status === STATUS.client_error) sums.client_error++;
    else if (status === STATUS.server_error) sums.server_error++;
    else if (status === STATUS.timeout) sums.timeout++;
    traffic(flow, sums);
  }

  /** Traffic that no call has taken: connections that nobody can read, bodies that go on after their call. */
  account(flow: Flow, end_s: number): void {
    if (flow.bytes_tx + flow.bytes_rx + flow.opened + flow.failed === 0) return;
    const slot = this.slot(flow);
    let { cell } = slot;
    if (cell === undefined) {
      const l7_protocol = flow.state === 'encrypted' ? ENCRYPTED : flow.state === 'claimed' ? flow.l7_protocol : 0;
      // A connection on which nothing was said belongs to what else is said on the edge.
      const silent = l7_protocol === 0 && flow.bytes_tx + flow.bytes_rx === 0;
      const main = silent ? slot.edge.main : undefined;
      const is_tls = l7_protocol === ENCRYPTED ? 1 : 0;
      cell = this.keys.cell(main ?? this.keys.group(slot.edge, l7_protocol, is_tls), '');
    }
    traffic(flow, this.sums(cell, end_s));
  }

  /** Writes what is due. */
  tick(now_ms: number): void {
    this.now_s = Math.floor(now_ms / 1000);
    for (const second of this.seconds.keys()) {
      if (now_ms >= (second + 1) * 1000 + WRITE_AFTER_MS) this.write_second(second);
    }
    if (now_ms - this.minute_written_ms >= MINUTE_EVERY_MS || now_ms < this.minute_written_ms) {
      this.minute_written_ms = now_ms;
      this.write_minutes();
    }
    if (this.now_s - this.swept_s >= 60 || this.now_s < this.swept_s) {
      this.swept_s = this.now_s;
      this.keys.sweep(this.now_s);
    }
  }

  /** Writes everything: the agent stops, or the wall clock was stepped. */
  flush(): void {
    for (const second of this.seconds.keys()) this.write_second(second);
    this.write_minutes();
  }

  private slot(flow: Flow): Slot {
    const known = flow.aggregate_slot as Slot | undefined;
    if (known !== undefined && known.labels === flow.labels) return known;
    const slot: Slot = { labels: flow.labels, edge: this.keys.edge(flow), group: undefined, cell: undefined };
    // Bodies that go on are told at the same endpoint, seen with new labels.
    const { cell } = known ?? {};
    if (cell !== undefined) {
      slot.group = this.keys.group(slot.edge, cell.group.l7_protocol, cell.group.is_tls);
      slot.cell = this.keys.cell(slot.group, cell.endpoint);
    }
    flow.aggregate_slot = slot;
    return slot;
  }

  private sums(cell: Cell, end_s: number): Sums {
    let second = end_s;
    if (second > this.now_s + 1) second = this.now_s;
    else if (this.now_s - second > LATE_S_MAX) {
      this.counters.add('windows_late');
      second = this.now_s;
    }
    const { open } = cell;
    for (let i = 0; i < open.length; i++) if (open[i]!.time === second) return open[i]!;
    const sums = this.pool.take(second);
    open.unshift(sums);
    cell.group.edge.used_s = second;
    const cells = this.seconds.get(second);
    if (cells === undefined) this.seconds.set(second, [cell]);
    else cells.push(cell);
    return sums;
  }

  private write_second(second: number): void {
    const cells = this.seconds.get(second)!;
    this.seconds.delete(second);
    const minute = second - (second % 60);
    const sums_of = (cell: Cell) => cell.open[cell.open.findIndex((sums) => sums.time === second)]!;
    this.write(cells, sums_of, 0);
    for (const cell of cells) {
      const sums = sums_of(cell);
      cell.open.splice(cell.open.indexOf(sums), 1);
      // Late seconds of the minute before: what is open of this one goes out first.
      if (cell.minute !== undefined && cell.minute.time !== minute) this.write_minutes();
      if (cell.minute === undefined) {
        cell.minute = this.pool.take(minute);
        this.minute_cells.push(cell);
      }
      cell.minute.merge(sums);
      this.pool.give(sums);
    }
  }

  private write_minutes(): void {
    const cells = this.minute_cells;
    this.minute_cells = [];
    // Cells of two minutes may stand side by side for a moment; a node's row is of one.
    const by_minute = new Map<number, Cell[]>();
    for (const cell of cells) {
      const { time } = cell.minute!;
      const same = by_minute.get(time);
      if (same === undefined) by_minute.set(time, [cell]);
      else same.push(cell);
    }
    for (const same of by_minute.values()) this.write(same, (cell) => cell.minute!, 1);
    for (const cell of cells) {
      this.pool.give(cell.minute!);
      cell.minute = undefined;
    }
  }

  /** One row an edge and one a node, for cells of one window. `table`: 0 = 1 s, 1 = 1 min. */
  private write(cells: readonly Cell[], sums_of: (cell: Cell) => Sums, table: 0 | 1): void {
    const merged: Cell[] = [];
    for (const cell of cells) {
      const sums = sums_of(cell);
      this.edges[table].write(cell, sums);
      if (cell.node.sums === undefined) {
        cell.node.sums = this.pool.take(sums.time);
        merged.push(cell);
      }
      cell.node.sums.merge(sums);
    }
    for (const cell of merged) {
      const sums = cell.node.sums!;
      this.nodes[table].write(cell, sums);
      cell.node.sums = undefined;
      this.pool.give(sums);
    }
  }
}

/** Moves the flow's traffic since last time into the window. */
function traffic(flow: Flow, sums: Sums): void {
  sums.byte_tx += flow.bytes_tx;
  sums.byte_rx += flow.bytes_rx;
  sums.message_tx += flow.messages_tx;
  sums.message_rx += flow.messages_rx;
  sums.new_flow += flow.opened;
  sums.tcp_establish_fail += flow.failed;
  flow.bytes_tx = flow.bytes_rx = flow.messages_tx = flow.messages_rx = flow.opened = flow.failed = 0;
}
