// The page's files, checked by etag at each load, and index.html for the paths that the page itself understands.
import { existsSync } from 'node:fs';
import fastify_static from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { is_data } from './auth.ts';

const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'";

export function page_routes(app: FastifyInstance, folder: string): void {
  if (existsSync(folder)) {
    app.register(fastify_static, {
      root: folder,
      cacheControl: false,
      setHeaders: (reply) => {
        reply.setHeader('content-security-policy', POLICY);
        reply.setHeader('cache-control', 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const is_page = request.method === 'GET' && !is_data(request.url) && !/\.\w+$/.test(request.url);
    if (is_page && existsSync(`${folder}/index.html`)) return reply.sendFile('index.html', folder);
    return reply.code(404).send({ error: `There is no ${request.method} ${request.url.slice(0, 200)}.` });
  });
}
