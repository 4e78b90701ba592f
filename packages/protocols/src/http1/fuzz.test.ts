import { expect, it } from 'vitest';
import { TO_CLIENT, TO_SERVER } from '../protocol.ts';
import { FUZZ_TIMEOUT_MS, fuzz } from '../testing/mutate.ts';
import { piece } from '../testing/play.ts';
import { protocol } from './parse.ts';

const GET = 'GET /items/7?page=2 HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nX-Forwarded-For: 1.1.1.1,\r\n 2.2.2.2\r\n\r\n';
const POST = 'POST /items HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello=world';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\nT: x\r\n\r\n';
const ERROR = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

const ask = (text: string) => piece(TO_SERVER, text);
const say = (text: string) => piece(TO_CLIENT, text);
const tail = [ask(GET), say(OK)];

const PROMPT = '{"model":"m-1","messages":[{"content":"say HTTP/1.1 200 OK"}]}';
const ANSWER =
  '{"model":"m-1b","choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}';
const json = (start: string, body: string) =>
  `${start}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const MODEL = json('POST /v1/chat/completions HTTP/1.1\r\nHost: h', PROMPT);
const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const EVENTS = `${STREAM}6f\r\ndata: ${ANSWER}\n\n\r\n0\r\n\r\n`;

const captures = [
  { name: 'model', pieces: [ask(MODEL), say(json('HTTP/1.1 200 OK', ANSWER)), ask(MODEL), say(EVENTS)], tail },
  { name: 'keep-alive', pieces: [ask(GET), say(OK), ask(POST), say(ERROR), ask(GET), say(CHUNKED)], tail },
  { name: 'pipeline', pieces: [ask(GET + POST + GET), say(OK + CHUNKED + OK)], tail },
  { name: 'continue', pieces: [ask(POST.slice(0, -11)), say(CONTINUE), ask('hello=world'), say(OK)], tail },
  { name: 'head', pieces: [ask(GET.replace('GET', 'HEAD')), say(OK.slice(0, -13)), ask(GET), say(OK)], tail },
];

// Pipelining clients send on while responses come (RFC 9112 section 9.3.2).
it('survives damage and finds its way again', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const report = fuzz({ protocol, captures, shared: true });
  expect(report.recovered).toBeGreaterThan(report.rounds * 0.8);
  expect(report.encrypted).toBeLessThan(report.rounds * 0.01);
});
