import { type Card, card_list, type Message, MESSAGE_TYPE, STATUS } from '@sonde/protocols';
import { APPLICATION, APPLICATION_MAP, type RecordDefinition } from '@sonde/records';
import { BlockBuilder, decode_block } from '@sonde/records/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counters, type Flow, type Rows } from '../call.ts';
import { address } from '../testing/events.ts';
import { Windows } from './windows.ts';

const card = { id: 20 } as Card;

class TestRows implements Rows {
  readonly block: BlockBuilder;
  constructor(definition: RecordDefinition) {
    this.block = new BlockBuilder(definition.columns.filter((c) => c.filled_by !== 'server'));
  }
  entity(): void {}
  end_row(): void {
    this.block.end_row();
  }
  take(): Record<string, unknown>[] {
    const decoded = decode_block(this.block.take());
    if ('reason' in decoded) throw new Error(decoded.reason);
    return Array.from({ length: decoded.rows }, (_, i) =>
      Object.fromEntries(decoded.columns.map((c) => [c.name, c.values[i]])),
    );
  }
}

function setup() {
  const tables = {
    edge_1s: new TestRows(APPLICATION_MAP),
    edge_1m: new TestRows(APPLICATION_MAP),
    node_1s: new TestRows(APPLICATION),
    node_1m: new TestRows(APPLICATION),
  };
  const counters = new Counters();
  return { tables, counters, windows: new Windows(tables, 100, counters) };
}

function new_flow(is_client: boolean, entity_0 = 1, entity_1 = 2): Flow {
  return {
    transport: 6,
    family: 4,
    local: address('10.0.0.1'),
    remote: address('10.0.0.2'),
    local_port: is_client ? 40_000 : 80,
    remote_port: is_client ? 80 : 40_000,
    is_client,
    entity_0,
    entity_1,
    labels: 0,
    state: 'claimed',
    l7_protocol: 20,
    bytes_tx: 0,
    bytes_rx: 0,
    messages_tx: 0,
    messages_rx: 0,
    opened: 0,
    failed: 0,
    aggregate_slot: undefined,
  } as unknown as Flow;
}
const request = (endpoint: string): Message => ({ type: MESSAGE_TYPE.request, endpoint });
const response: Message = { type: MESSAGE_TYPE.response };
const total = (rows: Record<string, unknown>[], column: string): number =>
  rows.reduce((sum, row) => sum + Number(row[column] ?? 0), 0);

