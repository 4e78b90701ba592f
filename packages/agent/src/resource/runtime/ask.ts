// One question to a container runtime over its socket: what is the container called? Rejects when there is no answer in time.
import { request } from 'node:http';
import { connect as connect_http2, constants } from 'node:http2';
import { connect } from 'node:net';
import { field_of, text_message } from './protobuf.ts';

const BYTES_MAX = 1024 * 1024;

/** '' = the runtime knows no such container. */
export type Ask = (socket: string, id: string, timeout_ms: number) => Promise<string>;

/** Docker Engine API, which Podman speaks too: GET /containers/{id}/json. */
export const ask_engine: Ask = (socket, id, timeout_ms) =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        socketPath: socket,
        path: `/containers/${id}/json`,
        headers: { host: 'localhost' },
        agent: false,
        timeout: timeout_ms,
      },
      (answer) => {
        const parts: Buffer[] = [];
        let size = 0;
        answer.on('data', (part: Buffer) => {
          size += part.length;
          if (size > BYTES_MAX) asked.destroy(new Error('the answer is too large'));
          else parts.push(part);
        });
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 404) resolve('');
          else if (answer.statusCode === 200) resolve(engine_name(Buffer.concat(parts).toString()));
          else reject(new Error(`status ${answer.statusCode}`));
        });
      },
    );
    const timer = setTimeout(() => asked.destroy(new Error('no answer in time')), timeout_ms);
    asked.on('error', reject);
    asked.on('close', () => clearTimeout(timer));
    asked.end();
  });

function engine_name(text: string): string {
  try {
    const { Name } = JSON.parse(text) as { Name?: unknown };
    return typeof Name === 'string' ? Name.replace(/^\//, '') : '';
  } catch {
    return '';
  }
}

const CONTAINER_STATUS = '/runtime.v1.RuntimeService/ContainerStatus';
const NOT_FOUND = '5';

/**
 * Kubernetes' Container Runtime Interface, v1, of containerd and CRI-O: a gRPC call of ContainerStatus. Fields: the request's
 * container_id 1; the answer's status 1, of that metadata 2, of that name 1.
 */
export const ask_cri: Ask = (socket, id, timeout_ms) =>
  new Promise((resolve, reject) => {
    const session = connect_http2('http://localhost', { createConnection: () => connect(socket) });
    const end = (error: Error | undefined, name = ''): void => {
      clearTimeout(timer);
      session.destroy();
      if (error === undefined) resolve(name);
      else reject(error);
    };
    const timer = setTimeout(() => end(new Error('no answer in time')), timeout_ms);
    session.on('error', end);
    const call = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: CONTAINER_STATUS,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    const parts: Buffer[] = [];
    let [size, status] = [0, ''];
    // An answer without a message has its status in the headers.
    const note = (headers: Readonly<Record<string, unknown>>): void => {
      if (typeof headers['grpc-status'] === 'string') status = headers['grpc-status'];
    };
    call.on('response', note);
    call.on('trailers', note);
    call.on('data', (part: Buffer) => {
      size += part.length;
      if (size > BYTES_MAX) end(new Error('the answer is too large'));
      else parts.push(part);
    });
    call.on('error', end);
    call.on('end', () => {
      if (status === '0') end(undefined, cri_name(Buffer.concat(parts)));
      else if (status === NOT_FOUND) end(undefined);
      else end(new Error(`gRPC status ${status}`));
    });
    const message = text_message(1, id);
    // Not compressed, then the length.
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    call.end(Buffer.concat([head, message]));
  });

function cri_name(body: Buffer): string {
  if (body.length < 5 || body[0] !== 0) return '';
  const message = body.subarray(5, 5 + body.readUInt32BE(1));
  const none = new Uint8Array();
  const metadata = field_of(field_of(message, 1) ?? none, 2);
  return Buffer.from(field_of(metadata ?? none, 1) ?? none).toString();
}
