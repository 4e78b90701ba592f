// One name asked from each of PEERS sockets: node peers.mjs PORT PEERS
import { createSocket } from 'node:dgram';

const [port, peers] = process.argv.slice(2).map(Number);
const question = (id) => {
  const name = Buffer.from('\x05host1\x04test\x00', 'latin1');
  return Buffer.concat([
    Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    name,
    Buffer.from([0, 1, 0, 1]),
  ]);
};
const one = (id) =>
  new Promise((done) => {
    const socket = createSocket('udp4');
    const timer = setTimeout(() => {
      socket.close();
      done(0);
    }, 5000);
    socket.on('message', () => {
      clearTimeout(timer);
      socket.close();
      done(1);
    });
    socket.send(question(id), port, '127.0.0.1');
  });
let answered = 0;
for (let i = 0; i < peers; i += 50) {
  const batch = await Promise.all(Array.from({ length: Math.min(50, peers - i) }, (_, k) => one(i + k + 1)));
  answered += batch.reduce((a, b) => a + b, 0);
}
console.log(JSON.stringify({ answered }));
