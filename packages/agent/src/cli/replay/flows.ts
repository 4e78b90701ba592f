// `--flows`: what a capture says of each edge, as the service map would show it.
import { type Card, card_by_id, type Message, STATUS, type Status } from '@sonde/protocols';
import { Sketch } from '@sonde/records/codec';
import type { Flow } from '../../call.ts';
import { transport_name } from '../../capture/event.ts';
import { address } from './address.ts';

/** Edges kept apart; further ones are counted together. */
const EDGES_MAX = 4096;

class Edge {
  connections = 0;
  request = 0;
  response = 0;
  client_error = 0;
  server_error = 0;
  timeout = 0;
  byte_tx = 0;
  byte_rx = 0;
  readonly rrt = new Sketch();
  readonly shown: Readonly<Record<string, string | number>>;

  constructor(shown: Readonly<Record<string, string | number>>) {
    this.shown = shown;
  }

  line(): string {
    const { connections, request, response, client_error, server_error, timeout, byte_tx, byte_rx } = this;
    const us = (level: number): number | undefined =>
      this.rrt.count === 0 ? undefined : Math.round(this.rrt.quantile(level));
    return JSON.stringify({
      ...this.shown,
      ...{ connections, request, response, client_error, server_error, timeout, byte_tx, byte_rx },
      ...{ rrt_p50_us: us(0.5), rrt_p95_us: us(0.95), rrt_p99_us: us(0.99) },
    });
  }
}

export class Flows {
  readonly #edges = new Map<string, Edge>();
  /** What each open connection was found to speak. */
  readonly #spoken = new Map<number, number>();

  call(flow: Flow, card: Card, request?: Message, response?: Message, status?: Status): void {
    const l7_protocol = request?.l7_protocol ?? response?.l7_protocol ?? card.id;
    this.#spoken.set(flow.id, l7_protocol);
    const edge = this.#edge(flow, l7_protocol);
    if (request) edge.request++;
    if (response) edge.response++;
    if (status === STATUS.client_error) edge.client_error++;
    else if (status === STATUS.server_error) edge.server_error++;
    else if (status === STATUS.timeout) edge.timeout++;
    if (request?.begin_ns === undefined || response?.begin_ns === undefined) return;
    edge.rrt.add(Math.max(1, Math.round((response.begin_ns - request.begin_ns) / 1000)));
  }

  /** A connection is over: its bytes belong to what was spoken on it, 0 when nobody could read it. */
  close(flow: Flow): void {
    const edge = this.#edge(flow, this.#spoken.get(flow.id) ?? 0);
    this.#spoken.delete(flow.id);
    edge.connections++;
    edge.byte_tx += flow.bytes_tx;
    edge.byte_rx += flow.bytes_rx;
  }

  /** Busiest first. */
  print(write: (line: string) => void): void {
    const edges = [...this.#edges.values()];
    edges.sort((a, b) => b.request - a.request || b.byte_tx + b.byte_rx - a.byte_tx - a.byte_rx);
    for (const edge of edges) write(edge.line());
  }

  #edge(flow: Flow, l7_protocol: number): Edge {
    const local = address(flow.local, flow.family);
    const remote = address(flow.remote, flow.family);
    const [client_ip, server_ip] = flow.is_client ? [local, remote] : [remote, local];
    const server_port = flow.is_client ? flow.remote_port : flow.local_port;
    const key = `${client_ip} ${server_ip} ${flow.transport} ${server_port} ${l7_protocol}`;
    const known = this.#edges.get(key);
    if (known) return known;
    const full = this.#edges.size >= EDGES_MAX;
    if (full) return this.#keep('', new Edge({ client_ip: 'others', server_ip: 'others' }));
    const transport = transport_name(flow.transport);
    const name = l7_protocol === 0 ? 'unknown' : (card_by_id(l7_protocol)?.display_name ?? String(l7_protocol));
    return this.#keep(key, new Edge({ client_ip, server_ip, server_port, transport, l7_protocol: name }));
  }

  #keep(key: string, edge: Edge): Edge {
    const known = this.#edges.get(key);
    if (known) return known;
    this.#edges.set(key, edge);
    return edge;
  }
}
