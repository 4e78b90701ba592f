// What is sent on a ZMTP 3 connection (rfc.zeromq.org 23 and 37, mechanisms 24 and 25) and what becomes of each:
//
//   greeting   one-way row with version and mechanism, once it is whole; its signature, which is sent ahead, is seen alone
//   command    one-way row by its name: READY, ERROR, HELLO, WELCOME, INITIATE, SUBSCRIBE, CANCEL, JOIN, LEAVE, PING,
//              PONG and whatever a mechanism has
//   message    one row when its last frame has come: request or reply where a REQ or REP socket is at an end, else one-way
//              (frames before the last are seen, but are no rows)
//
// With CURVE nothing can be read behind the handshake: the connection is encrypted. Bodies are never kept, nor are the
// user and password of PLAIN's HELLO; of a body only the first byte is read, where SUB sockets of ZMTP 3.0 subscribe, and the
// group that a RADIO socket puts before each message.
export const FRAME = { greeting: 'Greeting', command: 'Command', message: 'Message' } as const;

/** Commands by which ZMTP is recognized in the middle of a connection. */
export const COMMANDS: ReadonlySet<string> = new Set([
  'READY',
  'ERROR',
  'HELLO',
  'WELCOME',
  'INITIATE',
  'SUBSCRIBE',
  'CANCEL',
  'JOIN',
  'LEAVE',
  'PING',
  'PONG',
]);
/** Commands whose data are metadata: names and values, among them the socket's type. */
export const WITH_METADATA: ReadonlySet<string> = new Set(['READY', 'INITIATE']);
/** Commands whose data are what messages of interest begin with, or the name of a group. */
export const WITH_SUBSCRIPTION: ReadonlySet<string> = new Set(['SUBSCRIBE', 'CANCEL', 'JOIN', 'LEAVE']);

export const SOCKET_TYPES: ReadonlySet<string> = new Set([
  'REQ',
  'REP',
  'DEALER',
  'ROUTER',
  'PUB',
  'XPUB',
  'SUB',
  'XSUB',
  'PUSH',
  'PULL',
  'PAIR',
  'CLIENT',
  'SERVER',
  'RADIO',
  'DISH',
  'SCATTER',
  'GATHER',
  'PEER',
  'CHANNEL',
]);

/** Whether a message of a socket asks or answers, given the other end's type; undefined: neither. */
export function role_of(sender: string | undefined, receiver: string | undefined): 'asks' | 'answers' | undefined {
  if (sender === 'REQ' || receiver === 'REP') return 'asks';
  if (sender === 'REP' || receiver === 'REQ') return 'answers';
  return undefined;
}
