// HTTP to the API server: whole answers and streams of lines. Every wait is bounded, every size too.
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as http_request } from 'node:http';
import { Agent as HttpsAgent, request as https_request } from 'node:https';
import { StringDecoder } from 'node:string_decoder';
import type { Access } from './access.ts';
import { number, text } from './json.ts';

/** The API server said no. `status` 0: it said nothing. */
export class ApiError extends Error {
  readonly status: number;
  readonly retry_after_ms: number;
  constructor(status: number, message: string, retry_after_ms = 0, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.retry_after_ms = retry_after_ms;
  }
}

const ANSWER_MS_MAX = 60_000;
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
/** etcd takes objects up to 1.5 MB. */
const LINE_CHARS_MAX = 16 * 1024 * 1024;
const ERROR_BYTES_MAX = 64 * 1024;

export class Api {
  private readonly access: Access;
  private readonly agent: HttpAgent | HttpsAgent;
  /** Bytes received. */
  bytes = 0;

  constructor(access: Access) {
    this.access = access;
    const { ca, cert, key, insecure, server_name } = access;
    this.agent =
      access.server.protocol === 'https:'
        ? new HttpsAgent({
            keepAlive: true,
            ...(ca !== undefined && { ca }),
            ...(cert !== undefined && { cert }),
            ...(key !== undefined && { key }),
            ...(server_name !== undefined && { servername: server_name }),
            rejectUnauthorized: !insecure,
          })
        : new HttpAgent({ keepAlive: true });
  }

  /** The answer's JSON. Rejects with an ApiError. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const body = await this.read(await this.open(path, signal, ANSWER_MS_MAX), ANSWER_BYTES_MAX);
    try {
      return JSON.parse(body);
    } catch (error) {
      throw new ApiError(0, 'the answer is no JSON', 0, { cause: error });
    }
  }

  /** Calls `line` with each line until the stream ends; rejects with an ApiError when it breaks or is silent for `idle_ms`. */
  async lines(
    path: string,
    signal: AbortSignal,
    idle_ms: number,
    opened: () => void,
    line: (text: string) => void,
  ): Promise<void> {
    const response = await this.open(path, signal, idle_ms);
    opened();
    const decoder = new StringDecoder('utf8');
    // Parts are joined once a line is whole: a large object comes in many.
    let parts: string[] = [];
    let size = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        this.bytes += chunk.length;
        const pieces = decoder.write(chunk).split('\n');
        for (let i = 0; i < pieces.length - 1; i++) {
          const whole = parts.length === 0 ? pieces[i]! : parts.join('') + pieces[i];
          parts = [];
          size = 0;
          if (whole !== '') line(whole);
        }
        const rest = pieces.at(-1)!;
        size += rest.length;
        if (size > LINE_CHARS_MAX) throw new ApiError(0, 'a line of the watch is too long');
        if (rest !== '') parts.push(rest);
      }
    } catch (error) {
      throw as_api_error(error);
    } finally {
      response.destroy();
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private async open(path: string, signal: AbortSignal, idle_ms: number): Promise<IncomingMessage> {
    const { server } = this.access;
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
    const token = this.access.token();
    const headers = {
      accept: 'application/json',
      'user-agent': 'sonde',
      ...(token !== '' && { authorization: `Bearer ${token}` }),
    };
    const send = server.protocol === 'https:' ? https_request : http_request;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request: ClientRequest = send(url, { agent: this.agent, headers, signal, timeout: idle_ms }, resolve);
      request.on('timeout', () => request.destroy(new Error(`no word for ${Math.round(idle_ms / 1000)} s`)));
      request.on('error', (error) => reject(as_api_error(error)));
      request.end();
    });
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    const said = await this.read(response, ERROR_BYTES_MAX).catch(() => '');
    const after_s = Number(response.headers['retry-after'] ?? 0);
    throw new ApiError(status, status_message(said) || `status ${status}`, after_s > 0 ? after_s * 1000 : 0);
  }

  private async read(response: IncomingMessage, bytes_max: number): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > bytes_max) throw new ApiError(0, `the answer is longer than ${bytes_max} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      response.destroy();
      throw as_api_error(error);
    }
    this.bytes += size;
    return Buffer.concat(chunks).toString('utf8');
  }
}

const as_api_error = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, (error as Error).message, 0, { cause: error });

/** Message of a Status object, the API server's form of an error. */
function status_message(body: string): string {
  try {
    return text(JSON.parse(body), 'message').slice(0, 300);
  } catch {
    return '';
  }
}
/** Code of a Status object. */
export const status_code = (status: unknown): number => number(status, 'code');
