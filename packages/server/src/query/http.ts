// POST /v1/query, DeepFlow's door of the querier, POST /v1/query/raw for the store's own SQL, and POST /v1/profile/ProfileTracing
// (docs/formats/query-api.md).
import { parse as parse_form } from 'node:querystring';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type EngineFormat, from_engine, type QueryEngine } from './engine.ts';
import { QUERY_ERRORS, QueryError } from './error.ts';
import { profile_tracing, TRACING } from './profile/tracing.ts';
import { pyroscope_routes } from './pyroscope/routes.ts';
import { run_query } from './run.ts';
import type { KeepsHours } from './translate/range.ts';

export interface QueryRoutesDeps {
  readonly store: QueryEngine;
  readonly keeps?: KeepsHours;
}

const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', '']).transform((v) => v === 'true' || v === '1'),
]);
const QUERY = z.object({
  db: z.string().max(128).default(''),
  sql: z.string().min(1, 'sql is empty'),
  data_precision: z.string().max(16).optional(),
  debug: flag.optional(),
  query_uuid: z.string().max(128).optional(),
});
const FORMATS = {
  json: 'JSONEachRow',
  csv: 'CSVWithNames',
  tsv: 'TSVWithNames',
  compact: 'JSONCompact',
} as const satisfies Record<string, EngineFormat>;
const TYPES = {
  json: 'application/x-ndjson',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  compact: 'application/json',
} as const;
const RAW = z.object({
  db: z.string().max(128).default(''),
  sql: z.string().min(1, 'sql is empty'),
  format: z.enum(['json', 'csv', 'tsv', 'compact']).default('compact'),
  query_uuid: z.string().max(128).optional(),
});

function read_body<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const where = issue.path.join('.');
  throw new QueryError('INVALID_PARAMETERS', `${where === '' ? 'the body' : `\`${where}\``}: ${issue.message}`);
}

/** Running queries by uuid, to be cancelled by DELETE. */
class Running {
  readonly #controllers = new Map<string, AbortController>();

  /** Aborts when the client goes away; `uuid` makes it known to cancel(). */
  begin(reply: FastifyReply, uuid: string | undefined): { signal: AbortSignal; end: () => void } {
    const controller = new AbortController();
    const gone = () => {
      if (!reply.raw.writableFinished) controller.abort();
    };
    reply.raw.once('close', gone);
    if (uuid) this.#controllers.set(uuid, controller);
    const end = () => {
      reply.raw.off('close', gone);
      if (uuid && this.#controllers.get(uuid) === controller) this.#controllers.delete(uuid);
    };
    return { signal: controller.signal, end };
  }
  cancel(uuid: string): boolean {
    const controller = this.#controllers.get(uuid);
    controller?.abort();
    return controller !== undefined;
  }
}

function refuse(reply: FastifyReply, error: unknown): FastifyReply {
  const known = from_engine(error);
  if (known.code === 'BUSY') reply.header('retry-after', '1');
  const body = { OPT_STATUS: known.code, DESCRIPTION: known.message, result: null, debug: null };
  return reply.code(QUERY_ERRORS[known.code]).type('application/json').send(body);
}

/** Answers with what `run` sends, or with the refusal; the query ends when the client goes away. */
async function answer(
  running: Running,
  reply: FastifyReply,
  uuid: string | undefined,
  run: (signal: AbortSignal) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const begun = running.begin(reply, uuid);
  try {
    return await run(begun.signal);
  } catch (error) {
    return refuse(reply, error);
  } finally {
    begun.end();
  }
}

function dialect_route({ store, keeps }: QueryRoutesDeps, running: Running) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    let asked: z.infer<typeof QUERY>;
    try {
      asked = read_body(QUERY, request.body);
    } catch (error) {
      return refuse(reply, error);
    }
    const { db, sql, data_precision, debug, query_uuid } = asked;
    const statement = { db, sql, ...(data_precision && { data_precision }), ...(debug && { debug }) };
    return answer(running, reply, query_uuid, async (signal) =>
      reply.send(await run_query(store, statement, { signal, keeps })),
    );
  };
}

function raw_route(store: QueryEngine, running: Running) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    let asked: z.infer<typeof RAW>;
    try {
      asked = read_body(RAW, request.body);
    } catch (error) {
      return refuse(reply, error);
    }
    const { db, sql, format, query_uuid } = asked;
    return answer(running, reply, query_uuid, async (signal) => {
      const options = { format: FORMATS[format], untrusted: true, signal, ...(db && { database: db }) };
      const { bytes } = await store.query(sql, {}, options);
      return reply.type(TYPES[format]).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    });
  };
}

function tracing_route(store: QueryEngine, running: Running) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    let asked: z.infer<typeof TRACING>;
    try {
      asked = read_body(TRACING, request.body);
    } catch (error) {
      return refuse(reply, error);
    }
    return answer(running, reply, undefined, async (signal) => {
      const result = await profile_tracing(store, asked, { signal });
      return reply.send({ OPT_STATUS: 'SUCCESS', DESCRIPTION: '', result, debug: null });
    });
  };
}

export function query_routes(app: FastifyInstance, deps: QueryRoutesDeps): void {
  const { store } = deps;
  const running = new Running();
  pyroscope_routes(app, store);
  app.register(async (scope) => {
    // DeepFlow's clients send forms; the parser is this scope's own.
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
      done(null, parse_form(body as string));
    });
    scope.setErrorHandler((error, _request, reply) => {
      const { statusCode = 500, message } = error as { statusCode?: number; message: string };
      return refuse(reply, new QueryError(statusCode < 500 ? 'INVALID_PARAMETERS' : 'SERVER_ERROR', message));
    });
    const dialect = dialect_route(deps, running);
    scope.post('/v1/query', dialect);
    scope.post('/v1/query/', dialect);
    for (const path of ['/v1/profile/ProfileTracing', '/v1/profile/ProfileTracing/'])
      scope.post(path, tracing_route(store, running));
    scope.post('/v1/query/raw', raw_route(store, running));
    scope.delete<{ Params: { uuid: string } }>('/v1/query/:uuid', async (request, reply) => {
      const { uuid } = request.params;
      if (running.cancel(uuid))
        return reply.send({ OPT_STATUS: 'SUCCESS', DESCRIPTION: '', result: null, debug: null });
      return refuse(reply, new QueryError('RESOURCE_NOT_FOUND', `no query \`${uuid.slice(0, 64)}\` is running`));
    });
  });
}
