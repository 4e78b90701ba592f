// HTTP to the server. Every failure becomes an ApiError with a sentence for the person in front of the page.

export type Failure = 'unreachable' | 'unauthorised' | 'refused' | 'failed' | 'aborted';

export class ApiError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, message: string) {
    super(message);
    this.failure = failure;
  }
}

const TOKEN_KEY = 'sonde.token';
export const set_token = (token: string): void => sessionStorage.setItem(TOKEN_KEY, token);

/** Server's clock minus this browser's, ms; 0 while they agree within the resolution of the Date header. */
let clock_offset_ms = 0;
export const now_s = (): number => Math.floor((Date.now() + clock_offset_ms) / 1000);

function note_clock(response: Response): void {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return;
  const offset = date - Date.now();
  clock_offset_ms = Math.abs(offset) < 2500 ? 0 : offset;
}

function failure_text(body: unknown, status: number): string {
  if (body !== null && typeof body === 'object') {
    for (const key of ['DESCRIPTION', 'message', 'error']) {
      const text = (body as Record<string, unknown>)[key];
      if (typeof text === 'string' && text !== '') return text;
    }
    const { problems } = body as { problems?: unknown };
    if (Array.isArray(problems) && problems.length > 0) return problems.join('; ');
  }
  return `The server answered ${status}.`;
}

async function body_of(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export async function call(path: string, init: RequestInit = {}): Promise<unknown> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(TOKEN_KEY);
  if (token) headers.set('authorization', `Bearer ${token}`);
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(path, { ...init, headers });
    body = await body_of(response);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw new ApiError('aborted', 'Cancelled.');
    throw new ApiError('unreachable', 'The server does not answer. Is it still running?');
  }
  note_clock(response);
  if (response.ok) return body;
  if (response.status === 401 || response.status === 403)
    throw new ApiError('unauthorised', 'The server asks for its access token.');
  throw new ApiError(response.status < 500 ? 'refused' : 'failed', failure_text(body, response.status));
}

export const send_json = (
  path: string,
  method: 'POST' | 'PUT',
  value: unknown,
  signal?: AbortSignal,
): Promise<unknown> =>
  call(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
    ...(signal ? { signal } : {}),
  });
