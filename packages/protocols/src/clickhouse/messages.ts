// Packets of ClickHouse's native protocol (documentation, "Native protocol" and "Native format") and what each becomes. A packet
// is a type (variable-length number) and a body whose fields depend on the revision that the peers agree on: the smaller of
// those in their hellos. Bodies tell no length: they are walked, or, where chunked framing was agreed on, framed.

/** What a packet becomes. 'unread': its body is not walked; in what is not framed, reading goes on at the next event. */
type Becomes = 'request' | 'response' | 'one_way' | 'part' | 'ignored' | 'unread';

export const CLIENT = {
  hello: 0,
  query: 1,
  data: 2,
  cancel: 3,
  ping: 4,
  tables_status: 5,
  keep_alive: 6,
  scalar: 7,
  ignored_part_uuids: 8,
  ssh_challenge_request: 11,
  ssh_challenge_response: 12,
} as const;

/** Towards the server. 'part': of the query, or of the login, before it. */
export const CLIENT_PACKETS: readonly { name: string; becomes: Becomes }[] = [
  // Client's name and version, revision, database, user; the password is never kept.
  { name: 'Hello', becomes: 'request' },
  { name: 'Query', becomes: 'request' },
  // A block of rows to insert, of an external table, or the empty one that ends them.
  { name: 'Data', becomes: 'part' },
  { name: 'Cancel', becomes: 'one_way' },
  { name: 'Ping', becomes: 'request' },
  { name: 'TablesStatusRequest', becomes: 'request' },
  { name: 'KeepAlive', becomes: 'ignored' },
  { name: 'Scalar', becomes: 'part' },
  { name: 'IgnoredPartUUIDs', becomes: 'part' },
  // From server to server within a query: file names, ranges of marks, plans.
  { name: 'ReadTaskResponse', becomes: 'unread' },
  { name: 'MergeTreeReadTaskResponse', becomes: 'unread' },
  // Steps of a login by key, within its Hello; the signature is never kept.
  { name: 'SSHChallengeRequest', becomes: 'part' },
  { name: 'SSHChallengeResponse', becomes: 'part' },
  { name: 'QueryPlan', becomes: 'unread' },
  { name: 'MergeTreeAllRangesAnnouncementResponse', becomes: 'unread' },
];

export const SERVER = {
  hello: 0,
  data: 1,
  exception: 2,
  progress: 3,
  pong: 4,
  end_of_stream: 5,
  profile_info: 6,
  totals: 7,
  extremes: 8,
  tables_status: 9,
  log: 10,
  table_columns: 11,
  part_uuids: 12,
  read_task_request: 13,
  profile_events: 14,
  timezone_update: 17,
  ssh_challenge: 18,
  preview_data: 19,
} as const;

/** From the server. 'response': ends the answer. 'part': of the answer, or of no interest within it. */
export const SERVER_PACKETS: readonly { name: string; becomes: Becomes }[] = [
  { name: 'Hello', becomes: 'response' },
  { name: 'Data', becomes: 'part' },
  { name: 'Exception', becomes: 'response' },
  // Rows and bytes read, rows written.
  { name: 'Progress', becomes: 'part' },
  { name: 'Pong', becomes: 'response' },
  { name: 'EndOfStream', becomes: 'response' },
  // Rows of the result.
  { name: 'ProfileInfo', becomes: 'part' },
  { name: 'Totals', becomes: 'part' },
  { name: 'Extremes', becomes: 'part' },
  { name: 'TablesStatusResponse', becomes: 'response' },
  { name: 'Log', becomes: 'part' },
  { name: 'TableColumns', becomes: 'part' },
  { name: 'PartUUIDs', becomes: 'part' },
  { name: 'ReadTaskRequest', becomes: 'part' },
  { name: 'ProfileEvents', becomes: 'part' },
  { name: 'MergeTreeAllRangesAnnouncement', becomes: 'unread' },
  { name: 'MergeTreeReadTaskRequest', becomes: 'unread' },
  { name: 'TimezoneUpdate', becomes: 'part' },
  { name: 'SSHChallenge', becomes: 'part' },
  { name: 'PreviewData', becomes: 'part' },
];

/** Revisions from which on a field is there. */
export const SINCE = {
  client_info: 54_032,
  timezone: 54_058,
  quota_key: 54_060,
  display_name: 54_372,
  version_patch: 54_401,
  written_rows: 54_420,
  settings_as_text: 54_429,
  secret: 54_441,
  open_telemetry: 54_442,
  forwarded_for: 54_443,
  referer: 54_447,
  distributed_depth: 54_448,
  start_time: 54_449,
  parallel_replicas: 54_453,
  custom_serialization: 54_454,
  addendum: 54_458,
  parameters: 54_459,
  elapsed: 54_460,
  password_rules: 54_461,
  nonce: 54_462,
  total_bytes: 54_463,
  read_only_check: 54_467,
  rows_before_aggregation: 54_469,
  chunked: 54_470,
  replicas_protocol: 54_471,
  external_roles: 54_472,
  server_settings: 54_474,
  script_numbers: 54_475,
  jwt: 54_476,
  query_plan: 54_477,
  cluster_functions: 54_479,
  packed_logs: 54_481,
  client_agent: 54_485,
  internal_flag: 54_486,
  secret_of_status: 54_487,
  current_roles: 54_488,
  sized_strings: 54_492,
} as const;

/** Where the layout of a query changes, newest first: tried in turn when the hello was not seen. */
export const QUERY_LAYOUTS: readonly number[] = [
  SINCE.current_roles,
  SINCE.internal_flag,
  SINCE.client_agent,
  SINCE.jwt,
  SINCE.script_numbers,
  SINCE.external_roles,
  SINCE.parameters,
  SINCE.parallel_replicas,
  SINCE.start_time,
  SINCE.distributed_depth,
  SINCE.referer,
  SINCE.forwarded_for,
  SINCE.open_telemetry,
  SINCE.secret,
  SINCE.settings_as_text,
  SINCE.version_patch,
  SINCE.quota_key,
  SINCE.client_info,
];

/** Where the layout of progress or of a result's profile changes, newest first. */
export const ANSWER_LAYOUTS: readonly number[] = [
  SINCE.rows_before_aggregation,
  SINCE.total_bytes,
  SINCE.elapsed,
  SINCE.written_rows,
];

/** Revisions so far lie between these: a hello with another is none. */
export const REVISION_MIN = 50_000;
export const REVISION_MAX = 60_000;

export const INTERFACE = { tcp: 1, http: 2 } as const;
/** User name that begins a hello from server to server: two texts more follow. */
export const INTERSERVER_USER = ' INTERSERVER SECRET ';
