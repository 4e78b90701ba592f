// What of the agent's settings the parse stage needs, in the form it needs it.
import { type ParseOptions, type Protocol, protocol_list, protocols_named } from '@sonde/protocols';
import type { AgentSettings } from '@sonde/records';

export interface ParseSettings {
  readonly protocols: readonly Protocol[];
  readonly options: ParseOptions;
  readonly capture_bytes_max: number;
  /** Protocol that a server port is said to speak. */
  readonly hints: ReadonlyMap<number, string>;
  /** Server ports that are not looked at. */
  readonly ignore_ports: ReadonlySet<number>;
}

/** Strings are cut to this many bytes before they are stored. */
const STRING_BYTES_MAX = 16_384;

export interface WallClock {
  now_ns(): number;
  wall_s(moment_ns: number): number;
}

export function parse_settings(settings: AgentSettings, own_ports: readonly number[], clock: WallClock): ParseSettings {
  const all = settings.protocols.includes('*');
  const hints = settings.protocol_hints.flatMap((hint) => {
    const [port, name] = hint.split('=');
    return name === undefined || !(Number(port) > 0) ? [] : [[Number(port), name] as const];
  });
  return {
    protocols: all ? protocol_list : protocols_named(settings.protocols),
    options: {
      redact: settings.redact,
      trace_headers: settings.trace_headers.map((name) => name.toLowerCase()),
      proxy_header: settings.proxy_header.toLowerCase(),
      request_id_header: settings.request_id_header.toLowerCase(),
      string_bytes_max: STRING_BYTES_MAX,
      now_s: () => clock.wall_s(clock.now_ns()),
    },
    capture_bytes_max: settings.capture_bytes_max,
    hints: new Map(hints),
    ignore_ports: new Set([...settings.ignore_ports, ...own_ports]),
  };
}
