import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HandOver } from './hand-over.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sonde-hand-over-'));
  mkdirSync(join(dir, 'shm'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('removes each file after use, and all that a killed process left', async () => {
  mkdirSync(join(dir, 'data'));
  const killed = new HandOver(join(dir, 'data'), join(dir, 'shm'));
  const folder = join(dir, 'shm', readdirSync(join(dir, 'shm'))[0]!);
  writeFileSync(join(folder, 'left.native'), 'x');
  const next = new HandOver(join(dir, 'data'), join(dir, 'shm'));
  expect(readdirSync(folder)).toEqual(['owner']);
  const seen = await next.with_file(Buffer.from('bytes'), async (file) => [file, readFileSync(file, 'utf8')]);
  expect(seen[1]).toBe('bytes');
  await expect(next.with_file(Buffer.from('bytes'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual(['owner']);
  killed.clear();
  expect(existsSync(folder)).toBe(false);
});

it('removes what belongs to a data folder that is gone, and nothing else', () => {
  const shm = join(dir, 'shm');
  for (const name of ['kept', 'gone']) {
    mkdirSync(join(dir, name));
    new HandOver(join(dir, name), shm);
  }
  mkdirSync(join(shm, 'sonde-of-somebody'));
  rmSync(join(dir, 'gone'), { recursive: true });
  mkdirSync(join(dir, 'next'));
  new HandOver(join(dir, 'next'), shm);
  expect(readdirSync(shm)).toHaveLength(3);
});

it('falls back to the data folder when the memory file system cannot take the block', async () => {
  const hand_over = new HandOver(join(dir, 'data'), join(dir, 'shm'));
  rmSync(join(dir, 'shm'), { recursive: true });
  const file = await hand_over.with_file(Buffer.from('bytes'), async (name) => name);
  expect(file.startsWith(join(dir, 'data'))).toBe(true);
});
