// Where nodes and edges go. Layers by the layout engine in a worker, which is loaded with the first map; past what that
// can do in time, a plain grid. Sizes are fixed, so that changing numbers never move anything.
import type { ELK, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import { service_key } from '../../model/edges.ts';
import type { Graph } from '../../model/graph.ts';

export const NODE = { width: 196, height: 58 } as const;
/** Two lines an edge, or one where that makes the map larger. */
export const LABELS = { full: { width: 166, height: 40 }, compact: { width: 184, height: 22 } } as const;
export type LabelKind = keyof typeof LABELS;
type Direction = 'RIGHT' | 'DOWN';
/** A way to arrange a map; deep maps are best laid out downwards, bushy ones with short labels. */
interface Manner {
  readonly direction: Direction;
  readonly labels: LabelKind;
}
const MANNERS: readonly Manner[] = [
  { direction: 'RIGHT', labels: 'full' },
  { direction: 'RIGHT', labels: 'compact' },
  { direction: 'DOWN', labels: 'full' },
];
/** Up to here all manners are tried and the one that can be shown largest is taken. */
const TRY_ALL_NODES_MAX = 80;
/** What a manner must gain over one before it in the list to be taken instead. */
const GAIN_MIN = 1.12;
const CANVAS_ASPECT = 1.85;
/** Measured: 200 nodes and 400 edges take the engine 2.9 s. */
export const LAYERED_NODES_MAX = 200;

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Placed {
  readonly kind: 'layers' | 'grid';
  readonly manner: Manner;
  readonly nodes: ReadonlyMap<string, Point>;
  /** Bends from end to end, and the centre of the label; missing on the grid. */
  readonly edges: ReadonlyMap<string, { readonly bends: readonly Point[]; readonly label: Point }>;
}

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'SPLINES',
  'elk.randomSeed': '1',
  'elk.layered.considerModelOrder.strategy': 'PREFER_EDGES',
  'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
  'elk.layered.crossingMinimization.semiInteractive': 'true',
  'elk.layered.spacing.nodeNodeBetweenLayers': '28',
  'elk.layered.spacing.edgeNodeBetweenLayers': '16',
  'elk.spacing.nodeNode': '34',
  'elk.spacing.edgeNode': '26',
  'elk.spacing.edgeEdge': '18',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.componentComponent': '70',
  'elk.separateConnectedComponents': 'true',
  'elk.aspectRatio': '1.7',
} as const;

let engine: Promise<ELK> | undefined;
const load_engine = (): Promise<ELK> => {
  engine ??= import('elkjs/lib/elk-api.js').then(({ default: Elk }) => new Elk({ workerUrl: './elk-worker.min.js' }));
  return engine;
};

/** Nodes that were placed before keep their order from top to bottom. */
const to_elk = (graph: Graph, { direction, labels }: Manner, before: Placed | undefined): ElkNode => ({
  id: 'root',
  layoutOptions: { ...OPTIONS, 'elk.direction': direction },
  children: graph.nodes.map((n) => {
    const old = before?.kind === 'layers' ? before.nodes.get(n.id) : undefined;
    return { id: n.id, ...NODE, ...(old ? { layoutOptions: { 'elk.position': `(${old.x}, ${old.y})` } } : {}) };
  }),
  edges: graph.edges.map((e) => ({
    id: e.id,
    sources: [service_key(e.client)],
    targets: [service_key(e.server)],
    labels: [
      {
        id: `${e.id}#`,
        text: ' ',
        ...LABELS[labels],
        layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' },
      },
    ],
  })),
});

