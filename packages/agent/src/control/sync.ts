// Every few seconds the agent says how it is and learns its settings. Settings take effect at once.
import { type AgentSettings, DEFAULT_SETTINGS, type SyncRequest, type SyncResponse } from '@sonde/records';

const EVERY_MS = 5000;
/** While the server was never reached, which may just be starting, and to confirm new settings. */
const SOON_MS = 500;
const HOLD_MS_MAX = 10_000;

export interface SyncDeps {
  /** Posts JSON; status 0 = no answer. */
  post(path: string, content_type: string, body: Uint8Array): Promise<{ status: number; body: string }>;
  report(): Omit<SyncRequest, 'settings_version'>;
  apply(settings: AgentSettings): void;
  /** Rows are to be held back so long. */
  hold(ms: number): void;
}

export class Sync {
  private readonly deps: SyncDeps;
  private timer: NodeJS.Timeout | undefined;
  private version = '';
  private stopped = false;
  private applied = false;
  /** Id the server gave; 0 = never reached. */
  agent_id = 0;
  /** '' when the last exchange went well. */
  problem = '';

  constructor(deps: SyncDeps) {
    this.deps = deps;
  }

  start(): void {
    void this.once().finally(() => {
      if (this.stopped) return;
      const soon = this.agent_id === 0 || this.applied;
      this.applied = false;
      this.timer = setTimeout(() => this.start(), soon ? SOON_MS : EVERY_MS);
    });
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  async once(): Promise<void> {
    const request: SyncRequest = { ...this.deps.report(), settings_version: this.version };
    const answer = await this.deps.post(
      '/api/v1/agents/sync',
      'application/json',
      Buffer.from(JSON.stringify(request)),
    );
    if (answer.status !== 200) {
      this.problem = answer.status === 0 ? `server not reached: ${answer.body}` : `server answered ${answer.status}`;
      return;
    }
    const response = parse_response(answer.body);
    if (response === undefined) {
      this.problem = 'the server answered with something that is no SyncResponse';
      return;
    }
    this.problem = '';
    this.agent_id = response.agent_id;
    const { hold_ms } = response;
    this.deps.hold(typeof hold_ms === 'number' && hold_ms > 0 ? Math.min(HOLD_MS_MAX, hold_ms) : 0);
    if (response.settings === undefined || response.settings_version === this.version) return;
    this.version = response.settings_version;
    this.applied = true;
    this.deps.apply(sound_settings(response.settings));
  }
}

function parse_response(text: string): SyncResponse | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { agent_id, settings_version } = value as Partial<SyncResponse>;
    return typeof agent_id === 'number' && typeof settings_version === 'string' ? (value as SyncResponse) : undefined;
  } catch {
    return undefined;
  }
}

/** A server of another version may leave something out or send another type: the default stands for it. */
export function sound_settings(given: Partial<AgentSettings>): AgentSettings {
  const sound: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  for (const [name, usual] of Object.entries(DEFAULT_SETTINGS)) {
    const value = (given as Record<string, unknown>)[name];
    const same = typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual);
    if (same && (typeof value !== 'number' || (Number.isFinite(value) && value >= 0))) sound[name] = value;
  }
  return sound as unknown as AgentSettings;
}
