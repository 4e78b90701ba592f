// HTTP/1 through a proxy: node proxied.mjs PORT early|new GONE. What the proxy has to ask the server behind it is told, too; GONE
// is its answer where there is none, 0: do not ask.
import { Agent, request } from 'node:http';
import { beside, did, forget, ready, tell } from './lib/account.mjs';

const [port, phase, gone] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];
const CONNECTIONS = 4;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

const note = (method, path, code) => {
  const outcome = code >= 500 ? 'server_error' : code >= 400 ? 'client_error' : 'ok';
  did(method, path, outcome, code);
  if (!path.startsWith('/gone')) beside(method, path, outcome, code);
};
const ask = (path, { method = 'GET', body, code = 200, chunked = false } = {}) =>
  new Promise((done, fail) => {
    const headers = body === undefined || chunked ? {} : { 'content-length': body.length };
    const call = request({ host: '127.0.0.1', port, path, method, agent, headers }, (answer) => {
      answer.on('data', () => undefined);
      answer.on('end', () => {
        if (answer.statusCode !== code) return fail(new Error(`${path}: ${answer.statusCode} instead of ${code}`));
        note(method, path, code);
        done();
      });
    });
    call.on('error', fail);
    call.end(body);
  });
const many = (times, run) => Promise.all(Array.from({ length: times }, (_, i) => run(i)));

if (phase === 'early') {
  // The proxy's own connections are older than the agent, too.
  await many(20, () => ask('/ok/before'));
  forget();
  await ready();
  await many(200, (i) => ask(`/ok/${i % 5}`));
  await many(20, () => ask('/missing/early', { code: 404 }));
} else {
  await many(400, (i) => ask(`/ok/${i % 9}`));
  await many(40, () => ask('/ok/once'));
  await many(40, () => ask('/missing/x', { code: 404 }));
  await many(20, () => ask('/fail/x', { code: 500 }));
  await many(20, (i) => ask('/ok/upload', { method: 'POST', body: 'x'.repeat(i * 1000) }));
  await many(10, () => ask('/ok/pieces', { method: 'PUT', body: 'hidden'.repeat(20_000), chunked: true }));
  await many(10, () => ask('/ok/head', { method: 'HEAD' }));
  await many(10, () => ask('/big', { code: 200 }));
  if (gone !== 0) await many(10, () => ask('/gone/x', { code: gone }));
}
agent.destroy();
tell();