function placed_edge(
  edge: ElkExtendedEdge,
  size: { width: number; height: number },
  by: Point,
): { bends: Point[]; label: Point } | undefined {
  const section = edge.sections?.[0];
  const label = edge.labels?.[0];
  if (!section || !label) return undefined;
  return {
    bends: [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map((p) => moved(p, by)),
    label: moved({ x: (label.x ?? 0) + size.width / 2, y: (label.y ?? 0) + size.height / 2 }, by),
  };
}

const moved = (p: Point, by: Point): Point => ({ x: p.x + by.x, y: p.y + by.y });
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** How far to move a new arrangement so that what was there before moves least. */
export function drift(before: ReadonlyMap<string, Point>, after: ReadonlyMap<string, Point>): Point {
  const pairs = [...after].flatMap(([id, to]) => {
    const from = before.get(id);
    return from ? [{ x: from.x - to.x, y: from.y - to.y }] : [];
  });
  return { x: median(pairs.map((p) => p.x)), y: median(pairs.map((p) => p.y)) };
}

const scale_of = (root: ElkNode): number => 1 / Math.max((root.width ?? 1) / CANVAS_ASPECT, root.height ?? 1);

function choose<T extends { readonly root: ElkNode }>(tried: readonly T[]): T | undefined {
  return tried.reduce<T | undefined>(
    (best, next) => (best && scale_of(next.root) < scale_of(best.root) * GAIN_MIN ? best : next),
    undefined,
  );
}

/** An arrangement that follows another keeps its manner. */
function manners_for(graph: Graph, before: Placed | undefined): readonly Manner[] {
  if (before?.kind === 'layers') return [before.manner];
  return graph.nodes.length <= TRY_ALL_NODES_MAX ? MANNERS : MANNERS.slice(1, 2);
}

async function layers(graph: Graph, before: Placed | undefined): Promise<Placed> {
  const elk = await load_engine();
  const tried: { manner: Manner; root: ElkNode }[] = [];
  for (const manner of manners_for(graph, before))
    tried.push({ manner, root: await elk.layout(to_elk(graph, manner, before)) });
  const chosen = choose(tried);
  if (!chosen) return grid(graph);
  const { manner, root } = chosen;
  const nodes = new Map((root.children ?? []).map((n) => [n.id, { x: n.x ?? 0, y: n.y ?? 0 }]));
  const by = before?.kind === 'layers' ? drift(before.nodes, nodes) : { x: 0, y: 0 };
  const edges = new Map<string, { bends: Point[]; label: Point }>();
  for (const edge of root.edges ?? []) {
    const placed = placed_edge(edge, LABELS[manner.labels], by);
    if (placed) edges.set(edge.id, placed);
  }
  return { kind: 'layers', manner, nodes: new Map([...nodes].map(([id, p]) => [id, moved(p, by)])), edges };
}

/** Busiest first, row by row. */
export function grid(graph: Graph): Placed {
  const columns = Math.ceil(Math.sqrt(graph.nodes.length * 0.6)) || 1;
  const busiest = [...graph.nodes].sort((a, b) => b.request - a.request || (a.id < b.id ? -1 : 1));
  const at = (i: number): Point => ({
    x: (i % columns) * (NODE.width + 60),
    y: Math.floor(i / columns) * (NODE.height + 50),
  });
  const manner: Manner = { direction: 'RIGHT', labels: 'compact' };
  return { kind: 'grid', manner, nodes: new Map(busiest.map((n, i) => [n.id, at(i)])), edges: new Map() };
}

export const place = (graph: Graph, before?: Placed): Promise<Placed> =>
  graph.nodes.length > LAYERED_NODES_MAX ? Promise.resolve(grid(graph)) : layers(graph, before);

/** Whether everything of the graph has its place already; then nothing needs to move. */
export const covers = (placed: Placed, graph: Graph): boolean =>
  graph.nodes.every((n) => placed.nodes.has(n.id)) &&
  (placed.kind === 'grid' || graph.edges.every((e) => placed.edges.has(e.id)));

const fixed = (p: Point): string => `${p.x.toFixed(1)},${p.y.toFixed(1)}`;

/** The engine's splines: the points after the first are triples of a cubic curve; what does not fit is a line. */
export function path_of(bends: readonly Point[]): string {
  const [first, ...rest] = bends;
  if (!first) return '';
  let path = `M${fixed(first)}`;
  let i = 0;
  for (; i + 2 < rest.length; i += 3) {
    const [a, b, c] = rest.slice(i, i + 3);
    if (a && b && c) path += `C${fixed(a)} ${fixed(b)} ${fixed(c)}`;
  }
  for (; i < rest.length; i++) {
    const point = rest[i];
    if (point) path += `L${fixed(point)}`;
  }
  return path;
}
