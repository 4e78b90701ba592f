// Commands of PulsarApi.proto (BaseCommand) and what becomes of each:
//
//   request    a question of a client; AUTH_CHALLENGE is the server's, PING anybody's
//   response   its answer
//   session    one-way: what nobody answers, or answers out of turn (acknowledgements, watchers of topics)
//
// CLOSE_PRODUCER and CLOSE_CONSUMER are one-way when the server sends them. A command that is not listed is one-way, by its
// number. Numbers below are those of fields. Login data (CONNECT, AUTH_RESPONSE and what proxies add) are not among them.
export interface Command {
  readonly name: string;
  /** Its name as a field of BaseCommand. */
  readonly field: string;
  readonly kind: 'request' | 'response' | 'session';
  /** Who sends it; undefined: both. */
  readonly from?: 'client' | 'server';
  readonly request?: number;
  readonly topic?: number;
  /** A message with the topic as its first field. */
  readonly topic_within?: number;
  readonly namespace?: number;
  readonly subscription?: number;
  readonly producer?: number;
  readonly consumer?: number;
  readonly sequence?: number;
  readonly message_id?: number;
  readonly error?: number;
  readonly error_text?: number;
  /** Where false, the answer is not the last one. */
  readonly ready?: number;
  /** Metadata and messages follow the command. */
  readonly payload?: true;
  /** One-way when the server sends it. */
  readonly orders?: true;
}

type Numbers = Omit<Command, 'name' | 'field' | 'kind' | 'from'>;
const ask = (name: string, field: string, numbers: Numbers = {}): Command => ({
  name,
  field,
  kind: 'request',
  from: 'client',
  ...numbers,
});
const answer = (name: string, field: string, numbers: Numbers = {}): Command => ({
  name,
  field,
  kind: 'response',
  from: 'server',
  ...numbers,
});
const alone = (name: string, field: string, from: 'client' | 'server', numbers: Numbers = {}): Command => ({
  name,
  field,
  kind: 'session',
  from,
  ...numbers,
});
const ended = { request: 1, error: 4, error_text: 5 };

export const CONNECT = 2;
export const CONNECTED = 3;
export const ERROR = 14;
export const PING = 18;
export const PONG = 19;
export const AUTH_CHALLENGE = 36;
export const AUTH_RESPONSE = 37;

