// The file of sources:
//
//   kubernetes:
//     - name: prod                  # pod_cluster
//       kubeconfig: /etc/sonde/prod.kubeconfig    # missing: the service account of the pod that this runs in
//       context: prod               # missing: the file's current one
//       annotations: true           # k8s.annotation.*, default false
//       env: true                   # k8s.env.*, default false
//   files:
//     - name: cmdb
//       folder: /etc/sonde/cmdb     # *.yaml, *.json: additional resources; *.csv: tables
//   aws:
//     - name: prod
//       regions: [eu-central-1]
//       every_s: 60                 # default
//       env_prefix: PROD_           # PROD_AWS_ACCESS_KEY_ID ...; default none
//       endpoint: https://...       # another address than the regions' own
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { in_cluster } from './kubernetes/access.ts';

const word = z.string().regex(/^[A-Za-z0-9_.:@-]{1,128}$/, 'letters, digits and _.:@-');
const KUBERNETES = z.strictObject({
  name: word,
  kubeconfig: z.string().min(1).optional(),
  context: z.string().optional(),
  annotations: z.boolean().default(false),
  env: z.boolean().default(false),
});
const FILES = z.strictObject({ name: word.refine((name) => !name.startsWith('.')), folder: z.string().min(1) });
const AWS = z.strictObject({
  name: word,
  regions: z
    .array(z.string().regex(/^[a-z0-9-]{1,64}$/, 'the code of a region'))
    .min(1)
    .max(64),
  every_s: z.number().int().min(10).max(86_400).default(60),
  env_prefix: z
    .string()
    .regex(/^[A-Z0-9_]{0,64}$/, 'capitals, digits and _')
    .default(''),
  endpoint: z.url().optional(),
});
const FILE = z.strictObject({
  kubernetes: z.array(KUBERNETES).default([]),
  files: z.array(FILES).default([]),
  aws: z.array(AWS).default([]),
});
export type Config = z.infer<typeof FILE>;
/** One source that is asked for. */
export type Entry =
  | ({ readonly kind: 'kubernetes' } & z.infer<typeof KUBERNETES>)
  | ({ readonly kind: 'files' } & z.infer<typeof FILES>)
  | ({ readonly kind: 'aws' } & z.infer<typeof AWS>);

/** Wrong in a way that only a person can mend. */
export class SourcesError extends Error {}

/** What they are called in sentences. */
const KINDS = { kubernetes: 'clusters', files: 'folders', aws: 'accounts' } as const satisfies Record<
  keyof Config,
  string
>;

/** `path` that is not there: the cluster that this runs in, if it does; otherwise nothing. */
export function read_sources(path: string, must_exist: boolean): Config {
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
  for (const [kind, called] of Object.entries(KINDS)) {
    const names = parsed.data[kind as keyof Config].map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new SourcesError(`The file of sources ${path} has two ${called} called ${twice}.`);
  }
  return with_paths(parsed.data, (file) => resolve(dirname(path), file));
}

const with_paths = (config: Config, from_here: (file: string) => string): Config => ({
  ...config,
  kubernetes: config.kubernetes.map((cluster) =>
    cluster.kubeconfig === undefined ? cluster : { ...cluster, kubeconfig: from_here(cluster.kubeconfig) },
  ),
  files: config.files.map((files) => ({ ...files, folder: from_here(files.folder) })),
});

export const entries_of = (config: Config): Entry[] => [
  ...config.kubernetes.map((entry) => ({ kind: 'kubernetes' as const, ...entry })),
  ...config.files.map((entry) => ({ kind: 'files' as const, ...entry })),
  ...config.aws.map((entry) => ({ kind: 'aws' as const, ...entry })),
];

function parse_yaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new SourcesError(`The file of sources ${path} is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}
