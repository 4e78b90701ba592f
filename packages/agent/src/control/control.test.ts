import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentSettings, DEFAULT_SETTINGS } from '@sonde/records';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent_id, HeartbeatFile } from './identity.ts';
import { FolderLock } from './lock.ts';
import { Stats } from './stats.ts';
import { sound_settings, Sync } from './sync.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-control-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const report = () => ({
  agent: 'a',
  boot: 'b',
  host: 'h',
  version: '0',
  pid: 1,
  started_ms: 1,
  state: 'running' as const,
  problems: [],
  counters: {},
});

describe('identity', () => {
  it('is stable for a folder', () => {
    expect(agent_id(folder)).toBe(agent_id(folder));
  });

  it('remembers when somebody last watched; damage is nothing', () => {
    const file = new HeartbeatFile(folder);
    expect(file.read()).toBeUndefined();
    file.beat('boot', 123, false);
    expect(file.read()).toEqual({ boot: 'boot', last_ms: 123, stopped: false });
    writeFileSync(join(folder, 'heartbeat.json'), '{"last_');
    expect(file.read()).toBeUndefined();
  });
});

describe('lock', () => {
  it('refuses a folder that a living agent holds, and takes over that of a dead one', async () => {
    const other = spawn('sleep', ['60'], { argv0: 'agent' });
    await new Promise((resolve) => other.once('spawn', resolve));
    writeFileSync(join(folder, 'agent.lock'), `${other.pid}\n`);
    try {
      expect(() => new FolderLock(folder)).toThrow(`process id ${other.pid} already uses`);
    } finally {
      const gone = new Promise((resolve) => other.once('exit', resolve));
      other.kill();
      await gone;
    }
    const lock = new FolderLock(folder);
    expect(existsSync(join(folder, 'agent.lock'))).toBe(true);
    lock.release();
    expect(existsSync(join(folder, 'agent.lock'))).toBe(false);
  });
});

describe('sync', () => {
  const answering = (answers: { status: number; body: string }[]) => {
    const asked: string[] = [];
    const applied: AgentSettings[] = [];
    const held: number[] = [];
    const sync = new Sync({
      post: async (_path, _type, body) => {
        asked.push(JSON.parse(Buffer.from(body).toString()).settings_version);
        return answers.shift() ?? { status: 0, body: 'gone' };
      },
      report,
      apply: (settings) => applied.push(settings),
      hold: (ms) => held.push(ms),
    });
    return { sync, asked, applied, held };
  };

  it('applies new settings once and says which it has', async () => {
    const settings = { ...DEFAULT_SETTINGS, throttle_rows_s: 5 };
    const body = JSON.stringify({ agent_id: 3, settings, settings_version: 'v2' });
    const { sync, asked, applied } = answering([
      { status: 200, body },
      { status: 200, body: JSON.stringify({ agent_id: 3, settings_version: 'v2' }) },
    ]);
    await sync.once();
    await sync.once();
    expect(asked).toEqual(['', 'v2']);
    expect(applied).toEqual([settings]);
    expect(sync.agent_id).toBe(3);
  });

  it('holds rows back as long as the server asks, within bounds', async () => {
    const body = (more: object) => JSON.stringify({ agent_id: 3, settings_version: '', ...more });
    const { sync, held } = answering(
      [{ hold_ms: 2000 }, {}, { hold_ms: 1e9 }, { hold_ms: 'x' }].map((more) => ({ status: 200, body: body(more) })),
    );
    for (let i = 0; i < 4; i++) await sync.once();
    expect(held).toEqual([2000, 0, 10_000, 0]);
  });

  it('goes on with what it has when the answer is none', async () => {
    const { sync, applied } = answering([
      { status: 500, body: '' },
      { status: 200, body: 'nonsense' },
      { status: 200, body: '[]' },
    ]);
    for (let i = 0; i < 4; i++) await sync.once();
    expect(applied).toEqual([]);
    expect(sync.problem).toContain('not reached');
  });

  it('replaces what is missing or of another type', () => {
    const given = { throttle_rows_s: -1, redact: 'yes', ignore_ports: [22] } as unknown as AgentSettings;
    expect(sound_settings(given)).toEqual({ ...DEFAULT_SETTINGS, ignore_ports: [22] });
  });
});

describe('statistics', () => {
  it('are increases', () => {
    const stats = new Stats();
    const counters = new Map([['events', [10, 20]]]);
    expect(stats.per_cpu('t', counters).map((g) => g.metrics[0]?.[1])).toEqual([10, 20]);
    counters.set('events', [15, 20]);
    expect(stats.per_cpu('t', counters).map((g) => [g.tags[0]?.[1], g.metrics[0]?.[1]])).toEqual([
      ['0', 5],
      ['1', 0],
    ]);
    expect(stats.group('g', [['lost', 7]], [['flows', 3]]).metrics).toEqual([
      ['lost', 7],
      ['flows', 3],
    ]);
  });
});
