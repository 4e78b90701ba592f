// Calls of language models over the HTTP API that OpenAI defined and many servers share. Attributes are named as in
// OpenTelemetry's conventions for generative AI. Of the bodies only the values named here are taken.
import type { BodyReader } from '../http/body-reader.ts';
import { add_attribute } from '../http/fields.ts';
import type { Asked, BodyWatch } from '../http/watch.ts';
import { LF } from '../bytes.ts';
import type { Message } from '../protocol.ts';
import { behind_coding } from '../http/compressed.ts';
import { JsonScan } from '../http/json.ts';

/** Last part of the path -> gen_ai.operation.name. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'chat/completions': 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
  responses: 'chat',
};
// /v1/... of OpenAI and those like it, perhaps behind a prefix; /openai/deployments/... of Azure.
const PATH = /(?:\/v\d+|\/openai(?:\/deployments\/[^/]+)?)\/(chat\/completions|completions|embeddings|responses)\/?$/;

type Learnt = Partial<Record<'model' | 'input_tokens' | 'output_tokens' | 'finish_reason', string>>;

/** Path in an answer, or in an event of a streamed one, -> what it says. */
const ANSWERS: Readonly<Record<string, keyof Learnt>> = {
  model: 'model',
  'usage.prompt_tokens': 'input_tokens',
  'usage.completion_tokens': 'output_tokens',
  'usage.input_tokens': 'input_tokens',
  'usage.output_tokens': 'output_tokens',
  'choices.[].finish_reason': 'finish_reason',
  status: 'finish_reason',
  'response.model': 'model',
  'response.usage.input_tokens': 'input_tokens',
  'response.usage.output_tokens': 'output_tokens',
  'response.status': 'finish_reason',
};
const COUNT = /^\d{1,12}$/;

function learn(learnt: Learnt, path: string, text: string): void {
  const kind = Object.hasOwn(ANSWERS, path) ? ANSWERS[path] : undefined;
  if (kind === undefined || text === 'null') return;
  if ((kind === 'input_tokens' || kind === 'output_tokens') && !COUNT.test(text)) return;
  learnt[kind] = text;
}

class JsonBody implements BodyReader {
  protected readonly scan: JsonScan;
  private dead = false;
  private readonly finished: (message: Message) => void;

  constructor(on_value: (path: string, text: string) => void, finished: (message: Message) => void) {
    this.scan = new JsonScan(on_value);
    this.finished = finished;
  }

  write(bytes: Uint8Array, start: number, end: number): void {
    if (!this.dead) this.scan.write(bytes, start, end);
  }

  broken(): void {
    this.dead = true;
  }

  finish(message: Message): void {
    this.finished(message);
  }
}

const DATA = [...'data:'].map((character) => character.charCodeAt(0));

/** Server-sent events (HTML standard section 9.2): JSON after "data:" on a line of its own. */
class EventStream extends JsonBody {
  /** Characters of "data:" seen on this line; -1: another line. */
  private matched = 0;

  override write(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.matched === DATA.length) {
        let to = at;
        while (to < end && bytes[to] !== LF) to++;
        this.scan.write(bytes, at, to);
        at = to;
        if (at === end) return;
      }
      const byte = bytes[at++]!;
      if (byte === LF) this.begin_line();
      else if (this.matched >= 0) this.matched = byte === DATA[this.matched] ? this.matched + 1 : -1;
    }
  }

  override broken(): void {
    this.matched = -1;
  }

  private begin_line(): void {
    this.matched = 0;
    this.scan.reset();
  }
}

export function watch_genai({ method, path, content_type }: Asked): BodyWatch | undefined {
  if (method !== 'POST' || !content_type.startsWith('application/json')) return undefined;
  const operation = OPERATIONS[PATH.exec(path)?.[1] ?? ''];
  if (operation === undefined) return undefined;
  let asked_model: string | undefined;
  const learnt: Learnt = {};
  const finish = (message: Message): void => {
    add_attribute(message, 'gen_ai.operation.name', operation);
    if (asked_model !== undefined) add_attribute(message, 'gen_ai.request.model', asked_model);
    if (learnt.model !== undefined) add_attribute(message, 'gen_ai.response.model', learnt.model);
    if (learnt.input_tokens !== undefined) add_attribute(message, 'gen_ai.usage.input_tokens', learnt.input_tokens);
    if (learnt.output_tokens !== undefined) add_attribute(message, 'gen_ai.usage.output_tokens', learnt.output_tokens);
    if (learnt.finish_reason !== undefined)
      add_attribute(message, 'gen_ai.response.finish_reason', learnt.finish_reason);
  };
  const model = (at: string, text: string): void => {
    if (at === 'model') asked_model = text;
  };
  return {
    asks: new JsonBody(model, () => {}),
    answers(type, coding) {
      const Body = type.startsWith('text/event-stream') ? EventStream : JsonBody;
      return behind_coding(new Body((at, text) => learn(learnt, at, text), finish), coding);
    },
  };
}
