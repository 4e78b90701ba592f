// Calls by grpc-js whose messages are plain bytes, each told with the status that the client saw.
import { Client, credentials } from '@grpc/grpc-js';
import { did } from './account.mjs';

const same = (bytes) => bytes;
/** Codes that count against the server (OpenTelemetry's conventions for RPC). */
const SERVERS_FAULT = new Set([2, 4, 12, 13, 14, 15]);

export const note = (path, code, about = '', times = 1) => {
  // A call without an error has the code of HTTP.
  if (code === 0) did('POST', path, 'ok', 200, times, about);
  else did('POST', path, SERVERS_FAULT.has(code) ? 'server_error' : 'client_error', code, times, about);
};

/** One connection. */
export const open = async (port) => {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  await new Promise((done, fail) =>
    client.waitForReady(Date.now() + 10_000, (error) => (error ? fail(error) : done())),
  );
  return client;
};

/** Ends with the answer; fails when the status is another than `code`. */
export const unary = (client, path, bytes, code = 0, told = note) =>
  new Promise((done, fail) => {
    client.makeUnaryRequest(path, same, same, Buffer.from(bytes), (error, answer) => {
      const seen = error?.code ?? 0;
      if (seen !== code) return fail(error ?? new Error(`${path} did not fail`));
      told(path, seen);
      done(answer);
    });
  });

/** A call of any kind of stream, `messages` up; ends when its status has come. */
export const stream = (client, kind, path, messages, code = 0) =>
  new Promise((done, fail) => {
    const settle = (seen) => {
      if (seen !== code) return fail(new Error(`${path} ended with ${seen}`));
      note(path, seen);
      done();
    };
    const call =
      kind === 'down'
        ? client.makeServerStreamRequest(path, same, same, messages[0])
        : kind === 'up'
          ? client.makeClientStreamRequest(path, same, same, (error) => settle(error?.code ?? 0))
          : client.makeBidiStreamRequest(path, same, same);
    call.on('error', () => undefined);
    if (kind !== 'up') call.on('data', () => undefined).on('status', (status) => settle(status.code));
    if (kind === 'down') return;
    for (const message of messages) call.write(message);
    call.end();
  });

/** A call that the client gives up after a moment. */
export const given_up = (client, path, bytes) =>
  new Promise((done) => {
    const call = client.makeUnaryRequest(path, same, same, Buffer.from(bytes), () => {
      note(path, 1);
      // Its end is told to the server after it is told here.
      setTimeout(done, 100);
    });
    setTimeout(() => call.cancel(), 200);
  });

export const many = (count, run) => Promise.all(Array.from({ length: count }, (_, i) => run(i)));
