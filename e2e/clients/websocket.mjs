// WebSocket by ws: node websocket.mjs PORT early|new.
import { WebSocket } from 'ws';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const PATH = '/chat/room?name=hidden';

const open = async (perMessageDeflate = false, count = true) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${PATH}`, { perMessageDeflate });
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  if (count) did('GET', PATH, 'ok', 101, 1, 'protocol 20');
  return socket;
};
/** `count` messages under way at once, each of which comes back. */
const exchange = (socket, count, data, shown = '') =>
  new Promise((done) => {
    let back = 0;
    const type = typeof data === 'string' ? 'TEXT' : 'BINARY';
    const receive = () => {
      did(type, shown);
      if (++back < count) return;
      socket.off('message', receive);
      done();
    };
    socket.on('message', receive);
    for (let i = 0; i < count; i++) {
      socket.send(data);
      did(type, shown);
    }
  });
const closed = (socket, code) =>
  new Promise((done) => {
    socket.once('close', done);
    socket.close(code, 'enough');
  });
const talk = async (socket) => {
  const words = JSON.stringify({ say: 'hello' });
  await exchange(socket, 300, words, words);
  await exchange(socket, 200, Buffer.alloc(300, 7));
  await exchange(socket, 10, 'x'.repeat(100_000), 'x'.repeat(256));
  socket.ping();
};

if (phase === 'early') {
  const socket = await open(false, false);
  await exchange(socket, 1, 'before');
  did('TEXT', '', 'ok', null, -2);
  await ready();
  await talk(socket);
  await closed(socket, 1000);
  did('CLOSE', '', 'ok', 1000);
} else {
  const sockets = await Promise.all([open(), open(), open(), open(true)]);
  await Promise.all(sockets.slice(0, 3).map(talk));
  // Compressed: what is said cannot be shown.
  await exchange(sockets[3], 200, 'x'.repeat(500));
  for (const socket of sockets) {
    await closed(socket, 1000);
    did('CLOSE', '', 'ok', 1000);
  }
  // Codes that blame the side that closes, or the other one.
  for (const [code, outcome] of [
    [1008, 'server_error'],
    [1011, 'client_error'],
  ]) {
    const socket = await open();
    await closed(socket, code);
    did('CLOSE', '', outcome, code);
  }
  for (const [code, outcome] of [
    [1008, 'client_error'],
    [1011, 'server_error'],
  ]) {
    const socket = await open();
    const wish = `close ${code}`;
    const gone = new Promise((done) => socket.once('close', done));
    socket.send(wish);
    did('TEXT', wish);
    await gone;
    did('CLOSE', '', outcome, code);
  }
}
tell();
