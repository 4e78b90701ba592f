// The one event stream: whatever the bytes came from (a live socket, a recorded event file, a capture file), every
// later stage sees these. The source fills ONE object of each kind again and again; a consumer must copy what it keeps.
// Moments are ns on the source's monotonic clock as a double (exact below 2^53 ns = 104 days, within 2 ns after).

export const EGRESS = 0;
export const INGRESS = 1;
export const ROLE = { unknown: 0, client: 1, server: 2 } as const;
/** IP protocol numbers. Where ICMP is the transport, the identifier of an echo stands for the port of the end that asks. */
export const TRANSPORT = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

export const is_icmp = (transport: number): boolean => transport === TRANSPORT.icmp || transport === TRANSPORT.icmp6;

/** How a transport is called: in the parsers' cards and where it is shown. */
export function transport_name(transport: number): 'tcp' | 'udp' | 'icmp' {
  if (transport === TRANSPORT.tcp) return 'tcp';
  return is_icmp(transport) ? 'icmp' : 'udp';
}

/** One socket as the kernel knows it. `id` is unique within a boot of the agent's programs and below 2^53. */
export interface SocketRef {
  id: number;
  transport: number;
  /** 4 or 6; a v4-mapped address is given as 4. */
  family: number;
  /** 16 bytes each; an IPv4 address stands in the first 4. */
  local: Uint8Array;
  remote: Uint8Array;
  local_port: number;
  remote_port: number;
  role: number;
}

/** Bytes that one system call (or one entry of a *mmsg call, or one packet) moved, or a piece of them. */
export interface DataEvent {
  kind: 'data';
  /** Write: syscall entry. Read: syscall exit. */
  moment_ns: number;
  pid: number;
  tid: number;
  socket: SocketRef;
  direction: number;
  /** True length in bytes; `end - start` of them were captured. */
  length: number;
  /** Bytes before `start` that were not captured: 0 unless a skip ended inside the event. */
  offset: number;
  /** TCP sequence of the first byte; 0 for UDP. */
  tcp_seq: number;
  /** A further piece of the call that this direction's event before began. */
  continues: boolean;
  /** A TCP reader threw the bytes away unread: none was captured, and nobody has seen one. */
  discarded: boolean;
  /** Per-socket event number, from 1, both directions counted together; a jump = events lost. */
  cap_seq: number;
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** Life of a socket. `open`: connected or accepted; `fail`: connect failed; `close`: TCP state reached CLOSE. */
export interface SocketEvent {
  kind: 'open' | 'fail' | 'close';
  moment_ns: number;
  pid: number;
  tid: number;
  socket: SocketRef;
}

export interface ProcessEvent {
  kind: 'exec' | 'fork' | 'exit';
  moment_ns: number;
  pid: number;
  ppid: number;
  /** Kernel comm, at most 15 bytes. */
  comm: string;
  /** exec only: arguments, taken in the kernel, joined by NUL; cut at what the kernel copied. */
  args: string;
  /** exec only. */
  filename: string;
  cgroup_id: number;
  uid: number;
}

export type CaptureEvent = DataEvent | SocketEvent | ProcessEvent;

/** A source of events. */
export interface Capture {
  /** Hands over what is there, oldest submission first, at most `limit` events; returns how many. */
  drain(consume: (event: CaptureEvent) => void, limit: number): number;
  /**
   * Bytes of a call to capture on a socket from now on, up to 2,097,152; 0 = none, lengths are still reported. One event has
   * at most 16,384: what is beyond comes in further events, so a number above is rounded up to a multiple of it.
   */
  verdict(socket_id: number, bytes_per_call: number): void;
  /**
   * No byte of this TCP direction before sequence `until_seq` is wanted; undefined takes it back. Of an event that lies
   * wholly before it next to nothing is captured, of one that reaches past it the bytes from there on. At most 2^30 bytes
   * ahead; ends by itself when it is reached. A source may ignore it, and events under way come as they are.
   */
  skip(socket_id: number, direction: number, until_seq: number | undefined): void;
  /** Process whose events must not be produced, nor those of its children. */
  ignore(pid: number): void;
  /** Counters since start: name -> one value a CPU. */
  counters(): ReadonlyMap<string, readonly number[]>;
  close(): void;
}