describe('windows', () => {
  it('keeps calls by their end, edges apart from nodes, seconds apart from minutes', () => {
    const { tables, windows } = setup();
    windows.set_now(1000);
    const [c, s] = [new_flow(true), new_flow(false)];
    const other = new_flow(true, 1, 3);
    windows.call(c, card, request('/users/1'), response, STATUS.ok, 100, 1000);
    windows.call(c, card, request('/users/2'), response, STATUS.server_error, 300, 1000);
    windows.call(other, card, request('/users/3'), undefined, STATUS.timeout, 0, 1000);
    windows.call(s, card, request('/users/1'), response, STATUS.ok, 90, 1001);
    windows.tick(1_000_999);
    expect(tables.edge_1s.block.rows).toBe(0);
    windows.tick(1_001_800);
    const edges = tables.edge_1s.take();
    expect(edges).toHaveLength(2);
    expect(edges[0]).toMatchObject({
      time: 1000,
      endpoint: '/users/*',
      request: 2,
      response: 2,
      rrt_sum: 400,
      rrt_max: 300,
      server_error: 1,
      observation_point: 'c-p',
    });
    expect(edges[1]).toMatchObject({ request: 1, timeout: 1, entity_id_1: 3 });
    // One node: both edges begin at the same client.
    expect(tables.node_1s.take()).toMatchObject([{ role: 0, request: 3, response: 2, entity_id: 1 }]);
    windows.tick(1_005_000);
    expect(tables.edge_1s.take()).toMatchObject([{ time: 1001, observation_point: 's-p', request: 1 }]);
    const minutes = tables.edge_1m.take();
    expect(total(minutes, 'request')).toBe(4);
    expect(new Set(minutes.map((row) => row.time))).toEqual(new Set([960]));
  });

  it('writes another part for what comes late, and moves what comes too late to now', () => {
    const { tables, windows, counters } = setup();
    const flow = new_flow(true);
    windows.set_now(1000);
    windows.call(flow, card, request('/'), response, STATUS.ok, 1, 1000);
    windows.tick(1_002_000);
    windows.call(flow, card, request('/'), response, STATUS.ok, 1, 1000);
    windows.call(flow, card, request('/'), response, STATUS.ok, 1, 980);
    windows.tick(1_010_000);
    const rows = tables.edge_1s.take();
    expect(rows.map((row) => [row.time, row.request])).toEqual([
      [1000, 1],
      [1000, 1],
      [1002, 1],
    ]);
    expect(counters.get('windows_late')).toBe(1);
  });

  it('takes traffic with calls, and alone where there are none', () => {
    const { tables, windows } = setup();
    windows.set_now(1000);
    const flow = new_flow(true);
    Object.assign(flow, { bytes_tx: 10, bytes_rx: 20, messages_tx: 1, messages_rx: 2, opened: 1 });
    windows.call(flow, card, request('/'), response, STATUS.ok, 1, 1000);
    const tls = Object.assign(new_flow(true, 1, 9), { state: 'encrypted', bytes_tx: 5, opened: 1 });
    windows.account(tls, 1000);
    windows.account(tls, 1000);
    windows.flush();
    const [first, second, ...rest] = tables.edge_1s.take();
    expect(first).toMatchObject({ byte_tx: 10, byte_rx: 20, message_rx: 2, new_flow: 1, l7_protocol: 20 });
    expect(second).toMatchObject({ byte_tx: 5, new_flow: 1, l7_protocol: 121, is_tls: 1, request: 0 });
    expect(rest).toEqual([]);
  });

  it('tells how peers agree to encrypt, and what they say then, on one edge', () => {
    const { tables, windows } = setup();
    windows.set_now(1000);
    const agrees = card_list.find((each) => each.encrypts)!;
    const read = Object.assign(new_flow(true), { l7_protocol: agrees.id, bytes_tx: 10, opened: 1 });
    windows.call(read, agrees, { type: MESSAGE_TYPE.request }, response, STATUS.server_error, 5, 1000);
    Object.assign(read, { state: 'encrypted', bytes_tx: 100, bytes_rx: 7 });
    windows.account(read, 1000);
    // Met in its middle; and one whose handshake never ended.
    windows.account(Object.assign(new_flow(true), { state: 'encrypted', bytes_tx: 1000 }), 1000);
    windows.account(Object.assign(new_flow(true), { l7_protocol: agrees.id, bytes_tx: 10_000, opened: 1 }), 1000);
    windows.flush();
    const [edge, ...rest] = tables.edge_1s.take();
    expect(edge).toMatchObject({ l7_protocol: agrees.id, is_tls: 1, endpoint: '', request: 1, server_error: 1 });
    expect(edge).toMatchObject({ byte_tx: 11_110, byte_rx: 7, new_flow: 2, rrt_count: 1 });
    expect(rest).toEqual([]);
  });

  it('loses and doubles nothing, whatever the order of ends, ticks and labels', () => {
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ flow: fc.nat(3), back: fc.nat(15), endpoint: fc.nat(5) }) },
      { weight: 2, arbitrary: fc.record({ tick_ms: fc.integer({ min: 1, max: 5000 }) }) },
      { weight: 1, arbitrary: fc.record({ relabel: fc.nat(3) }) },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const { tables, windows } = setup();
        const flows = [new_flow(true), new_flow(false), new_flow(true, 5, 6), new_flow(false, 5, 6)];
        let now_ms = 1_700_000_000_000;
        let calls = 0;
        windows.set_now(now_ms / 1000);
        for (const a of actions) {
          if ('tick_ms' in a) {
            now_ms += a.tick_ms;
            windows.tick(now_ms);
          } else if ('relabel' in a) {
            flows[a.relabel]!.entity_0++;
            flows[a.relabel]!.labels++;
          } else {
            calls++;
            const end_s = Math.floor(now_ms / 1000) - a.back;
            windows.call(flows[a.flow]!, card, request(`/e${a.endpoint}`), response, STATUS.ok, 7, end_s);
          }
        }
        windows.flush();
        for (const rows of Object.values(tables)) {
          const taken = rows.take();
          expect(total(taken, 'request')).toBe(calls);
          expect(total(taken, 'rrt_count')).toBe(calls);
        }
      }),
      { numRuns: 100 },
    );
  });
});
