// Agent <-> server over HTTP on the server's one port. Byte layout: docs/formats/wire.md.
//
//   POST /api/v1/ingest        body = frame (below); 200 when durable; 409 never: a retry is answered 200 again
//   POST /api/v1/agents/sync   body = SyncRequest (JSON), answer = SyncResponse (JSON); every few seconds
//
// Frame: u32 LE magic 'SND1' | u32 LE header length | header (JSON, BatchHeader) | Native block(s), by `encoding`.
import type { Entity } from './entity.ts';

export const FRAME_MAGIC = 0x31444e53;
export const FRAME_BYTES_MAX = 32 * 1024 * 1024;

export interface BatchHeader {
  /** Stable id of the agent (uuid kept in its data folder). */
  readonly agent: string;
  /** New at every start of the agent; spooled batches keep theirs. */
  readonly boot: string;
  /** A sequence of batches: one a table and interval. */
  readonly stream: string;
  /** From 1, without gaps within (agent, boot, stream). */
  readonly sequence: number;
  readonly database: string;
  readonly table: string;
  /** Window of metric tables in seconds; 0 for plain rows. */
  readonly interval_s: number;
  readonly rows: number;
  readonly encoding: 'identity' | 'gzip';
  /** Definitions of every agent-local entity id that the block's entity_id columns use (0 = none, needs no entry). */
  readonly entities: readonly { readonly local: number; readonly entity: Entity }[];
}

/** `insert_deduplication_token` of a batch (design, principle 6). */
export const dedup_token = (h: BatchHeader): string => `${h.agent}/${h.boot}/${h.stream}/${h.sequence}/${h.table}`;

export interface SyncRequest {
  readonly agent: string;
  readonly boot: string;
  readonly host: string;
  readonly version: string;
  readonly pid: number;
  /** Epoch ms. */
  readonly started_ms: number;
  readonly state: 'running' | 'no_ebpf' | 'restricted';
  /** Sentences for the page when something is missing ("not root: ..."). */
  readonly problems: readonly string[];
  /** Counters since boot, name -> value, e.g. 'ring_full'. Shown by the status strip. */
  readonly counters: Readonly<Record<string, number>>;
  /** Version of the settings in force at the agent; '' at first. */
  readonly settings_version: string;
  /** Addresses of the machine's interfaces but loopback, up to ADDRESSES_MAX: by them the machine is found where its name is not. */
  readonly addresses?: readonly string[] | undefined;
}
export const ADDRESSES_MAX = 256;
export interface SyncResponse {
  /** 16-bit id the server gave this agent. */
  readonly agent_id: number;
  /** Absent when the agent's version is current. */
  readonly settings?: AgentSettings;
  readonly settings_version: string;
  /** Batches are to wait so long before they are sent: the server will know by then who is at the far ends. Absent: not at all. */
  readonly hold_ms?: number;
}

/** What a rule looks at: the kernel's name, the program as it was called, that with its arguments, or a name of any ancestor. */
export const MATCH_TYPES = ['process_name', 'cmdline', 'cmdline_with_args', 'parent_process_name'] as const;
/** DeepFlow's rule for processes. */
export interface ProcessMatcher {
  /** In linear time: no references back, no looking ahead. Groups may be named, (?P<NAME>...). */
  readonly match_regex: string;
  readonly match_type: (typeof MATCH_TYPES)[number];
  readonly only_in_container: boolean;
  /** Not observed. */
  readonly ignore: boolean;
  /** '' = the name stays. $1, ${NAME}: groups; %NAME%: variables of the agent's environment. */
  readonly rewrite_name: string;
}

/** Settings that take effect without restart. */
export interface AgentSettings {
  /** Names of enabled protocols; ['*'] = all. */
  readonly protocols: readonly string[];
  /** Bytes captured a call for sockets without verdict, and upper bound for those with one; 0 to 2,097,152. */
  readonly capture_bytes_max: number;
  /** 'PORT=NAME' forces a protocol on a server port. */
  readonly protocol_hints: readonly string[];
  /** Server ports whose traffic is not looked at. */
  readonly ignore_ports: readonly number[];
  /** Executable names or command-line substrings of processes that are not observed. */
  readonly ignore_processes: readonly string[];
  /** Other names for processes, or none at all: in order, the first that matches counts. */
  readonly process_matchers: readonly ProcessMatcher[];
  /** Rows of request log a second and agent. */
  readonly throttle_rows_s: number;
  readonly redact: boolean;
  readonly trace_headers: readonly string[];
  readonly proxy_header: string;
  readonly request_id_header: string;
  /** Endpoints kept a service before the rest become '*'. */
  readonly endpoints_per_service_max: number;
  /** Stacks sampled a second and CPU, 1 to 999; 0 = none. */
  readonly profile_hz: number;
  /** Whether waits are looked at: what threads wait for, and how long they are kept from running. */
  readonly profile_off_cpu: boolean;
  /** Waits below this are not looked at. */
  readonly profile_off_cpu_min_us: number;
}
export const DEFAULT_SETTINGS: AgentSettings = {
  protocols: ['*'],
  capture_bytes_max: 2_097_152,
  protocol_hints: [],
  ignore_ports: [],
  ignore_processes: [],
  process_matchers: [],
  throttle_rows_s: 10_000,
  redact: true,
  trace_headers: ['traceparent', 'sw8'],
  proxy_header: 'x-forwarded-for',
  request_id_header: 'x-request-id',
  endpoints_per_service_max: 200,
  profile_hz: 0,
  profile_off_cpu: false,
  profile_off_cpu_min_us: 50,
};
