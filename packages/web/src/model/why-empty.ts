// An empty screen says why it is empty: the first cause that explains it, and what to do about it.
import type { ApiError } from '../api/client.ts';
import type { AgentStatus, Status } from '../api/status.ts';

export type Cause =
  | 'unreachable'
  | 'unauthorised'
  | 'query'
  | 'no_agent'
  | 'agent_lost'
  | 'agent_blind'
  | 'no_traffic'
  | 'profiles_off'
  | 'no_samples'
  | 'filtered';

export interface WhyEmpty {
  readonly cause: Cause;
  readonly title: string;
  readonly text: string;
  readonly details: readonly string[];
}

/** An agent that synchronises every 5 s and was silent this long is gone. */
const AGENT_LOST_MS = 30_000;

export const is_lost = (agent: AgentStatus, now_ms: number): boolean =>
  agent.state === 'lost' || now_ms - agent.last_seen_ms > AGENT_LOST_MS;

export interface Situation {
  readonly error: ApiError | undefined;
  readonly status: Status | undefined;
  /** Server's clock. */
  readonly now_ms: number;
  /** There was something before the filters were applied. */
  readonly hidden_by_filter: boolean;
  readonly range_text: string;
  /** Of a view of profiles: samples a second that agents are to take. */
  readonly profile_hz?: number | undefined;
}

const why = (cause: Cause, title: string, text: string, details: readonly string[] = []): WhyEmpty => ({
  cause,
  title,
  text,
  details,
});

function failed(error: ApiError): WhyEmpty {
  if (error.failure === 'unreachable')
    return why(
      'unreachable',
      'The server does not answer',
      'The page keeps trying. Start it again with ./sonde up, or look at ./sonde status.',
    );
  if (error.failure === 'unauthorised')
    return why('unauthorised', 'An access token is needed', 'This server was started with a token. Enter it to go on.');
  return why('query', 'The server could not answer this', error.message);
}

function agents_at_fault(status: Status, now_ms: number): WhyEmpty | undefined {
  if (status.agents.length === 0)
    return why(
      'no_agent',
      'No agent has reported yet',
      'Start one on a host to watch: ./sonde agent --server URL (./sonde up starts both).',
    );
  const alive = status.agents.filter((a) => !is_lost(a, now_ms));
  if (alive.length === 0)
    return why(
      'agent_lost',
      'No agent is reporting any more',
      'Every known agent has been silent for more than 30 seconds.',
      status.agents.map((a) => `${a.host} (agent ${a.id})`),
    );
  if (alive.every((a) => a.state !== 'running'))
    return why(
      'agent_blind',
      'The agent cannot see any traffic',
      'It runs, but the kernel does not let it observe. ./sonde doctor explains each point.',
      alive.flatMap((a) => (a.problems.length ? a.problems : [`${a.host}: state ${a.state}`])),
    );
  return undefined;
}

function no_profiles(hz: number, range: string): WhyEmpty {
  if (hz === 0)
    return why(
      'profiles_off',
      'Profiles are off',
      'Agents sample the stacks of all processes when the setting "Stacks sampled a second and CPU" (profile_hz) is above 0.',
    );
  return why(
    'no_samples',
    'No samples in this range',
    `Agents sample ${hz} times a second, but nothing arrived in ${range}. The first samples take some seconds; Linux 6.1 or newer is needed.`,
  );
}

export function why_empty(s: Situation): WhyEmpty {
  if (s.error) return failed(s.error);
  if (s.hidden_by_filter)
    return why(
      'filtered',
      'The filters hide everything',
      'Nothing in this range passes them. Remove a filter to see more.',
    );
  const fault = s.status ? agents_at_fault(s.status, s.now_ms) : undefined;
  return (
    fault ??
    (s.profile_hz === undefined ? undefined : no_profiles(s.profile_hz, s.range_text)) ??
    why(
      'no_traffic',
      'No calls in this range',
      `The agents are watching, but saw no traffic in ${s.range_text}. Choose a longer range, or make a call.`,
    )
  );
}
