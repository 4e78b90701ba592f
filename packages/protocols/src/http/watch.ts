// Exchanges whose bodies say what their headers do not, and calls of APIs that have a card of their own. Everything else is
// passed over unread. What such an API is lies in its own folder; this is the only list of them.
import { SIGNS as ELASTICSEARCH_SIGNS, watch_elasticsearch } from '../elasticsearch/watch.ts';
import { watch_genai } from '../genai/watch.ts';
import { watch_grpc_web } from '../grpc/web.ts';
import type { Message, ParseOptions } from '../protocol.ts';
import type { BodyReader } from './body-reader.ts';

/** What of the request decides. */
export interface Asked {
  method: string;
  /** Without its query. */
  path: string;
  content_type: string;
  content_encoding: string;
  user_agent: string;
  /** Id of the card whose server this connection's was seen to be; 0: nothing is known. */
  known: number;
  options: ParseOptions;
}

export interface BodyWatch {
  /** Id of the card that the rows of this exchange carry; absent: the carrier's own. */
  readonly kind?: number;
  /** Says of the request what the API calls it. */
  put?(request: Message): void;
  /** For the request's body. */
  readonly asks: BodyReader | undefined;
  /** The request is told when its body has been read; the reader's `finish` is given it. */
  readonly holds?: boolean;
  /** For the response's body; undefined when it can tell nothing. */
  answers(content_type: string, content_encoding: string, status: number): BodyReader | undefined;
}

/** A header field (lower case) that only one side of an API with a card of its own sends. */
export interface Sign {
  readonly field: string;
  /** Id of the card. */
  readonly kind: number;
}

export const SIGNS: readonly Sign[] = [...ELASTICSEARCH_SIGNS];

const WATCHES = [watch_genai, watch_grpc_web, watch_elasticsearch];

export function watch_bodies(asked: Asked): BodyWatch | undefined {
  for (const watch of WATCHES) {
    const found = watch(asked);
    if (found !== undefined) return found;
  }
  return undefined;
}
