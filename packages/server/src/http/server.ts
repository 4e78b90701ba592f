// The one port: page, API and ingest.
import Fastify, { type FastifyInstance } from 'fastify';
import { guard_requests } from './auth.ts';
import { page_routes } from './page.ts';

const JSON_BYTES_MAX = 4 * 1024 * 1024;

export interface HttpOptions {
  readonly token: string;
  /** Folder of the page. */
  readonly web: string;
  readonly routes: (app: FastifyInstance) => void;
}

export function make_http(options: HttpOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: JSON_BYTES_MAX,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
  });
  guard_requests(app, options.token);
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ error: status < 500 ? error.message : 'The server failed at this request.' });
  });
  options.routes(app);
  page_routes(app, options.web);
  return app;
}

const IDLE_MS = 50;

/** Stops listening, lets running requests finish, and closes each connection as soon as it is idle. */
export async function close_http(app: FastifyInstance): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_MS);
  await app.close().finally(() => clearInterval(sweep));
}
