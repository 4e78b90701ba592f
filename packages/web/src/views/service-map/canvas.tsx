// The graph on its canvas: pan, zoom, fit, select.
import {
  Background,
  BackgroundVariant,
  Controls,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { type Edge, service_key } from '../../model/edges.ts';
import { type Graph, type GraphNode, neighbourhood, service_name } from '../../model/graph.ts';
import { useKeys } from '../../state/keyboard.ts';
import type { Selection } from '../../state/url.ts';
import { type CallEdge, CallEdgeView } from './edge.tsx';
import { NODE } from './layout.ts';
import { type ServiceNode, ServiceNodeView } from './node.tsx';
import type { Layout } from './use-layout.ts';

interface Props {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly seconds: number;
  readonly selection: Selection;
  readonly search: string;
  readonly onSelect: (selection: Selection) => void;
}

const NODE_TYPES = { service: ServiceNodeView };
const EDGE_TYPES = { call: CallEdgeView };
const FIT = { padding: 0.1, maxZoom: 1.15, minZoom: 0.2 };
const MINIMAP_NODES = 30;

const is_edge = (s: Selection, e: Edge): boolean =>
  s.edge !== undefined &&
  service_key(s.edge.client) === service_key(e.client) &&
  service_key(s.edge.server) === service_key(e.server) &&
  s.edge.protocol === e.protocol &&
  s.edge.is_tls === e.is_tls;

/** Ids that stay bright; undefined = all do. */
function bright(p: Pick<Props, 'graph' | 'selection' | 'search'>): ReadonlySet<string> | undefined {
  if (p.selection.node) return neighbourhood(p.graph, service_key(p.selection.node));
  const edge = p.graph.edges.find((e) => is_edge(p.selection, e));
  if (edge) return new Set([edge.id, service_key(edge.client), service_key(edge.server)]);
  if (p.search === '') return undefined;
  const found = p.graph.nodes.filter((n) => matches(n, p.search));
  return new Set(found.flatMap((n) => [...neighbourhood(p.graph, n.id)]));
}
const matches = (n: GraphNode, search: string): boolean =>
  search !== '' && service_name(n.service).toLowerCase().includes(search.toLowerCase());

function nodes_of(p: Props, lit: ReadonlySet<string> | undefined): ServiceNode[] {
  const selected = p.selection.node && service_key(p.selection.node);
  return p.graph.nodes.flatMap((node): ServiceNode[] => {
    const position = p.layout.placed?.nodes.get(node.id);
    if (!position) return [];
    const data = {
      node,
      seconds: p.seconds,
      faded: lit !== undefined && !lit.has(node.id),
      selected: node.id === selected,
      matched: matches(node, p.search),
    };
    return [{ id: node.id, type: 'service', position: { ...position }, ...NODE, data, focusable: true }];
  });
}

function edges_of(p: Props, lit: ReadonlySet<string> | undefined, onOpen: (edge: Edge) => void): CallEdge[] {
  const placed = p.layout.placed;
  if (!placed) return [];
  return p.graph.edges
    .filter((edge) => placed.nodes.has(service_key(edge.client)) && placed.nodes.has(service_key(edge.server)))
    .map((edge): CallEdge => {
      const data = {
        edge,
        seconds: p.seconds,
        faded: lit !== undefined && !lit.has(edge.id),
        selected: is_edge(p.selection, edge),
        labels: placed.manner.labels,
        route: placed.edges.get(edge.id),
        onOpen,
      };
      return { id: edge.id, type: 'call', source: service_key(edge.client), target: service_key(edge.server), data };
    });
}

const Arrows = () => (
  <svg className="arrows" aria-hidden="true">
    <defs>
      {['good', 'warn', 'bad'].map((tone) => (
        <marker
          key={tone}
          id={`arrow-${tone}`}
          className={tone}
          viewBox="0 0 10 10"
          refX="8"
          refY="5"
          markerWidth="11"
          markerHeight="11"
          markerUnits="userSpaceOnUse"
          orient="auto-start-reverse"
        >
          <path d="M1 1 9 5 1 9z" />
        </marker>
      ))}
    </defs>
  </svg>
);

/** Pixels between what is selected and the canvas' border. */
const MARGIN = 110;

/** Moves the view when what was selected lies outside of it, for instance because the panel now covers that side. */
function useShown(selection: Selection, layout: Layout): void {
  const flow = useReactFlow();
  const width = useStore((s) => s.width);
  const height = useStore((s) => s.height);
  const service = selection.node ?? selection.edge?.server;
  const at = service && layout.placed?.nodes.get(service_key(service));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a view that the person moves afterwards stays where it is
  useEffect(() => {
    if (!at || width === 0) return;
    const { x, y, zoom } = flow.getViewport();
    const screen = { x: (at.x + NODE.width / 2) * zoom + x, y: (at.y + NODE.height / 2) * zoom + y };
    const beyond = (v: number, size: number): number => Math.min(v - MARGIN, 0) + Math.max(v - (size - MARGIN), 0);
    const [dx, dy] = [beyond(screen.x, width), beyond(screen.y, height)];
    if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x - dx, y: y - dy, zoom }, { duration: 200 });
  }, [service && service_key(service), width, height]);
}

function Flow(p: Props) {
  const flow = useReactFlow();
  const { onSelect, layout } = p;
  const open_edge = useCallback(
    (e: Edge) => onSelect({ edge: { client: e.client, server: e.server, protocol: e.protocol, is_tls: e.is_tls } }),
    [onSelect],
  );
  const lit = useMemo(() => bright(p), [p]);
  const nodes = useMemo(() => nodes_of(p, lit), [p, lit]);
  const edges = useMemo(() => edges_of(p, lit, open_edge), [p, lit, open_edge]);
  const fit = useCallback(() => void flow.fitView({ ...FIT, duration: 200 }), [flow]);
  useKeys({ f: fit });

  const fitted = useRef(0);
  useEffect(() => {
    if (layout.version === fitted.current) return;
    // The first arrangement fits itself into view; later ones leave the view where the person put it.
    const first = fitted.current === 0;
    fitted.current = layout.version;
    if (first) requestAnimationFrame(() => void flow.fitView(FIT));
  }, [layout.version, flow]);

  useShown(p.selection, layout);

  return (
    <ReactFlow<ServiceNode, CallEdge>
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      onNodeClick={(_e, n) => onSelect({ node: n.data.node.service })}
      onEdgeClick={(_e, e) => e.data && open_edge(e.data.edge)}
      onPaneClick={() => onSelect({})}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      deleteKeyCode={null}
      selectionKeyCode={null}
      minZoom={0.1}
      maxZoom={2}
    >
      <Arrows />
      <Background variant={BackgroundVariant.Dots} gap={22} size={1} color="var(--dots)" />
      <Controls showInteractive={false} fitViewOptions={FIT} />
      {nodes.length > MINIMAP_NODES && (
        <MiniMap pannable zoomable nodeColor="var(--line-strong)" maskColor="var(--mask)" />
      )}
    </ReactFlow>
  );
}

export const Canvas = (p: Props) => (
  <ReactFlowProvider>
    <Flow {...p} />
  </ReactFlowProvider>
);
