// What metrics are kept by: an edge (both ends as seen from one), on it a cell a protocol and endpoint, and for the
// single-ended table a node a cell.
import type { Flow } from '../call.ts';
import { EndpointCap, template } from './endpoint.ts';
import type { Sums } from './sums.ts';

export interface Edge {
  readonly key: string;
  readonly entity_0: number;
  readonly entity_1: number;
  readonly family: number;
  readonly transport: number;
  readonly ip_0: Uint8Array;
  readonly ip_1: Uint8Array;
  readonly server_port: number;
  /** Seen at its client end (c-p), else at its server end (s-p). */
  readonly is_client: boolean;
  /** By protocol and encryption. */
  readonly groups: Map<number, CellGroup>;
  /** Of the protocol that was last spoken on it. */
  main: CellGroup | undefined;
  /** Window, in seconds, that last used it. */
  used_s: number;
}

/** The cells of one protocol on one edge. */
export interface CellGroup {
  readonly edge: Edge;
  readonly l7_protocol: number;
  readonly is_tls: number;
  readonly cap: EndpointCap;
  /** By endpoint as it came; several of them share a cell. */
  readonly by_endpoint: Map<string, Cell>;
  readonly by_template: Map<string, Cell>;
}

export interface Cell {
  readonly group: CellGroup;
  readonly endpoint: string;
  readonly node: Node;
  /** Open 1 s windows, the one used last first. */
  readonly open: Sums[];
  minute: Sums | undefined;
}

/** A row of the single-ended table; merges all cells that differ in the far end only. */
export interface Node {
  /** Filled only while a window is being written. */
  sums: Sums | undefined;
}

const EDGES_MAX = 32_768;
const NODES_MAX = 65_536;
/** Raw endpoints remembered a group; forgotten together when more come. */
const ENDPOINTS_CACHED = 2048;
const IDLE_S = 600;
const NO_ADDRESS = new Uint8Array(16);

export class Keys {
  private readonly edges = new Map<string, Edge>();
  private readonly caps = new Map<string, EndpointCap>();
  private readonly nodes = new Map<string, Node>();
  endpoints_max: number;
  /** Flows whose edge found no place and went to the edge without ends. */
  overflowed = 0;

  constructor(endpoints_max: number) {
    this.endpoints_max = endpoints_max;
  }

  get size(): number {
    return this.edges.size;
  }

  edge(flow: Flow): Edge {
    const { entity_0, entity_1, family, transport, is_client } = flow;
    const [ip_0, ip_1] = is_client ? [flow.local, flow.remote] : [flow.remote, flow.local];
    const server_port = is_client ? flow.remote_port : flow.local_port;
    const key = `${entity_0}|${entity_1}|${text(ip_0)}${text(ip_1)}|${server_port}|${transport}|${family}|${is_client}`;
    const known = this.edges.get(key);
    if (known !== undefined) return known;
    if (this.edges.size < EDGES_MAX) {
      return this.add({ key, entity_0, entity_1, family, transport, ip_0, ip_1, server_port, is_client });
    }
    this.overflowed++;
    const other = `other|${is_client}`;
    const ends = { entity_0: 0, entity_1: 0, ip_0: NO_ADDRESS, ip_1: NO_ADDRESS, server_port: 0 };
    return this.edges.get(other) ?? this.add({ key: other, family, transport, is_client, ...ends });
  }

  group(edge: Edge, l7_protocol: number, is_tls: number): CellGroup {
    const key = l7_protocol * 2 + is_tls;
    let group = edge.groups.get(key);
    if (group === undefined) {
      const service = `${edge.entity_1}|${edge.entity_1 === 0 ? text(edge.ip_1) : ''}|${edge.server_port}|${key}`;
      let cap = this.caps.get(service);
      if (cap === undefined) {
        cap = new EndpointCap();
        this.caps.set(service, cap);
      }
      group = { edge, l7_protocol, is_tls, cap, by_endpoint: new Map(), by_template: new Map() };
      edge.groups.set(key, group);
    }
    return group;
  }

  cell(group: CellGroup, endpoint: string): Cell {
    const known = group.by_endpoint.get(endpoint);
    if (known !== undefined) return known;
    const kept = endpoint === '' ? '' : group.cap.keep(template(endpoint), this.endpoints_max);
    let cell = group.by_template.get(kept);
    if (cell === undefined) {
      cell = { group, endpoint: kept, node: this.node(group, kept), open: [], minute: undefined };
      group.by_template.set(kept, cell);
    }
    if (group.by_endpoint.size >= ENDPOINTS_CACHED) group.by_endpoint.clear();
    group.by_endpoint.set(endpoint, cell);
    return cell;
  }

  /** Forgets what no window used for long. Flows that still point to it go on: same keys merge in the store. */
  sweep(now_s: number): void {
    for (const edge of this.edges.values()) if (now_s - edge.used_s > IDLE_S) this.edges.delete(edge.key);
    if (this.nodes.size >= NODES_MAX) this.nodes.clear();
    if (this.caps.size >= EDGES_MAX) this.caps.clear();
  }

  private add(edge: Omit<Edge, 'groups' | 'main' | 'used_s'>): Edge {
    const added: Edge = { ...edge, groups: new Map(), main: undefined, used_s: 0 };
    this.edges.set(edge.key, added);
    return added;
  }

  private node(group: CellGroup, endpoint: string): Node {
    const { edge, l7_protocol, is_tls } = group;
    const [entity, ip] = edge.is_client ? [edge.entity_0, edge.ip_0] : [edge.entity_1, edge.ip_1];
    const { is_client, server_port, transport } = edge;
    const key = `${is_client}|${entity}|${text(ip)}|${server_port}|${transport}|${l7_protocol}|${is_tls}|${endpoint}`;
    let node = this.nodes.get(key);
    if (node === undefined) {
      node = { sums: undefined };
      this.nodes.set(key, node);
    }
    return node;
  }
}

const text = (address: Uint8Array): string => Buffer.from(address.buffer, address.byteOffset, 16).toString('latin1');
