// Doors of profiles that programs push: Pyroscope's two and OTLP's. Answers 4xx for what can never be taken, 429 and 503 with
// Retry-After for what may come again.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unpacked } from '../../formats/index.ts';
import { LIMITS, ProfileError } from '../../formats/profile.ts';
import { type ProfileIngest, PushLater, type PushOrigin } from './ingest.ts';
import { otlp_status, read_otlp } from './otlp.ts';
import type { Pushed } from './pushed.ts';
import { type Query, read_ingest } from './pyroscope-ingest.ts';
import { read_push, read_push_json, read_push_protobuf } from './pyroscope-push.ts';

const RETRY_AFTER_S = 1;
const CONNECT_CODES: Readonly<Record<number, string>> = {
  400: 'invalid_argument',
  413: 'resource_exhausted',
  415: 'unimplemented',
  429: 'resource_exhausted',
  503: 'unavailable',
};

export function profile_routes(app: FastifyInstance, ingest: ProfileIngest): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LIMITS.body_bytes }, (_request, body, done) => {
      done(null, body);
    });
    // As DeepFlow's agent and Pyroscope name it.
    for (const path of ['/ingest', '/api/v1/profile/ingest'])
      scope.post(path, (...args) => take_ingest(ingest, ...args));
    scope.post('/push.v1.PusherService/Push', (...args) => take_push(ingest, ...args));
    scope.post('/v1development/profiles', (...args) => take_otlp(ingest, ...args));
  });
}

const body_of = (request: FastifyRequest): Buffer => (Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
const type_of = (request: FastifyRequest): string => request.headers['content-type'] ?? '';

/** `dated`: whether the message says itself of which time it is, so that the same bytes again are a retry. */
const origin_of = (request: FastifyRequest, dated: boolean): PushOrigin => ({
  peer: request.ip.replace(/^::ffff:/, ''),
  body: body_of(request),
  query: dated ? request.url : `${request.url} ${process.hrtime.bigint()}`,
});

/** Status and sentence of a failure; one that is nobody's but ours goes on. */
function failure(error: unknown, reply: FastifyReply): { status: number; message: string } {
  if (!(error instanceof ProfileError) && !(error instanceof PushLater)) throw error;
  if (error.status === 429 || error.status === 503) reply.header('retry-after', RETRY_AFTER_S);
  return { status: error.status, message: error.message };
}

async function take_ingest(ingest: ProfileIngest, request: FastifyRequest, reply: FastifyReply) {
  const query = request.query as Query;
  try {
    const read = (now_ms: number) => read_ingest(body_of(request), type_of(request), query, now_ms);
    const rows = await ingest.take(origin_of(request, typeof query.from === 'string'), read);
    return { rows };
  } catch (error) {
    const { status, message } = failure(error, reply);
    return reply.code(status).send({ error: message });
  }
}

async function take_push(ingest: ProfileIngest, request: FastifyRequest, reply: FastifyReply) {
  const json = /^application\/json\b/.test(type_of(request));
  try {
    if (!json && !/^application\/proto\b/.test(type_of(request)))
      throw new ProfileError('The body must be application/json or application/proto.', 415);
    const read = async (now_ms: number): Promise<Pushed[]> => {
      const bytes = await unpacked(body_of(request));
      return read_push(json ? read_push_json(bytes) : read_push_protobuf(bytes), now_ms);
    };
    await ingest.take(origin_of(request, true), read);
    return reply.type(type_of(request)).send(Buffer.from(json ? '{}' : ''));
  } catch (error) {
    const { status, message } = failure(error, reply);
    return reply.code(status).send({ code: CONNECT_CODES[status], message });
  }
}

async function take_otlp(ingest: ProfileIngest, request: FastifyRequest, reply: FastifyReply) {
  reply.type('application/x-protobuf');
  try {
    if (!/^application\/x-protobuf\b/.test(type_of(request)))
      throw new ProfileError('The body must be application/x-protobuf.', 415);
    await ingest.take(origin_of(request, true), (now_ms) => read_otlp(body_of(request), now_ms));
    return reply.send(Buffer.alloc(0));
  } catch (error) {
    const { status, message } = failure(error, reply);
    return reply.code(status).send(Buffer.from(otlp_status(status, message)));
  }
}
