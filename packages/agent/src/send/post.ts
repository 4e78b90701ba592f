// HTTP to the server over kept connections. Never throws: what goes wrong is an outcome.
import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as http_request } from 'node:http';
import { Agent as HttpsAgent, request as https_request } from 'node:https';

export interface Answer {
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  readonly body: string;
  /** Asked for by the server, ms; 0 = not. */
  readonly retry_after_ms: number;
}

const TIMEOUT_MS = 60_000;
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export class Client {
  private readonly base: URL;
  private readonly token_file: string | undefined;
  private readonly agent: HttpAgent | HttpsAgent;

  constructor(server: string, token_file: string | undefined) {
    this.base = new URL(server);
    this.token_file = token_file;
    const options = { keepAlive: true, maxSockets: 4 };
    this.agent = this.base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  post(path: string, content_type: string, body: Uint8Array): Promise<Answer> {
    const headers: Record<string, string | number> = { 'content-type': content_type, 'content-length': body.length };
    const token = this.token();
    if (token !== '') headers.authorization = `Bearer ${token}`;
    const send = this.base.protocol === 'https:' ? https_request : http_request;
    return new Promise((resolve) => {
      const fail = (error: Error) => resolve({ status: 0, body: error.message, retry_after_ms: 0 });
      const request = send(
        new URL(path, this.base),
        { method: 'POST', agent: this.agent, headers, timeout: TIMEOUT_MS },
        (response) => {
          const parts: Buffer[] = [];
          let size = 0;
          response.on('data', (part: Buffer) => {
            size += part.length;
            if (size <= BODY_BYTES_MAX) parts.push(part);
          });
          response.on('error', fail);
          response.on('aborted', () => fail(new Error('the answer was cut short')));
          response.on('end', () => {
            const after = Number(response.headers['retry-after'] ?? 0);
            const retry_after_ms = after > 0 ? after * 1000 : 0;
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8'), retry_after_ms });
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      request.on('error', fail);
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }

  /** Read each time: a token may be changed without a restart. */
  private token(): string {
    if (this.token_file === undefined) return '';
    try {
      return readFileSync(this.token_file, 'utf8').trim();
    } catch {
      return '';
    }
  }
}
