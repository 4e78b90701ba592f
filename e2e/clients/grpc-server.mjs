// A gRPC server by grpc-js with a method of each kind: node grpc-server.mjs PORT. The request says what to answer: "ok", a
// status code, "open" for never, "half" for a stream that breaks.
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

const same = (bytes) => bytes;
const method = (name, requestStream, responseStream) => ({
  path: `/shop.Kinds/${name}`,
  requestStream,
  responseStream,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
});
const server = new Server();
server.addService(
  {
    Unary: method('Unary', false, false),
    Down: method('Down', false, true),
    Up: method('Up', true, false),
    Both: method('Both', true, true),
  },
  {
    Unary: (call, answer) => {
      const wish = call.request.toString();
      if (wish === 'open') return;
      if (wish === 'ok') answer(null, Buffer.from('fine'));
      else answer({ code: Number(wish), details: `as wished: ${wish}` });
    },
    Down: (call) => {
      for (let i = 0; i < 20; i++) call.write(Buffer.alloc(500 * i, i));
      if (call.request.toString() === 'ok') call.end();
      else call.emit('error', { code: status.DATA_LOSS, details: 'half of it is gone' });
    },
    Up: (call, answer) => {
      call.on('data', () => undefined);
      call.on('end', () => answer(null, Buffer.from('all there')));
    },
    Both: (call) => {
      call.on('data', (piece) => call.write(piece));
      call.on('end', () => call.end());
    },
  },
);
server.bindAsync(`127.0.0.1:${process.argv[2]}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
