// Command bytes of the client/server protocol (MySQL: include/my_command.h; MariaDB adds those from 0xfa on), and how the
// answer of each is to be read.

/**
 * - result: OK, an error, or any number of result sets
 * - prepare: statement id and counts, then definitions of parameters and columns
 * - fields: definitions up to an end marker
 * - rows: rows up to an end marker
 * - text: one packet of plain text
 * - login: as after a handshake
 * - stream: packets until the connection ends
 * - none: no answer at all
 */
export type Answer = 'result' | 'prepare' | 'fields' | 'rows' | 'text' | 'login' | 'stream' | 'none';

export interface Command {
  readonly name: string;
  readonly answer: Answer;
}

export const COM = {
  quit: 0x01,
  init_db: 0x02,
  query: 0x03,
  field_list: 0x04,
  create_db: 0x05,
  drop_db: 0x06,
  process_kill: 0x0c,
  ping: 0x0e,
  change_user: 0x11,
  stmt_prepare: 0x16,
  stmt_execute: 0x17,
  stmt_send_long_data: 0x18,
  stmt_close: 0x19,
  stmt_reset: 0x1a,
  stmt_fetch: 0x1c,
  stmt_bulk_execute: 0xfa,
} as const;

// Left out: those that the server uses inside only and refuses from a client (SLEEP, CONNECT, TIME, DELAYED_INSERT,
// CONNECT_OUT, DAEMON).
const TABLE: readonly (readonly [number, string, Answer])[] = [
  [0x01, 'COM_QUIT', 'none'],
  [0x02, 'COM_INIT_DB', 'result'],
  [0x03, 'COM_QUERY', 'result'],
  [0x04, 'COM_FIELD_LIST', 'fields'],
  [0x05, 'COM_CREATE_DB', 'result'],
  [0x06, 'COM_DROP_DB', 'result'],
  [0x07, 'COM_REFRESH', 'result'],
  [0x08, 'COM_SHUTDOWN', 'result'],
  [0x09, 'COM_STATISTICS', 'text'],
  [0x0a, 'COM_PROCESS_INFO', 'result'],
  [0x0c, 'COM_PROCESS_KILL', 'result'],
  [0x0d, 'COM_DEBUG', 'result'],
  [0x0e, 'COM_PING', 'result'],
  [0x11, 'COM_CHANGE_USER', 'login'],
  [0x12, 'COM_BINLOG_DUMP', 'stream'],
  [0x13, 'COM_TABLE_DUMP', 'stream'],
  [0x15, 'COM_REGISTER_SLAVE', 'result'],
  [0x16, 'COM_STMT_PREPARE', 'prepare'],
  [0x17, 'COM_STMT_EXECUTE', 'result'],
  [0x18, 'COM_STMT_SEND_LONG_DATA', 'none'],
  [0x19, 'COM_STMT_CLOSE', 'none'],
  [0x1a, 'COM_STMT_RESET', 'result'],
  [0x1b, 'COM_SET_OPTION', 'result'],
  [0x1c, 'COM_STMT_FETCH', 'rows'],
  [0x1e, 'COM_BINLOG_DUMP_GTID', 'stream'],
  [0x1f, 'COM_RESET_CONNECTION', 'result'],
  [0x20, 'COM_CLONE', 'stream'],
  [0xfa, 'COM_STMT_BULK_EXECUTE', 'result'],
];

export const COMMANDS: ReadonlyMap<number, Command> = new Map(
  TABLE.map(([code, name, answer]) => [code, { name, answer }]),
);
