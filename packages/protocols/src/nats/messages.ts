// Operations of the NATS client protocol (docs.nats.io, "Client Protocol") and what becomes of each:
//
//   INFO     from the server: the first is a request, answered by CONNECT; later ones are one-way
//   CONNECT  the answer (its login is not read)
//   PING     of either side: a request, answered by the other side's PONG
//   PUB HPUB MSG HMSG SUB UNSUB +OK -ERR    one-way
export type Verb =
  | 'INFO'
  | 'CONNECT'
  | 'PING'
  | 'PONG'
  | 'PUB'
  | 'HPUB'
  | 'MSG'
  | 'HMSG'
  | 'SUB'
  | 'UNSUB'
  | '+OK'
  | '-ERR';

export interface Operation {
  readonly verb: Verb;
  /** Who sends it: 0 the client, 1 the server, undefined both. */
  readonly sender: 0 | 1 | undefined;
  /** Shape of its line, the verb left out. */
  readonly line: RegExp;
  /** The last word counts bytes that follow the line. */
  readonly payload: boolean;
}

const operation = (verb: Verb, sender: 0 | 1 | undefined, line: RegExp, payload = false): Operation => ({
  verb,
  sender,
  line,
  payload,
});

export const OPERATIONS: readonly Operation[] = [
  operation('INFO', 1, /^[ \t]+\{/),
  operation('CONNECT', 0, /^[ \t]+\{/),
  operation('PING', undefined, /^[ \t]*$/),
  operation('PONG', undefined, /^[ \t]*$/),
  operation('PUB', 0, /^[ \t]+(\S+)(?:[ \t]+(\S+))?[ \t]+(\d{1,9})[ \t]*$/, true),
  operation('HPUB', 0, /^[ \t]+(\S+)(?:[ \t]+(\S+))?[ \t]+(\d{1,9})[ \t]+(\d{1,9})[ \t]*$/, true),
  operation('MSG', 1, /^[ \t]+(\S+)[ \t]+(\S+)(?:[ \t]+(\S+))?[ \t]+(\d{1,9})[ \t]*$/, true),
  operation('HMSG', 1, /^[ \t]+(\S+)[ \t]+(\S+)(?:[ \t]+(\S+))?[ \t]+(\d{1,9})[ \t]+(\d{1,9})[ \t]*$/, true),
  operation('SUB', 0, /^[ \t]+(\S+)(?:[ \t]+(\S+))?[ \t]+(\S+)[ \t]*$/),
  operation('UNSUB', 0, /^[ \t]+(\S+)(?:[ \t]+(\d{1,15}))?[ \t]*$/),
  operation('+OK', 1, /^[ \t]*$/),
  operation('-ERR', 1, /^(?:[ \t]+.*)?$/),
];

/** Complaints that are not the client's doing. */
export const SERVERS_FAULT = /slow consumer|stale connection|maximum connections|server|internal/i;
