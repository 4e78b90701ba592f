// Who may speak to the server.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Paths of data: our own, and those of other projects' clients. */
export const is_data = (url: string): boolean =>
  /^\/(?:(?:api|v1|v1development|(?:push|querier)\.v1\.\w+)\/|(?:ingest|render|render-diff)(?:[/?]|$))/.test(url);
/** Paths that need no token: the page's files, which hold no data, and the liveness check. */
const is_open = (url: string): boolean => !is_data(url) || url === '/api/v1/health';
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * With a token: every data path wants it. Without one the server listens on loopback only, and the Host header must be an
 * address or localhost: a name would mean that a web page elsewhere pointed its own name at this machine (DNS rebinding).
 */
export function guard_requests(app: FastifyInstance, token: string): void {
  const wanted = digest(`Bearer ${token}`);
  app.addHook('onRequest', async (request, reply) => {
    if (token === '') {
      const name = request.hostname.replace(/^\[|\]$/g, '');
      if (name !== 'localhost' && isIP(name) === 0) {
        return reply.code(403).send({ error: `This server does not answer as ${name}. Use its address.` });
      }
    } else if (!is_open(request.url) && !timingSafeEqual(digest(request.headers.authorization ?? ''), wanted)) {
      return reply
        .code(401)
        .header('www-authenticate', 'Bearer')
        .send({ error: 'This server wants its token: Authorization: Bearer TOKEN.' });
    }
    return undefined;
  });
}
