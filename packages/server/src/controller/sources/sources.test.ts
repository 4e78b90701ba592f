import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Things } from '../../label/things.ts';
import { read_sources } from './config.ts';
import { Sources } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-sources-'));
const path = join(folder, 'sources.yaml');
const read = (text: string) => {
  writeFileSync(path, text);
  return read_sources(path, true);
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('names clusters, with paths from the place of the file', () => {
  expect(read('kubernetes:\n  - name: a\n    kubeconfig: a.conf\n  - name: b\n    env: true\n')).toEqual({
    files: [],
    aws: [],
    kubernetes: [
      { name: 'a', kubeconfig: join(folder, 'a.conf'), annotations: false, env: false },
      { name: 'b', annotations: false, env: true },
    ],
  });
  expect(read('')).toEqual({ kubernetes: [], files: [], aws: [] });
});

it('is refused with its place when it says something else', () => {
  expect(() => read('kubernetes: [{name: a, kubeconfg: x}]')).toThrow(/kubernetes.0: .*kubeconfg/);
  expect(() => read('kubernetes: [{name: "a b"}]')).toThrow(/kubernetes.0.name/);
  expect(() => read('kubernetes: [{name: a}, {name: a}]')).toThrow('two clusters called a');
  expect(() => read('a: [')).toThrow('is no YAML');
  expect(() => read_sources(join(folder, 'none'), true)).toThrow('cannot be read');
});

it('is not needed: in a pod the cluster around it is taken', () => {
  expect(read_sources(join(folder, 'none'), false)).toEqual({ kubernetes: [], files: [], aws: [] });
  process.env.KUBERNETES_SERVICE_HOST = '10.0.0.1';
  const around = read_sources(join(folder, 'none'), false);
  delete process.env.KUBERNETES_SERVICE_HOST;
  expect(around.kubernetes.map((c) => [c.name, c.kubeconfig])).toEqual([['kubernetes', undefined]]);
});

it('takes effect when it changes, while it runs; what it said before stays when it is broken', async () => {
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'a.csv'), `name,ip\n${name},10.0.0.1\n`);
  }
  const things = new Things(() => {});
  const data = join(folder, 'data');
  mkdirSync(data);
  const write = (text: string): void => writeFileSync(path, text);
  const holder = () => {
    const later = Date.now() * 1000 + 3e6;
    return things.by_address('10.0.0.1', '', later, later)?.known.instance.name;
  };
  write('files: [{name: f, folder: one}]');
  const sources = new Sources({ path, must_exist: true }, data, things, () => {});
  sources.start(10);
  try {
    await expect.poll(holder).toBe('one');
    write('files: [{name: f, folder: two}]');
    await expect.poll(holder).toBe('two');
    write('files: [{name: f, folder: ');
    await expect.poll(() => sources.problems().join()).toMatch(/is no YAML: .* What it said before stays in force\./);
    expect(holder()).toBe('two');
    write('files: []');
    await expect.poll(holder).toBeUndefined();
    expect([sources.problems(), things.active]).toEqual([[], false]);
  } finally {
    await sources.stop();
  }
});
