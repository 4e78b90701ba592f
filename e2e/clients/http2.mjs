// HTTP/2 over cleartext with prior knowledge: node http2.mjs PORT early|new proxy|endings. `endings`: the server can also
// reset streams and leave them open.
import { connect, constants } from 'node:http2';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase, what] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const PATHS = ['/ok/1', '/ok/22?q=secret', '/ok/list', '/missing/x', '/fail'];
const path_of = (n) => (n % 20 === 7 ? PATHS[3] : n % 20 === 13 ? PATHS[4] : PATHS[n % 3]);
const outcome_of = (code) => (code < 400 ? 'ok' : code < 500 ? 'client_error' : 'server_error');

const open = async () => {
  const session = connect(`http://127.0.0.1:${port}`);
  await new Promise((done, fail) => session.once('remoteSettings', done).once('error', fail));
  return session;
};
const ask = (session, path, { method = 'GET', body } = {}) =>
  new Promise((done, fail) => {
    const request = session.request({ ':path': path, ':method': method, 'x-secret': 'hidden' });
    let code = 0;
    let bytes = 0;
    request.on('response', (headers) => {
      code = headers[':status'];
    });
    request.on('data', (chunk) => {
      bytes += chunk.length;
    });
    request.on('end', () => {
      did(method, path, outcome_of(code), code);
      done(bytes);
    });
    request.on('error', fail);
    request.end(body);
  });
const closed = (session) => new Promise((done) => session.close(done));
const many = (session, count, run) => Promise.all(Array.from({ length: count }, (_, i) => run(session, i)));

/** Streams that end otherwise than with a response. */
const endings = async () => {
  const session = await open();
  const ended = (path, end) =>
    new Promise((done) => {
      const request = session.request({ ':path': path });
      request.on('error', () => undefined);
      request.on('close', done);
      end?.(request);
    });
  await many(session, 50, (_, i) => {
    if (i % 2 === 0) {
      did('GET', '/reset', 'server_error');
      return ended('/reset');
    }
    did('GET', '/open', 'client_error');
    return ended('/open', (request) => setTimeout(() => request.close(constants.NGHTTP2_CANCEL), 100));
  });
  await ask(session, '/ok/after');
  await closed(session);
};

if (phase === 'early') {
  const session = await open();
  // The tables of headers are no longer empty when the agent begins: only what is not in them yet can be read.
  await many(session, 20, () => ask(session, '/ok/before'));
  did('GET', '/ok/before', 'ok', 200, -20);
  await ready();
  await many(session, 200, () => ask(session, '/ok/early'));
  await many(session, 20, () => ask(session, '/missing/early'));
  await closed(session);
} else {
  const sessions = await Promise.all([open(), open(), open(), open()]);
  await Promise.all(sessions.map((session) => many(session, 100, (_, i) => ask(session, path_of(i)))));
  await Promise.all(sessions.map((session) => many(session, 50, (_, i) => ask(session, path_of(i)))));
  const post = { method: 'POST', body: 'x'.repeat(150_000) };
  await Promise.all(sessions.map((session) => many(session, 5, () => ask(session, '/ok/upload', post))));
  // A large body between small ones, whose headers stand behind its frames.
  await Promise.all([ask(sessions[0], '/big'), many(sessions[0], 100, (_, i) => ask(sessions[0], path_of(i)))]);
  if (what === 'endings') await endings();
  for (const session of sessions) await closed(session);
}
tell();
