// Events made by hand: one connection of two processes on one host, as each end's kernel side would tell it.
import {
  type DataEvent,
  EGRESS,
  INGRESS,
  ROLE,
  type SocketEvent,
  type SocketRef,
  TRANSPORT,
} from '../capture/event.ts';

export function address(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  text.split('.').forEach((part, i) => {
    bytes[i] = Number(part);
  });
  return bytes;
}

let next_socket = 1;

/** One end of a TCP connection; gives events with right numbers and positions. */
export class TestSocket {
  readonly ref: SocketRef;
  pid: number;
  tid: number;
  cap_seq = 0;
  private readonly seq: [number, number];

  constructor(role: number, local_port: number, remote_port: number, pid = 100, seq: [number, number] = [1000, 5000]) {
    const [local, remote] = [address('127.0.0.1'), address('127.0.0.1')];
    this.ref = {
      id: next_socket++,
      transport: TRANSPORT.tcp,
      family: 4,
      local,
      remote,
      local_port,
      remote_port,
      role,
    };
    this.pid = pid;
    this.tid = pid;
    this.seq = [...seq];
  }

  static client(port = 80, pid = 100): TestSocket {
    return new TestSocket(ROLE.client, 40_000 + next_socket, port, pid);
  }

  write(text: string, moment_ns: number, length = text.length): DataEvent {
    return this.event(EGRESS, text, moment_ns, length);
  }

  read(text: string, moment_ns: number, length = text.length): DataEvent {
    return this.event(INGRESS, text, moment_ns, length);
  }

  life(kind: 'open' | 'fail' | 'close', moment_ns: number): SocketEvent {
    return { kind, moment_ns, pid: this.pid, tid: this.tid, socket: this.ref };
  }

  private event(direction: 0 | 1, text: string, moment_ns: number, length: number): DataEvent {
    const bytes = Buffer.from(text, 'latin1');
    const tcp_seq = this.seq[direction];
    this.seq[direction] = (tcp_seq + length) >>> 0;
    this.cap_seq++;
    return {
      kind: 'data',
      moment_ns,
      pid: this.pid,
      tid: this.tid,
      socket: this.ref,
      direction,
      length,
      offset: 0,
      continues: false,
      discarded: false,
      tcp_seq,
      cap_seq: this.cap_seq,
      bytes,
      start: 0,
      end: bytes.length,
    };
  }
}

export const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`;
export const ok = (body = ''): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
