import { expect, it } from 'vitest';
import { ApiError } from '../api/client.ts';
import type { AgentStatus, Status } from '../api/status.ts';
import { type Situation, why_empty } from './why-empty.ts';

const NOW = 1_800_000_000_000;
const agent = (patch: Partial<AgentStatus> = {}): AgentStatus => ({
  id: 1,
  host: 'box',
  version: '',
  state: 'running',
  problems: [],
  counters: {},
  last_seen_ms: NOW - 1000,
  started_ms: 0,
  pid: 1,
  settings_version: '',
  ...patch,
});
const status = (...agents: AgentStatus[]): Status => ({
  server: { version: '', started_ms: 0, data_dir: '', problems: [] },
  agents,
  rows_s: 0,
  store: { bytes: 0, tables: {} },
  drops: {},
});
const cause = (patch: Partial<Situation>) =>
  why_empty({
    error: undefined,
    status: status(agent()),
    now_ms: NOW,
    hidden_by_filter: false,
    range_text: 'x',
    ...patch,
  });

it('names the first cause that explains the emptiness', () => {
  expect(cause({ error: new ApiError('unreachable', '') }).cause).toBe('unreachable');
  expect(cause({ error: new ApiError('unauthorised', '') }).cause).toBe('unauthorised');
  expect(cause({ error: new ApiError('refused', 'no such tag') })).toMatchObject({
    cause: 'query',
    text: 'no such tag',
  });
  expect(cause({ status: status() }).cause).toBe('no_agent');
  expect(cause({ hidden_by_filter: true, status: status() }).cause).toBe('filtered');
  expect(cause({}).cause).toBe('no_traffic');
});

it('tells lost agents from blind ones, with the reasons they gave', () => {
  expect(cause({ status: status(agent({ last_seen_ms: NOW - 60_000 })) }).cause).toBe('agent_lost');
  expect(cause({ status: status(agent({ state: 'lost' })) }).cause).toBe('agent_lost');
  const blind = cause({ status: status(agent({ state: 'no_ebpf', problems: ['not root'] })) });
  expect(blind).toMatchObject({ cause: 'agent_blind', details: ['not root'] });
  expect(cause({ status: status(agent({ state: 'no_ebpf' }), agent()) }).cause).toBe('no_traffic');
});

it('says of profiles whether they are off or nothing was sampled, after what is wrong with agents', () => {
  expect(cause({ profile_hz: 0 }).cause).toBe('profiles_off');
  expect(cause({ profile_hz: 99 })).toMatchObject({ cause: 'no_samples', text: expect.stringContaining('99 times') });
  expect(cause({ profile_hz: 99, status: status() }).cause).toBe('no_agent');
  expect(cause({ profile_hz: 99, hidden_by_filter: true }).cause).toBe('filtered');
});
