// What the shop's Node services share: a JSON server, and a client that counts every call it makes, so that somebody
// else's numbers about these calls can be checked.
import { renameSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { join } from 'node:path';

export const HOST = process.env.HOST;
export const port_of = (service) => Number(process.env[`${service.toUpperCase()}_PORT`]);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Routes: [method, pattern, handler(match, body) -> [status, value]]. */
export const serve = (service, routes) => {
  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const path = new URL(req.url, 'http://shop').pathname;
    const route = routes.find(([method, pattern]) => method === req.method && pattern.test(path));
    let answer = [404, { error: 'no such path' }];
    try {
      if (route) answer = await route[2](path.match(route[1]), body === '' ? {} : JSON.parse(body));
    } catch (error) {
      answer = [500, { error: String(error.message) }];
    }
    const text = JSON.stringify(answer[1]);
    res.writeHead(answer[0], { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    res.end(text);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(port_of(service), HOST);
  process.on('SIGTERM', () => process.exit(0));
};

/**
 * Calls of one client, counted by called service and endpoint template:
 * {"gateway": {"GET /products/*": {requests, client_error, server_error, latencies_us: [..]}}}
 */
export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  #counts = {};
  #path;

  constructor(service) {
    this.#path = join(process.env.COUNTS, `${service}.json`);
    setInterval(() => this.write(), 1000).unref();
  }

  call(service, method, path, body, headers = {}) {
    const began = process.hrtime.bigint();
    const text = body === undefined ? '' : JSON.stringify(body);
    const length = text === '' ? {} : { 'content-length': Buffer.byteLength(text) };
    const options = {
      host: HOST,
      port: port_of(service),
      method,
      path,
      agent: this.#agent,
      headers: { ...headers, ...length },
    };
    return new Promise((done, fail) => {
      const req = request(options, (res) => {
        let first;
        let answer = '';
        res.on('data', (chunk) => {
          first ??= process.hrtime.bigint();
          answer += chunk;
        });
        res.on('end', () => {
          this.#count(
            service,
            `${method} ${template(path)}`,
            res.statusCode,
            Number((first ?? process.hrtime.bigint()) - began) / 1000,
          );
          done([res.statusCode, answer === '' ? {} : JSON.parse(answer)]);
        });
      });
      req.on('error', fail);
      req.end(text);
    });
  }

  #count(service, endpoint, status, us) {
    this.#counts[service] ??= {};
    this.#counts[service][endpoint] ??= { requests: 0, client_error: 0, server_error: 0, latencies_us: [] };
    const c = this.#counts[service][endpoint];
    c.requests++;
    if (status >= 500) c.server_error++;
    else if (status >= 400) c.client_error++;
    if (c.latencies_us.length < 100_000) c.latencies_us.push(Math.round(us));
  }

  write() {
    writeFileSync(`${this.#path}.new`, JSON.stringify({ written_ms: Date.now(), calls: this.#counts }));
    renameSync(`${this.#path}.new`, this.#path);
  }
}

const template = (path) =>
  path
    .split('?')[0]
    .split('/')
    .map((part) => (/\d/.test(part) ? '*' : part))
    .join('/');
