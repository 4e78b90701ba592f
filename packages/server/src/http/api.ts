// Routes of agents, settings and status. No logic: each calls one function and says it in HTTP.
import { FRAME_BYTES_MAX } from '@sonde/records';
import type { FastifyInstance } from 'fastify';

export interface IngestAnswer {
  readonly status: number;
  readonly body: object;
  readonly retry_after_s?: number;
}
export interface ApiDeps {
  ingest(body: Uint8Array): Promise<IngestAnswer>;
  /** Answer to an agent's sync; a string is what is wrong with the request. */
  sync(request: unknown): Promise<object | string>;
  settings(): object;
  change_settings(input: unknown): Promise<{ ok: boolean } & object>;
  status(): Promise<object>;
  /** The document in force. */
  additional_resources(): object | undefined;
  put_additional_resources(text: string): Promise<AdditionalResourcesChange>;
  data_sources(): readonly object[];
  change_data_source(table: string, input: unknown): Promise<DataSourceChange>;
}
export type DataSourceChange =
  | { readonly ok: true; readonly source: object }
  | { readonly ok: false; readonly status: 400 | 404; readonly problem: string };
export type AdditionalResourcesChange =
  | { readonly ok: true; readonly changed: boolean }
  | {
      readonly ok: false;
      readonly problems: readonly { readonly line: number; readonly path: string; readonly problem: string }[];
    };
const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;
const SUCCESS = { OPT_STATUS: 'SUCCESS', DESCRIPTION: '' };
const REFUSED = { 400: 'INVALID_PARAMETERS', 404: 'RESOURCE_NOT_FOUND' } as const;

const BINARY = 'application/octet-stream';

export function api_routes(app: FastifyInstance, deps: ApiDeps): void {
  app.addContentTypeParser(BINARY, { parseAs: 'buffer', bodyLimit: FRAME_BYTES_MAX }, (_request, body, done) => {
    done(null, body);
  });
  app.get('/api/v1/health', async () => ({ ok: true }));
  app.post('/api/v1/ingest', { bodyLimit: FRAME_BYTES_MAX }, async (request, reply) => {
    if (!Buffer.isBuffer(request.body)) return reply.code(415).send({ error: `The body must be ${BINARY}.` });
    const answer = await deps.ingest(request.body);
    if (answer.retry_after_s !== undefined) reply.header('retry-after', answer.retry_after_s);
    return reply.code(answer.status).send(answer.body);
  });
  app.post('/api/v1/agents/sync', async (request, reply) => {
    const answer = await deps.sync(request.body);
    return typeof answer === 'string' ? reply.code(400).send({ error: answer }) : answer;
  });
  app.get('/api/v1/settings', async () => deps.settings());
  app.put('/api/v1/settings', async (request, reply) => {
    const change = await deps.change_settings(request.body);
    return reply.code(change.ok ? 200 : 400).send(change);
  });
  app.get('/api/v1/status', async () => deps.status());
  for (const path of ['/v1/data-sources', '/v1/data-sources/'])
    app.get(path, async () => ({ ...SUCCESS, DATA: deps.data_sources() }));
  for (const path of ['/v1/data-sources/:table', '/v1/data-sources/:table/'])
    app.patch<{ Params: { table: string } }>(path, async (request, reply) => {
      const change = await deps.change_data_source(request.params.table, request.body);
      if (change.ok) return { ...SUCCESS, DATA: change.source };
      const { status, problem } = change;
      return reply.code(status).send({ OPT_STATUS: REFUSED[status], DESCRIPTION: problem, DATA: null });
    });
}

/** DeepFlow's additional resources: the document as YAML or JSON, whatever its content type says. */
export function additional_resource_routes(app: FastifyInstance, deps: ApiDeps): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    for (const path of ['/v1/domain-additional-resources', '/v1/domain-additional-resources/']) {
      scope.get(path, async () => ({ ...SUCCESS, DATA: deps.additional_resources() ?? {} }));
      scope.put(path, { bodyLimit: DOCUMENT_BYTES_MAX }, async (request, reply) => {
        const change = await deps.put_additional_resources(typeof request.body === 'string' ? request.body : '');
        if (change.ok) return { ...SUCCESS, DATA: { changed: change.changed } };
        const sentences = change.problems.map(
          ({ line, path: where, problem }) =>
            `${line === 0 ? '' : `line ${line}: `}${where === '' ? '' : `${where}: `}${problem}`,
        );
        const answer = { OPT_STATUS: 'INVALID_POST_DATA', DESCRIPTION: sentences.join('\n'), DATA: change.problems };
        return reply.code(400).send(answer);
      });
    }
  });
}
