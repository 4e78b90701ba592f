// POST /api/v1/agents/sync: an agent says how it is, and gets its id and, when they changed, its settings.
import type { SyncResponse } from '@sonde/records';
import { type Agents, SYNC_REQUEST } from './agents.ts';
import type { Settings } from './settings.ts';

/** Who wants to know the addresses of agents' machines. */
interface Machines {
  machine(host: string, addresses: readonly string[]): void;
}

/** A string is what is wrong with the request. */
export async function answer_sync(
  agents: Agents,
  settings: Settings,
  request: unknown,
  hold_ms: number,
  machines: Machines,
): Promise<SyncResponse | string> {
  const parsed = SYNC_REQUEST.safeParse(request);
  if (!parsed.success) return `The request is not valid: ${parsed.error.issues[0]?.path.join('.')}.`;
  const agent_id = await agents.id_of(parsed.data.agent);
  agents.saw(parsed.data);
  machines.machine(parsed.data.host, parsed.data.addresses ?? []);
  const news = parsed.data.settings_version !== settings.version;
  return {
    agent_id,
    settings_version: settings.version,
    ...(news && { settings: settings.current }),
    ...(hold_ms > 0 && { hold_ms }),
  };
}
