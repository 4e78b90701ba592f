// The URL's selection as the subject of a detail.
import type { Subject } from '../model/queries.ts';
import type { PageState } from '../state/url.ts';
import { service_name } from '../model/graph.ts';
import { protocol_name } from '../model/protocols.ts';

export function subject_of(state: PageState, side: 'served' | 'made' = 'served'): Subject {
  const { node, edge } = state.selection;
  const endpoint = state.endpoint === undefined ? {} : { endpoint: state.endpoint };
  if (edge) return { ...edge, ...endpoint };
  if (node) return side === 'served' ? { server: node, ...endpoint } : { client: node, ...endpoint };
  return endpoint;
}

export function subject_title(state: PageState): string {
  const { node, edge } = state.selection;
  const name = edge
    ? `${service_name(edge.client)} → ${service_name(edge.server)} (${protocol_name(edge.protocol)})`
    : node
      ? service_name(node)
      : 'All requests';
  return state.endpoint === undefined ? name : `${name} · ${state.endpoint || '(no endpoint)'}`;
}