export const COMMANDS: Readonly<Record<number, Command>> = {
  2: ask('CONNECT', 'connect'),
  3: answer('CONNECTED', 'connected'),
  4: ask('SUBSCRIBE', 'subscribe', { topic: 1, subscription: 2, consumer: 4, request: 5 }),
  5: ask('PRODUCER', 'producer', { topic: 1, producer: 2, request: 3 }),
  6: ask('SEND', 'send', { producer: 1, sequence: 2, message_id: 9, payload: true }),
  7: answer('SEND_RECEIPT', 'send_receipt', { producer: 1, sequence: 2, message_id: 3 }),
  8: answer('SEND_ERROR', 'send_error', { producer: 1, sequence: 2, error: 3, error_text: 4 }),
  9: alone('MESSAGE', 'message', 'server', { consumer: 1, message_id: 2, payload: true }),
  10: alone('ACK', 'ack', 'client', { consumer: 1 }),
  11: alone('FLOW', 'flow', 'client', { consumer: 1 }),
  12: ask('UNSUBSCRIBE', 'unsubscribe', { consumer: 1, request: 2 }),
  13: answer('SUCCESS', 'success', { request: 1 }),
  14: answer('ERROR', 'error', { request: 1, error: 2, error_text: 3 }),
  15: { name: 'CLOSE_PRODUCER', field: 'close_producer', kind: 'request', orders: true, producer: 1, request: 2 },
  16: { name: 'CLOSE_CONSUMER', field: 'close_consumer', kind: 'request', orders: true, consumer: 1, request: 2 },
  17: answer('PRODUCER_SUCCESS', 'producer_success', { request: 1, ready: 6 }),
  18: { name: 'PING', field: 'ping', kind: 'request' },
  19: { name: 'PONG', field: 'pong', kind: 'response' },
  20: alone('REDELIVER_UNACKNOWLEDGED_MESSAGES', 'redeliver_unacknowledged_messages', 'client', { consumer: 1 }),
  21: ask('PARTITIONED_METADATA', 'partition_metadata', { topic: 1, request: 2 }),
  22: answer('PARTITIONED_METADATA_RESPONSE', 'partition_metadata_response', { request: 2, error: 4, error_text: 5 }),
  23: ask('LOOKUP', 'lookup_topic', { topic: 1, request: 2 }),
  24: answer('LOOKUP_RESPONSE', 'lookup_topic_response', { request: 4, error: 6, error_text: 7 }),
  25: ask('CONSUMER_STATS', 'consumer_stats', { request: 1, consumer: 4 }),
  26: answer('CONSUMER_STATS_RESPONSE', 'consumer_stats_response', { request: 1, error: 2, error_text: 3 }),
  27: alone('REACHED_END_OF_TOPIC', 'reached_end_of_topic', 'server', { consumer: 1 }),
  28: ask('SEEK', 'seek', { consumer: 1, request: 2 }),
  29: ask('GET_LAST_MESSAGE_ID', 'get_last_message_id', { consumer: 1, request: 2 }),
  30: answer('GET_LAST_MESSAGE_ID_RESPONSE', 'get_last_message_id_response', { request: 2 }),
  31: alone('ACTIVE_CONSUMER_CHANGE', 'active_consumer_change', 'server', { consumer: 1 }),
  32: ask('GET_TOPICS_OF_NAMESPACE', 'get_topics_of_namespace', { request: 1, namespace: 2 }),
  33: answer('GET_TOPICS_OF_NAMESPACE_RESPONSE', 'get_topics_of_namespace_response', { request: 1 }),
  34: ask('GET_SCHEMA', 'get_schema', { request: 1, topic: 2 }),
  35: answer('GET_SCHEMA_RESPONSE', 'get_schema_response', { request: 1, error: 2, error_text: 3 }),
  36: { name: 'AUTH_CHALLENGE', field: 'auth_challenge', kind: 'request', from: 'server' },
  37: { name: 'AUTH_RESPONSE', field: 'auth_response', kind: 'response', from: 'client' },
  38: alone('ACK_RESPONSE', 'ack_response', 'server', { consumer: 1, error: 4, error_text: 5 }),
  39: ask('GET_OR_CREATE_SCHEMA', 'get_or_create_schema', { request: 1, topic: 2 }),
  40: answer('GET_OR_CREATE_SCHEMA_RESPONSE', 'get_or_create_schema_response', { request: 1, error: 2, error_text: 3 }),
  50: ask('NEW_TXN', 'new_txn', { request: 1 }),
  51: answer('NEW_TXN_RESPONSE', 'new_txn_response', ended),
  52: ask('ADD_PARTITION_TO_TXN', 'add_partition_to_txn', { request: 1, topic: 4 }),
  53: answer('ADD_PARTITION_TO_TXN_RESPONSE', 'add_partition_to_txn_response', ended),
  54: ask('ADD_SUBSCRIPTION_TO_TXN', 'add_subscription_to_txn', { request: 1, topic_within: 4 }),
  55: answer('ADD_SUBSCRIPTION_TO_TXN_RESPONSE', 'add_subscription_to_txn_response', ended),
  56: ask('END_TXN', 'end_txn', { request: 1 }),
  57: answer('END_TXN_RESPONSE', 'end_txn_response', ended),
  58: ask('END_TXN_ON_PARTITION', 'end_txn_on_partition', { request: 1, topic: 4 }),
  59: answer('END_TXN_ON_PARTITION_RESPONSE', 'end_txn_on_partition_response', ended),
  60: ask('END_TXN_ON_SUBSCRIPTION', 'end_txn_on_subscription', { request: 1, topic_within: 4 }),
  61: answer('END_TXN_ON_SUBSCRIPTION_RESPONSE', 'end_txn_on_subscription_response', ended),
  62: ask('TC_CLIENT_CONNECT_REQUEST', 'tc_client_connect_request', { request: 1 }),
  63: answer('TC_CLIENT_CONNECT_RESPONSE', 'tc_client_connect_response', { request: 1, error: 2, error_text: 3 }),
  64: alone('WATCH_TOPIC_LIST', 'watch_topic_list', 'client', { request: 1, namespace: 3 }),
  65: alone('WATCH_TOPIC_LIST_SUCCESS', 'watch_topic_list_success', 'server', { request: 1 }),
  66: alone('WATCH_TOPIC_UPDATE', 'watch_topic_update', 'server'),
  67: alone('WATCH_TOPIC_LIST_CLOSE', 'watch_topic_list_close', 'client', { request: 1 }),
  68: alone('TOPIC_MIGRATED', 'topic_migrated', 'server'),
};

const ERRORS: readonly string[] = [
  'UnknownError',
  'MetadataError',
  'PersistenceError',
  'AuthenticationError',
  'AuthorizationError',
  'ConsumerBusy',
  'ServiceNotReady',
  'ProducerBlockedQuotaExceededError',
  'ProducerBlockedQuotaExceededException',
  'ChecksumError',
  'UnsupportedVersionError',
  'TopicNotFound',
  'SubscriptionNotFound',
  'ConsumerNotFound',
  'TooManyRequests',
  'TopicTerminatedError',
  'ProducerBusy',
  'InvalidTopicName',
  'IncompatibleSchema',
  'ConsumerAssignError',
  'TransactionCoordinatorNotFound',
  'InvalidTxnStatus',
  'NotAllowedError',
  'TransactionConflict',
  'TransactionNotFound',
  'ProducerFenced',
];

/** Name of a ServerError. */
export const error_name = (code: number): string => ERRORS[code] ?? String(code);
