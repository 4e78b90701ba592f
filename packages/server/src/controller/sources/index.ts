// The registry of sources: what the file of sources asks for.
//
//   kubernetes:
//     - name: prod                  # pod_cluster
//       kubeconfig: /etc/sonde/prod.kubeconfig    # missing: the service account of the pod that this runs in
//       context: prod               # missing: the file's current one
//       annotations: true           # k8s.annotation.*, default false
//       env: true                   # k8s.env.*, default false
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Inventory, ResourceEvent, ResourceSource } from '../../inventory.ts';
import { in_cluster, kubeconfig, service_account } from './kubernetes/access.ts';
import { KubernetesSource } from './kubernetes/source.ts';

const word = z.string().regex(/^[A-Za-z0-9_.:@-]{1,128}$/, 'letters, digits and _.:@-');
const FILE = z.strictObject({
  kubernetes: z
    .array(
      z.strictObject({
        name: word,
        kubeconfig: z.string().min(1).optional(),
        context: z.string().optional(),
        annotations: z.boolean().default(false),
        env: z.boolean().default(false),
      }),
    )
    .default([]),
});
export type SourcesConfig = z.infer<typeof FILE>;

/** Wrong in a way that only a person can mend. */
export class SourcesError extends Error {}

/** `path` that is not there: the cluster that this runs in, if it does; otherwise nothing. */
export function read_sources(path: string, must_exist: boolean): SourcesConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (must_exist || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new SourcesError(`The file of sources ${path} cannot be read: ${(error as Error).message}.`);
    return FILE.parse({ kubernetes: in_cluster() ? [{ name: 'kubernetes' }] : [] });
  }
  const parsed = FILE.safeParse(parse_yaml(text, path) ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
    throw new SourcesError(`The file of sources ${path} is not valid: ${problems.join('; ')}.`);
  }
  const names = parsed.data.kubernetes.map((cluster) => cluster.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new SourcesError(`The file of sources ${path} has two clusters called ${twice}.`);
  const from_here = (file: string): string => resolve(dirname(path), file);
  return {
    kubernetes: parsed.data.kubernetes.map((cluster) =>
      cluster.kubeconfig === undefined ? cluster : { ...cluster, kubeconfig: from_here(cluster.kubeconfig) },
    ),
  };
}

function parse_yaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new SourcesError(`The file of sources ${path} is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}

export const open_sources = (
  config: SourcesConfig,
  inventory: Inventory,
  tell: (event: ResourceEvent) => void,
): readonly ResourceSource[] =>
  config.kubernetes.map(
    ({ name, kubeconfig: file, context, annotations, env }) =>
      new KubernetesSource(
        {
          name,
          annotations,
          env,
          access: () => (file === undefined ? service_account() : kubeconfig(file, context)),
        },
        inventory,
        tell,
      ),
  );
