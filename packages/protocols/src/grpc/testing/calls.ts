// A gRPC server and client (grpc-js) with one method of each kind; messages are plain bytes.
import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js';
import { record, type Recording } from '../../testing/record.ts';

const bytes = (value: Buffer): Buffer => value;

const unary: handleUnaryCall<Buffer, Buffer> = (call, answer) => {
  const wish = call.request.toString();
  if (wish === 'wait') return;
  if (wish === 'ok') answer(null, Buffer.from('fine'));
  else answer({ code: Number(wish), details: `no: 50% of ${wish} is naïve` });
};
const server_stream: handleServerStreamingCall<Buffer, Buffer> = (call) => {
  for (let i = 0; i < 20; i++) call.write(Buffer.alloc(100 * i, i));
  if (call.request.toString() === 'ok') call.end();
  else call.emit('error', { code: status.DATA_LOSS, details: 'half of it is gone' });
};
const client_stream: handleClientStreamingCall<Buffer, Buffer> = (call, answer) => {
  call.on('data', () => {});
  call.on('end', () => answer(null, Buffer.from('all there')));
};
const both: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
  call.on('data', (piece: Buffer) => call.write(piece));
  call.on('end', () => call.end());
};

const PATH = '/sonde.test.Kinds/';
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `${PATH}${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const SERVICE = {
  Unary: method('Unary', false, false),
  ServerStream: method('ServerStream', false, true),
  ClientStream: method('ClientStream', true, false),
  Both: method('Both', true, true),
};

/** What the client was told, in order of asking. */
export interface Told {
  path: string;
  code: number;
}

export async function record_calls(): Promise<{ recording: Recording; told: Told[] }> {
  const server = new Server();
  server.addService(SERVICE, { Unary: unary, ServerStream: server_stream, ClientStream: client_stream, Both: both });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const recorder = await record(port);
  const client = new Client(`127.0.0.1:${recorder.port}`, credentials.createInsecure());
  const told: Told[] = [];
  const ask = (name: string, wish: string, deadline_ms?: number): Promise<void> =>
    new Promise((resolve) => {
      const metadata = new Metadata();
      metadata.set('traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
      const options = deadline_ms === undefined ? {} : { deadline: Date.now() + deadline_ms };
      const { path, requestStream, responseStream } = SERVICE[name as keyof typeof SERVICE];
      const done = (code: number): void => {
        told.push({ path, code });
        resolve();
      };
      if (requestStream && responseStream) {
        const call = client.makeBidiStreamRequest(path, bytes, bytes, metadata, options);
        call.on('data', () => {}).on('error', () => {});
        call.on('status', (s) => done(s.code));
        for (let i = 0; i < 5; i++) call.write(Buffer.from(`${wish} ${i}`));
        call.end();
      } else if (requestStream) {
        const call = client.makeClientStreamRequest(path, bytes, bytes, metadata, options, (e) => done(e?.code ?? 0));
        for (let i = 0; i < 5; i++) call.write(Buffer.alloc(2000, i));
        call.end();
      } else if (responseStream) {
        const call = client.makeServerStreamRequest(path, bytes, bytes, Buffer.from(wish), metadata, options);
        call.on('data', () => {}).on('error', () => {});
        call.on('status', (s) => done(s.code));
      } else {
        client.makeUnaryRequest(path, bytes, bytes, Buffer.from(wish), metadata, options, (e) => done(e?.code ?? 0));
      }
    });
  for (const wish of ['ok', '5', '13', 'ok']) await ask('Unary', wish);
  await ask('ServerStream', 'ok');
  await ask('ServerStream', 'fail');
  await ask('ClientStream', 'ok');
  await ask('Both', 'ok');
  await ask('Unary', 'wait', 100);
  await ask('Unary', '16');
  client.close();
  server.forceShutdown();
  return { recording: await recorder.stop('@grpc/grpc-js'), told };
}
