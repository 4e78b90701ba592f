import { expect, it } from 'vitest';
import { merge_edges } from '../../model/edges.ts';
import { graph_of } from '../../model/graph.ts';
import { covers, drift, grid, NODE, path_of } from './layout.ts';

const star = (n: number) =>
  graph_of(
    merge_edges(
      Array.from({ length: n }, (_, i) => ({
        client: { name: 'hub', type: 120 },
        server: { name: `leaf ${i}`, type: 120 },
        protocol: 20,
        is_tls: false,
        point: 's-p',
        request: i + 1,
        response: i + 1,
        client_error: 0,
        server_error: 0,
        timeout: 0,
        byte: 0,
        new_flow: 0,
        establish_fail: 0,
        p50: 1,
        p95: 1,
        p99: 1,
      })),
    ),
  );

it('puts many services on a grid without overlap, the busiest first', () => {
  const graph = star(300);
  const placed = grid(graph);
  const spots = [...placed.nodes.values()];
  expect(placed.nodes.get('120/hub') ?? placed.nodes.get('120/leaf 299')).toMatchObject({ y: 0 });
  for (let i = 1; i < spots.length; i++) {
    const [a, b] = [spots[i - 1]!, spots[i]!];
    expect(Math.abs(a.x - b.x) >= NODE.width || Math.abs(a.y - b.y) >= NODE.height).toBe(true);
  }
  expect(covers(placed, graph)).toBe(true);
});

it('stands while everything shown has a place, and not when something is new', () => {
  const placed = grid(star(5));
  expect(covers(placed, star(3))).toBe(true);
  expect(covers(placed, star(6))).toBe(false);
});

it('moves a new arrangement to where the old one was', () => {
  const before = new Map([
    ['a', { x: 0, y: 0 }],
    ['b', { x: 10, y: 50 }],
    ['gone', { x: 9, y: 9 }],
  ]);
  const after = new Map([
    ['a', { x: 100, y: 20 }],
    ['b', { x: 110, y: 70 }],
    ['new', { x: 0, y: 0 }],
  ]);
  expect(drift(before, after)).toEqual({ x: -100, y: -20 });
  expect(drift(new Map(), after)).toEqual({ x: 0, y: 0 });
});

it('draws splines as curves and whatever is left as lines', () => {
  const at = (x: number, y: number) => ({ x, y });
  expect(path_of([])).toBe('');
  expect(path_of([at(0, 0), at(1, 1)])).toBe('M0.0,0.0L1.0,1.0');
  expect(path_of([at(0, 0), at(1, 1), at(2, 2), at(3, 3)])).toBe('M0.0,0.0C1.0,1.0 2.0,2.0 3.0,3.0');
});
