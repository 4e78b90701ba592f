// Who listens on this host and who owns a socket, from /proc/net and /proc/PID/fd. Slow (milliseconds), so only what the
// events do not tell is asked for, and no more often than the limits below.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { TRANSPORT } from '../capture/event.ts';

const PORTS_KEPT_NS = 5e9;
const OWNERS_KEPT_NS = 30e9;
const FDS_MAX = 200_000;
// States of /proc/net/tcp (include/net/tcp_states.h): 0A listen; a bound datagram socket has 07.
const TCP_LISTEN = '0A';
const UDP_BOUND = '07';

interface Row {
  transport: number;
  port: number;
  /** "port>port" of local and remote; ports are enough to tell connections of one host apart. */
  ports: string;
  passive: boolean;
  inode: string;
}

export class ProcNet {
  private readonly proc: string;
  private ports = new Set<number>();
  private ports_ns = Number.NEGATIVE_INFINITY;
  private listeners = new Map<number, number>();
  private connections = new Map<string, number>();
  private owners_ns = Number.NEGATIVE_INFINITY;
  /** Local ports below are never picked by the kernel for a client. */
  private ephemeral_from = 32_768;

  constructor(proc = '/proc') {
    this.proc = proc;
    const range = read(`${proc}/sys/net/ipv4/ip_local_port_range`).split(/\s+/)[0];
    if (range !== undefined && Number(range) > 0) this.ephemeral_from = Number(range);
  }

  /** Whether a process of this host accepts on the port. */
  listening(transport: number, port: number, now_ns: number): boolean {
    if (now_ns - this.ports_ns > PORTS_KEPT_NS) {
      this.ports_ns = now_ns;
      this.ports = new Set(this.rows().flatMap((row) => (row.passive ? [key(row.transport, row.port)] : [])));
    }
    return this.ports.has(key(transport, port));
  }

  /**
   * Process that listens on the port, or that owns the connection local port -> remote port; 0 when not found. With
   * `look` false only what is known already is told.
   */
  owner(transport: number, local_port: number, remote_port: number, now_ns: number, look: boolean): number {
    if (look && now_ns - this.owners_ns > OWNERS_KEPT_NS) {
      this.owners_ns = now_ns;
      this.scan();
    }
    const connected = this.connections.get(`${transport} ${local_port}>${remote_port}`);
    return connected ?? this.listeners.get(key(transport, local_port)) ?? 0;
  }

  private scan(): void {
    const by_inode = new Map<string, Row>();
    for (const row of this.rows()) if (row.inode !== '0') by_inode.set(row.inode, row);
    this.listeners = new Map();
    this.connections = new Map();
    let looked = 0;
    for (const pid of list(this.proc)) {
      if (!/^\d+$/.test(pid)) continue;
      for (const fd of list(`${this.proc}/${pid}/fd`)) {
        if (++looked > FDS_MAX) return;
        const inode = /^socket:\[(\d+)\]$/.exec(link(`${this.proc}/${pid}/fd/${fd}`))?.[1];
        const row = inode === undefined ? undefined : by_inode.get(inode);
        if (row === undefined) continue;
        // The first process that holds it: of a forking server, its oldest.
        if (row.passive && !this.listeners.has(key(row.transport, row.port))) {
          this.listeners.set(key(row.transport, row.port), Number(pid));
        } else if (!row.passive) {
          this.connections.set(`${row.transport} ${row.ports}`, Number(pid));
        }
      }
    }
  }

  private rows(): Row[] {
    const { tcp, udp } = TRANSPORT;
    return [...this.file('tcp', tcp), ...this.file('tcp6', tcp), ...this.file('udp', udp), ...this.file('udp6', udp)];
  }

  private file(name: string, transport: number): Row[] {
    const rows: Row[] = [];
    for (const line of read(`${this.proc}/net/${name}`).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, local = '', remote = '', state] = fields;
      const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16);
      const remote_port = Number.parseInt(remote.slice(remote.indexOf(':') + 1), 16);
      if (!(port >= 0) || !(remote_port >= 0)) continue;
      const passive =
        transport === TRANSPORT.tcp
          ? state === TCP_LISTEN
          : state === UDP_BOUND && remote_port === 0 && port < this.ephemeral_from;
      rows.push({ transport, port, ports: `${port}>${remote_port}`, passive, inode: fields[9] ?? '0' });
    }
    return rows;
  }
}

const key = (transport: number, port: number): number => transport * 65_536 + port;

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
