// querier.v1.QuerierService over Connect's unary POST, as Grafana's data source calls it, and the older GET /render and /render-diff.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unpacked } from '../../formats/index.ts';
import { ProfileError } from '../../formats/profile.ts';
import { Reader } from '../../formats/protobuf.ts';
import { from_engine, type QueryEngine } from '../engine.ts';
import { QUERY_ERRORS, type QueryErrorCode } from '../error.ts';
import { from_json, from_protobuf, to_json, to_protobuf } from './codec.ts';
import { type Method, REQUEST, RESPONSE } from './messages.ts';
import { render, render_diff } from './render.ts';
import { PyroscopeQueries } from './service.ts';

const SERVICE = '/querier.v1.QuerierService';
const BODY_BYTES_MAX = 1024 * 1024;
const CODES: Readonly<Record<QueryErrorCode, string>> = {
  INVALID_SQL: 'invalid_argument',
  INVALID_PARAMETERS: 'invalid_argument',
  RESOURCE_NOT_FOUND: 'not_found',
  CANCELLED: 'canceled',
  LIMIT_REACHED: 'resource_exhausted',
  TIMEOUT: 'deadline_exceeded',
  BUSY: 'resource_exhausted',
  SERVER_ERROR: 'internal',
};

export function pyroscope_routes(app: FastifyInstance, engine: QueryEngine): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) => {
      done(null, body);
    });
    for (const method of Object.keys(REQUEST) as Method[])
      scope.post(`${SERVICE}/${method}`, (request, reply) => unary(engine, method, request, reply));
    scope.get('/render', (request, reply) => plain(engine, request, reply, render));
    scope.get('/render-diff', (request, reply) => plain(engine, request, reply, render_diff));
  });
}

/** Ends the query when the client goes away. */
function signal_of(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

function failure(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof ProfileError) return { status: error.status, code: 'invalid_argument', message: error.message };
  const known = from_engine(error);
  return { status: QUERY_ERRORS[known.code], code: CODES[known.code], message: known.message };
}

async function unary(engine: QueryEngine, method: Method, request: FastifyRequest, reply: FastifyReply) {
  const type = request.headers['content-type'] ?? '';
  const json = /^application\/json\b/.test(type);
  try {
    if (!json && !/^application\/proto\b/.test(type))
      throw new ProfileError('The body must be application/json or application/proto.', 415);
    const bytes = await unpacked(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
    const asked = json ? from_json(parse(bytes), REQUEST[method]) : from_protobuf(new Reader(bytes), REQUEST[method]);
    const answer = await new PyroscopeQueries(engine, signal_of(reply)).answer(method, asked);
    if (json) return reply.type('application/json').send(JSON.stringify(to_json(answer, RESPONSE[method])));
    return reply.type('application/proto').send(Buffer.from(to_protobuf(answer, RESPONSE[method]).done()));
  } catch (error) {
    const { status, code, message } = failure(error);
    return reply.code(status).type('application/json').send({ code, message });
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    throw new ProfileError('The body is not JSON.');
  }
}

type Plain = (queries: PyroscopeQueries, query: Readonly<Record<string, unknown>>, now_ms: number) => Promise<object>;
async function plain(engine: QueryEngine, request: FastifyRequest, reply: FastifyReply, run: Plain) {
  try {
    const query = request.query as Readonly<Record<string, unknown>>;
    return await run(new PyroscopeQueries(engine, signal_of(reply)), query, Date.now());
  } catch (error) {
    const { status, message } = failure(error);
    return reply.code(status).send({ error: message });
  }
}
