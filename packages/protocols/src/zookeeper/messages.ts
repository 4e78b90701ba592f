// What travels on a client's connection (zookeeper.jute, ZooDefs.OpCode), and what becomes of each:
//
//   ConnectRequest, ConnectResponse   request and response "connect"; a session id of 0 means that the session has expired
//   RequestHeader and record          request of the operation's name, see OPERATIONS
//   ReplyHeader and record            response; zxid as an attribute, the path that was made as the result
//   WatcherEvent (xid -1)             session "notification": kind of event, state and path
//   ping (xid -2)                     request and response: a session's heartbeat
//   auth (xid -4), sasl               request and response; scheme only, never a credential or token
//   setWatches (xid -8)               request and response: a client that came back
//   four-letter words                 request of that name; the response is the first line of what is answered
//
// Operations that only servers use among themselves (createSession -10, error -1) and notification (0) are no requests.
// The data of nodes and the ids in access lists are never kept.

/** Transaction ids that are none (ClientCnxn, "xid"). */
export const XID = { connect: 0, notification: -1, ping: -2, auth: -4, set_watches: -8 } as const;

export interface Operation {
  readonly name: string;
  /**
   * Fields of the request's record: p path, d data, a access list, f flags of a new node, i number, l long number,
   * w whether to watch, m kind of watch, s servers, c scheme; M members of a transaction; . the rest, which is not read.
   */
  readonly fields: string;
  /** The reply begins with the path that was made. */
  readonly makes?: true;
}

const o = (name: string, fields: string): Operation => ({ name, fields });
const make = (name: string, fields: string): Operation => ({ name, fields, makes: true });

export const CONNECT = o('connect', '.');
export const MULTI = 14;
export const MULTI_READ = 22;

const OPERATIONS: Readonly<Record<number, Operation>> = {
  1: make('create', 'pdaf'),
  2: o('delete', 'pi'),
  3: o('exists', 'pw'),
  4: o('getData', 'pw'),
  5: o('setData', 'pdi'),
  6: o('getACL', 'p'),
  7: o('setACL', 'pai'),
  8: o('getChildren', 'pw'),
  9: o('sync', 'p'),
  11: o('ping', ''),
  12: o('getChildren2', 'pw'),
  13: o('check', 'pi'),
  14: o('multi', 'M'),
  15: make('create2', 'pdaf'),
  16: o('reconfig', 'sssl'),
  17: o('checkWatches', 'pi'),
  18: o('removeWatches', 'pi'),
  19: make('createContainer', 'pdaf'),
  20: o('deleteContainer', 'p'),
  21: make('createTTL', 'pdafl'),
  22: o('multiRead', 'M'),
  100: o('auth', 'ic.'),
  101: o('setWatches', '.'),
  102: o('sasl', '.'),
  103: o('getEphemerals', 'p'),
  104: o('getAllChildrenNumber', 'p'),
  105: o('setWatches2', '.'),
  106: o('addWatch', 'pm'),
  107: o('whoAmI', ''),
  [-11]: o('closeSession', ''),
};

export function operation_of(type: number): Operation | undefined {
  return OPERATIONS[type];
}

/** Operations that the special transaction ids stand for; undefined: an id is free for any. */
export function operations_of_xid(xid: number): readonly number[] | undefined {
  if (xid >= 0) return undefined;
  return SPECIAL[xid] ?? [];
}

const SPECIAL: Readonly<Record<number, readonly number[]>> = {
  [XID.ping]: [11],
  [XID.auth]: [100],
  [XID.set_watches]: [101, 105],
};

/** CreateMode: flags of create and its kin. */
export const CREATE_MODES = [
  ...['PERSISTENT', 'EPHEMERAL', 'PERSISTENT_SEQUENTIAL', 'EPHEMERAL_SEQUENTIAL'],
  ...['CONTAINER', 'PERSISTENT_WITH_TTL', 'PERSISTENT_SEQUENTIAL_WITH_TTL'],
];
/** AddWatchMode. */
export const WATCH_MODES = ['PERSISTENT', 'PERSISTENT_RECURSIVE'];

/** Watcher.Event.EventType and KeeperState. */
export const EVENTS: Readonly<Record<number, string>> = {
  [-1]: 'None',
  1: 'NodeCreated',
  2: 'NodeDeleted',
  3: 'NodeDataChanged',
  4: 'NodeChildrenChanged',
  5: 'DataWatchRemoved',
  6: 'ChildWatchRemoved',
  7: 'PersistentWatchRemoved',
};
export const STATES: Readonly<Record<number, string>> = {
  0: 'Disconnected',
  3: 'SyncConnected',
  4: 'AuthFailed',
  5: 'ConnectedReadOnly',
  6: 'SaslAuthenticated',
  7: 'Closed',
  [-112]: 'Expired',
};

/** Four-letter words (server.command.FourLetterCommands and those of later versions). */
const WORDS = [
  ...['conf', 'cons', 'crst', 'dirs', 'dump', 'envi', 'gtmk', 'hash', 'icfg', 'isro', 'lead', 'mntr', 'obsr', 'orst'],
  ...['ruok', 'srst', 'srvr', 'stat', 'stmk', 'sysp', 'wchc', 'wchp', 'wchs'],
];
const words = new Map(
  WORDS.map((word) => [
    word.charCodeAt(0) * 0x100_0000 + (word.charCodeAt(1) << 16) + (word.charCodeAt(2) << 8) + word.charCodeAt(3),
    word,
  ]),
);

/** The word whose four letters are the bytes of this number. */
export function word_of(letters: number): string | undefined {
  return words.get(letters);
}
