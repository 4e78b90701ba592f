import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { read_sources } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-sources-'));
const path = join(folder, 'sources.yaml');
const read = (text: string) => {
  writeFileSync(path, text);
  return read_sources(path, true);
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('names clusters, with paths from the place of the file', () => {
  expect(read('kubernetes:\n  - name: a\n    kubeconfig: a.conf\n  - name: b\n    env: true\n')).toEqual({
    kubernetes: [
      { name: 'a', kubeconfig: join(folder, 'a.conf'), annotations: false, env: false },
      { name: 'b', annotations: false, env: true },
    ],
  });
  expect(read('')).toEqual({ kubernetes: [] });
});

it('is refused with its place when it says something else', () => {
  expect(() => read('kubernetes: [{name: a, kubeconfg: x}]')).toThrow(/kubernetes.0: .*kubeconfg/);
  expect(() => read('kubernetes: [{name: "a b"}]')).toThrow(/kubernetes.0.name/);
  expect(() => read('kubernetes: [{name: a}, {name: a}]')).toThrow('two clusters called a');
  expect(() => read('a: [')).toThrow('is no YAML');
  expect(() => read_sources(join(folder, 'none'), true)).toThrow('cannot be read');
});

it('is not needed: in a pod the cluster around it is taken', () => {
  expect(read_sources(join(folder, 'none'), false)).toEqual({ kubernetes: [] });
  process.env.KUBERNETES_SERVICE_HOST = '10.0.0.1';
  const around = read_sources(join(folder, 'none'), false);
  delete process.env.KUBERNETES_SERVICE_HOST;
  expect(around.kubernetes.map((c) => [c.name, c.kubeconfig])).toEqual([['kubernetes', undefined]]);
});
