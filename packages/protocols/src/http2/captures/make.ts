// Makes the recordings of this folder anew: `npx tsx make.ts`, or with any runner of TypeScript.
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { record_calls } from '../../grpc/testing/calls.ts';
import { record, save } from '../../testing/record.ts';

const calls = await record_calls();
save(new URL('grpc.json', import.meta.url), calls.recording);

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(request.url === '/no' ? 404 : 200, { 'x-request-id': 'abc' });
  response.end('x'.repeat(request.url?.length ?? 0));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const recorder = await record((server.address() as AddressInfo).port);
const session = connect(`http://127.0.0.1:${recorder.port}`);
for (const path of ['/a', '/no', '/items/7?page=2', '/a', '/b', '/no']) {
  const headers = {
    ':path': path,
    ':method': path === '/b' ? 'POST' : 'GET',
    'x-large': 'z'.repeat(path === '/b' ? 30_000 : 9),
  };
  await new Promise<void>((resolve) => {
    const stream = session.request(headers, { endStream: path !== '/b' });
    stream.resume().on('close', resolve);
    if (path === '/b') stream.end('body');
  });
}
session.close();
save(new URL('http2.json', import.meta.url), await recorder.stop(`node ${process.version}`));
server.close();
