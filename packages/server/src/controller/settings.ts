// Settings of agents: one set for all, checked, versioned, kept in the data folder.
import { createHash } from 'node:crypto';
import { type AgentSettings, DEFAULT_SETTINGS, MATCH_TYPES } from '@sonde/records';
import { linear_regexp } from '@sonde/records/matcher';
import { z } from 'zod';
import { read_json, write_json } from '../files.ts';

const word = z.string().min(1).max(256);
const header_name = z.string().regex(/^[a-z0-9-]{0,64}$/, 'a header name in lower case');
const process_matcher = z.strictObject({
  match_regex: z
    .string()
    .min(1)
    .max(1024)
    .refine(
      (source) => linear_regexp(source) !== undefined,
      'a regular expression without references back and looks ahead',
    ),
  match_type: z.enum(MATCH_TYPES).default('process_name'),
  only_in_container: z.boolean().default(false),
  ignore: z.boolean().default(false),
  rewrite_name: z.string().max(256).default(''),
});
const fields = {
  protocols: z.array(word).max(200),
  capture_bytes_max: z.number().int().min(0).max(2_097_152),
  protocol_hints: z.array(z.string().regex(/^\d{1,5}=[a-z0-9_]+$/, 'PORT=NAME')).max(1000),
  ignore_ports: z.array(z.number().int().min(1).max(65_535)).max(1000),
  ignore_processes: z.array(word).max(1000),
  process_matchers: z.array(process_matcher).max(200),
  throttle_rows_s: z.number().int().min(0).max(10_000_000),
  redact: z.boolean(),
  trace_headers: z.array(header_name.min(1)).max(20),
  proxy_header: header_name,
  request_id_header: header_name,
  endpoints_per_service_max: z.number().int().min(1).max(100_000),
  profile_hz: z.number().int().min(0).max(999),
  profile_off_cpu: z.boolean(),
  profile_off_cpu_min_us: z.number().int().min(1).max(1_000_000),
} satisfies Record<keyof AgentSettings, z.ZodType>;
/** Strict: a misspelt name is refused, not ignored. */
const CHANGES = z.strictObject(fields).partial();

export type Change =
  | { readonly ok: true; readonly settings: AgentSettings; readonly version: string }
  | { readonly ok: false; readonly problems: readonly string[] };

export class Settings {
  private readonly path: string;
  current: AgentSettings;
  version: string;

  private constructor(path: string, settings: AgentSettings) {
    this.path = path;
    this.current = settings;
    this.version = version_of(settings);
  }

  static async open(path: string): Promise<Settings> {
    const stored = CHANGES.safeParse((await read_json(path)) ?? {});
    if (!stored.success) throw new Error(`${path} is not valid: ${problems_of(stored.error).join('; ')}.`);
    return new Settings(path, merged(DEFAULT_SETTINGS, stored.data));
  }

  /** Fields not named keep their value. Resolves when the change is on disk. */
  async change(input: unknown): Promise<Change> {
    const parsed = CHANGES.safeParse(input);
    if (!parsed.success) return { ok: false, problems: problems_of(parsed.error) };
    const settings = merged(this.current, parsed.data);
    await write_json(this.path, settings);
    this.current = settings;
    this.version = version_of(settings);
    return { ok: true, settings, version: this.version };
  }
}

const merged = (base: AgentSettings, change: object): AgentSettings => ({
  ...base,
  ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
});
/** From the content, so that a restart or a change back is no news to agents. */
const version_of = (settings: AgentSettings): string =>
  createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
const problems_of = (error: z.ZodError): string[] =>
  error.issues.map((issue) => `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`);
