// How a cluster is reached: the service account of the pod that this runs in, or a context of a kubeconfig file.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { at, is_object, type Json, list, object, text } from './json.ts';

export interface Access {
  readonly server: URL;
  /** PEM; undefined = the certificates that Node trusts. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly insecure: boolean;
  /** Name to check the server's certificate against, where it is not the address's. */
  readonly server_name: string | undefined;
  /** Bearer token of the moment, '' = none: files of tokens are renewed while this runs. */
  token(): string;
}

/** Cannot be used as it is; the message says why, and what can. */
export class AccessError extends Error {}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN_KEPT_MS = 60_000;

export const in_cluster = (env: NodeJS.ProcessEnv = process.env): boolean => (env.KUBERNETES_SERVICE_HOST ?? '') !== '';

export function service_account(env: NodeJS.ProcessEnv = process.env, folder = ACCOUNT): Access {
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  if (host === '') throw new AccessError('This is no pod of a cluster: KUBERNETES_SERVICE_HOST is not set.');
  const token = token_file(`${folder}/token`);
  if (token() === '') throw new AccessError(`The service account has no token in ${folder}/token.`);
  const port = env.KUBERNETES_SERVICE_PORT ?? '443';
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    ca: read(`${folder}/ca.crt`),
    cert: undefined,
    key: undefined,
    insecure: false,
    server_name: undefined,
    token,
  };
}

/** `context` '' = the file's current one. */
export function kubeconfig(path: string, context = ''): Access {
  const config = load(path);
  const chosen = context === '' ? text(config, 'current-context') : context;
  const found = named(config, 'contexts', chosen, 'context', path);
  const cluster = named(config, 'clusters', text(found, 'cluster'), 'cluster', path);
  const user = text(found, 'user') === '' ? {} : named(config, 'users', text(found, 'user'), 'user', path);
  refuse_unknown(user, path);
  const file = (name: string): string => resolve(dirname(path), name);
  const pem = (from: Json, name: string): string | undefined => {
    const data = text(from, `${name}-data`);
    if (data !== '') return Buffer.from(data, 'base64').toString('utf8');
    return text(from, name) === '' ? undefined : read(file(text(from, name)));
  };
  const given = text(user, 'token');
  return {
    server: server_of(cluster, path),
    ca: pem(cluster, 'certificate-authority'),
    cert: pem(user, 'client-certificate'),
    key: pem(user, 'client-key'),
    insecure: at(cluster, 'insecure-skip-tls-verify') === true,
    server_name: text(cluster, 'tls-server-name') || undefined,
    token: given === '' && text(user, 'tokenFile') !== '' ? token_file(file(text(user, 'tokenFile'))) : () => given,
  };
}

function load(path: string): Json {
  let config: unknown;
  try {
    config = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new AccessError(`The kubeconfig ${path} cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!is_object(config)) throw new AccessError(`The kubeconfig ${path} holds no object.`);
  return config;
}

/** kubeconfig keeps its things as lists of {name, <field>}. */
function named(config: Json, section: string, name: string, field: string, path: string): Json {
  const entry = list(config, section).find((item) => text(item, 'name') === name);
  if (entry === undefined)
    throw new AccessError(`The kubeconfig ${path} has no ${field} called "${name}" among its ${section}.`);
  return object(entry, field);
}

function server_of(cluster: Json, path: string): URL {
  const server = text(cluster, 'server');
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
    throw new AccessError(`The kubeconfig ${path} names no server by an http or https address.`);
  if (text(cluster, 'proxy-url') !== '')
    throw new AccessError(`The kubeconfig ${path} asks for a proxy (proxy-url), which is not supported.`);
  return new URL(server);
}

/** Ways to log in that need another program. */
function refuse_unknown(user: Json, path: string): void {
  const way = ['exec', 'auth-provider', 'username'].find((name) => at(user, name) !== undefined);
  if (way === undefined) return;
  const words: Readonly<Record<string, string>> = {
    exec: `an exec plugin (${text(user, 'exec', 'command')}), and no other program is run with the rights of this server`,
    'auth-provider': 'an auth-provider, which Kubernetes has given up',
    username: 'a user name and password, which Kubernetes has given up',
  };
  throw new AccessError(
    `The kubeconfig ${path} logs in by ${words[way]}. Use the token of a service account: docs/how-to/connect-kubernetes.md.`,
  );
}

function token_file(path: string): () => string {
  let token = '';
  let read_ms = Number.NEGATIVE_INFINITY;
  return () => {
    if (Date.now() - read_ms < TOKEN_KEPT_MS) return token;
    try {
      token = readFileSync(path, 'utf8').trim();
      read_ms = Date.now();
    } catch {
      // Being replaced: the one before is good for a while.
    }
    return token;
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AccessError(`${path} cannot be read: ${(error as Error).message}.`);
  }
}
