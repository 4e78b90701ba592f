// One request a connection: node connections.mjs PORT CONNECTIONS PARALLEL PATH
import { connect } from 'node:net';

const [port, connections, parallel] = process.argv.slice(2, 5).map(Number);
const path = process.argv[5] ?? '/ok/1';
let begun = 0;
let answered = 0;
let refused = 0;

const one = () =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
    );
    let any = false;
    socket.on('data', () => {
      any = true;
    });
    socket.on('error', () => refused++);
    socket.on('close', () => {
      if (any) answered++;
      done();
    });
  });
const worker = async () => {
  while (begun < connections) {
    begun++;
    await one();
  }
};
await Promise.all(Array.from({ length: parallel }, worker));
console.log(JSON.stringify({ answered, refused }));
