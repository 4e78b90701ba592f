// A server of HTTP/2 by Node: node http2-server.mjs PORT. /reset resets the stream, /open never answers.
import { constants, createServer } from 'node:http2';

const BIG = Buffer.alloc(1_000_000, 'x');
const server = createServer();
server.on('stream', (stream, headers) => {
  const path = headers[':path'];
  stream.on('error', () => undefined);
  stream.resume();
  if (path === '/reset') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else if (path !== '/open') {
    const status = path.startsWith('/missing') ? 404 : path === '/fail' ? 500 : 200;
    stream.on('end', () => {
      stream.respond({ ':status': status, 'x-secret': 'hidden' });
      stream.end(path === '/big' ? BIG : 'fine');
    });
  }
});
server.listen(Number(process.argv[2]), '127.0.0.1');
