// Edges -> the graph that the map draws, after the filters. Knows nothing of drawing.
import { ENTITY_TYPE } from '@sonde/records';
import type { IconName } from '../widgets/icon.tsx';
import { type Edge, error_ratio, type Service, service_key, sum_counts, trouble_ratio } from './edges.ts';
import { card_of } from './protocols.ts';

export interface GraphNode {
  readonly id: string;
  readonly service: Service;
  readonly icon: IconName;
  /** Calls it serves, or, when it serves none, calls it makes. */
  readonly role: 'server' | 'client';
  readonly request: number;
  readonly error_ratio: number | null;
  readonly trouble: number;
  readonly opaque_only: boolean;
}
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly Edge[];
}

const TYPE_ICONS: Readonly<Record<number, IconName>> = {
  [ENTITY_TYPE.internet]: 'globe',
  [ENTITY_TYPE.pod]: 'container',
  [ENTITY_TYPE.process]: 'process',
  [ENTITY_TYPE.host]: 'host',
  [ENTITY_TYPE.container]: 'container',
  [ENTITY_TYPE.ip]: 'address',
};
const CARD_ICONS: ReadonlySet<string> = new Set(['web', 'database', 'cache', 'queue', 'name', 'rpc', 'lock']);

export function icon_of_protocol(protocol: number): IconName | undefined {
  const icon = card_of(protocol)?.icon;
  return icon !== undefined && CARD_ICONS.has(icon) ? (icon as IconName) : undefined;
}

/** What it serves says best what it is; else what kind of thing it is. */
export function icon_of(service: Service, served: readonly Edge[]): IconName {
  let best: Edge | undefined;
  for (const e of served) if (!e.opaque && (!best || e.request > best.request)) best = e;
  return (best && icon_of_protocol(best.protocol)) ?? TYPE_ICONS[service.type] ?? 'process';
}

/** What a person calls an end. An end that nobody could resolve has no name. */
export const service_name = (s: Service): string => (s.name !== '' ? s.name : 'unknown');

function node_of(service: Service, served: readonly Edge[], made: readonly Edge[]): GraphNode {
  const role = served.some((e) => !e.opaque) || made.every((e) => e.opaque) ? 'server' : 'client';
  const sum = sum_counts(role === 'server' ? served : made);
  return {
    id: service_key(service),
    service,
    icon: icon_of(service, served),
    role,
    request: sum.request,
    error_ratio: error_ratio(sum),
    trouble: trouble_ratio(sum),
    opaque_only: [...served, ...made].every((e) => e.opaque),
  };
}

export function graph_of(edges: readonly Edge[]): Graph {
  const ends = new Map<string, { service: Service; served: Edge[]; made: Edge[] }>();
  const end = (service: Service): { served: Edge[]; made: Edge[] } => {
    const key = service_key(service);
    const found = ends.get(key) ?? { service, served: [], made: [] };
    ends.set(key, found);
    return found;
  };
  for (const edge of edges) {
    end(edge.client).made.push(edge);
    end(edge.server).served.push(edge);
  }
  const nodes = [...ends.values()].map((e) => node_of(e.service, e.served, e.made));
  return { nodes: nodes.sort((a, b) => (a.id < b.id ? -1 : 1)), edges };
}

export interface GraphFilter {
  readonly protocol: number | undefined;
  readonly errors_only: boolean;
  readonly least_request_s: number;
  readonly hide_opaque: boolean;
  /** Only this service and its neighbours. */
  readonly around: Service | undefined;
}

export function filter_edges(edges: readonly Edge[], f: GraphFilter, seconds: number): Edge[] {
  const around = f.around && service_key(f.around);
  return edges.filter((e) => {
    if (f.hide_opaque && e.opaque) return false;
    if (f.protocol !== undefined && (e.opaque || e.protocol !== f.protocol)) return false;
    if (f.errors_only && trouble_ratio(e) === 0 && e.establish_fail === 0) return false;
    if (f.least_request_s > 0 && e.request / seconds < f.least_request_s) return false;
    return around === undefined || service_key(e.client) === around || service_key(e.server) === around;
  });
}

/** Ids of a service, its neighbours, and the edges between: what stays bright when it is selected. */
export function neighbourhood(graph: Graph, id: string): ReadonlySet<string> {
  const near = new Set([id]);
  for (const e of graph.edges) {
    const [client, server] = [service_key(e.client), service_key(e.server)];
    if (client !== id && server !== id) continue;
    near.add(e.id).add(client).add(server);
  }
  return near;
}
