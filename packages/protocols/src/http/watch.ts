// Exchanges whose bodies say what their headers do not. Everything else is passed over unread.
import { watch_genai } from '../genai/watch.ts';
import { watch_grpc_web } from '../grpc/web.ts';
import type { BodyReader } from './body-reader.ts';

/** Header fields of the request that decide. */
export interface Asked {
  method: string;
  /** Without its query. */
  path: string;
  content_type: string;
}

export interface BodyWatch {
  /** For the request's body. */
  readonly asks: BodyReader | undefined;
  /** For the response's body; undefined when it can tell nothing. */
  answers(content_type: string, content_encoding: string): BodyReader | undefined;
}

const WATCHES = [watch_genai, watch_grpc_web];

export function watch_bodies(asked: Asked): BodyWatch | undefined {
  for (const watch of WATCHES) {
    const found = watch(asked);
    if (found !== undefined) return found;
  }
  return undefined;
}
