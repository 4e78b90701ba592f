// gRPC-Web by connect: node grpc-web-server.mjs PORT 1|2 (version of HTTP). The request says what to answer.
import { createServer } from 'node:http';
import { createServer as createServer2 } from 'node:http2';
import { ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { Web } from './lib/web-service.mjs';

const refuse = (text) => {
  throw new ConnectError('as wished', Number(text));
};
const routes = (router) =>
  router.service(Web, {
    ask: ({ text }) => (text === 'ok' ? { text: 'x'.repeat(3000) } : refuse(text)),
    async *tell({ text }) {
      for (let i = 0; i < 20; i++) yield { text: 'x'.repeat(i * 100) };
      if (text !== 'ok') refuse(text);
    },
  });
const make = process.argv[3] === '2' ? createServer2 : createServer;
make(connectNodeAdapter({ routes })).listen(Number(process.argv[2]), '127.0.0.1');
