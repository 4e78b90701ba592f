// Request rows as SQL over their number, so that the engine makes them: both ends of every call, over 20,000 connections
// between random pods, with jitter, log-normal times, ids in the paths, 2 % errors and a random trace and span id a call.
import { OTHER_COLUMNS, ENDS, IDS, column_name, type Way } from './ways.ts';
import { PODS, TAGS } from './pods.ts';

export const TAG_DICTIONARY = 'bench.tag_dict';
const CONNECTIONS = 20_000;
/** Less than an hour by what the last calls take. */
const SPAN_US = 3_590_000_000;

/** Names that the expressions below share; `h(n)` is a number that depends on the call alone. */
function shared(begin_s: number, rows: number): string[] {
  const step_us = Math.floor(SPAN_US / Math.ceil(rows / 2));
  const h = (n: number): string => `cityHash64(c, ${n})`;
  const unit = (n: number): string => `((${h(n)} % 1000000 + 0.5) / 1000000)`;
  return [
    'intDiv(number, 2) AS c',
    'number % 2 AS side',
    `${h(1)} % ${CONNECTIONS} AS connection`,
    `1 + cityHash64(connection, 1) % ${PODS} AS client`,
    `1 + cityHash64(connection, 2) % ${PODS} AS server`,
    // Box and Muller
    `sqrt(-2 * log(${unit(2)})) * cos(2 * pi() * ${unit(3)}) AS normal`,
    'toUInt64(exp(5.5 + normal * 0.6)) + 200 AS call_us',
    `${begin_s} * 1000000 + c * ${step_us} + ${h(4)} % ${Math.max(1, step_us >> 1)} AS begin_us`,
    `begin_us + side * (40 + ${h(5)} % 20) AS start_us`,
    `begin_us + call_us - side * (50 + ${h(6)} % 20) AS end_us`,
    `${h(7)} % 50 = 0 AS failed`,
    `${h(8)} % 6 AS path`,
    'intDiv(server - 1, 10) AS service',
    `100 + ${h(9)} % 6 AS asked_bytes`,
    `[612, 850, 1400, 230][1 + ${h(10)} % 4] + ${h(11)} % 30 AS answered_bytes`,
  ];
}

/** Columns that are not the default of their type. */
const COLUMNS: Readonly<Record<string, string>> = {
  time: 'toDateTime(intDiv(end_us, 1000000))',
  _id: 'bitShiftLeft(intDiv(end_us, 1000000), 32) + number % 4294967296',
  start_time: 'fromUnixTimestamp64Micro(toInt64(start_us))',
  end_time: 'fromUnixTimestamp64Micro(toInt64(end_us))',
  flow_id: '1000000000 + connection * 2 + side',
  ip4_0: 'toIPv4(toUInt32(167772160 + client))',
  ip4_1: 'toIPv4(toUInt32(167772160 + server))',
  is_ipv4: '1',
  protocol: '6',
  server_port: '[8080, 80, 8443, 9090, 8000, 3000, 5000, 8081][1 + service % 8]',
  client_port: '32768 + cityHash64(connection, 3) % 28000',
  signal_source: '3',
  observation_point: "if(side = 0, 'c-p', 's-p')",
  agent_id: '1 + if(side = 0, client, server) % 300',
  process_id_0: '4000 + client',
  process_id_1: '4000 + server',
  process_kname_0: "concat('app-', toString(intDiv(client - 1, 10)))",
  process_kname_1: "concat('app-', toString(service))",
  syscall_thread_0: '4000 + if(side = 0, client, server) + connection % 4',
  syscall_thread_1: '4000 + if(side = 0, client, server) + connection % 4',
  // Of connections of even load: the calls so far, spread over all of them.
  syscall_cap_seq_0: `2 * intDiv(c, ${CONNECTIONS})`,
  syscall_cap_seq_1: `2 * intDiv(c, ${CONNECTIONS}) + 1`,
  req_tcp_seq: `(cityHash64(connection, 4) + intDiv(c, ${CONNECTIONS}) * 102 + asked_bytes) % 4294967296`,
  resp_tcp_seq: `(cityHash64(connection, 5) + intDiv(c, ${CONNECTIONS}) * 790 + answered_bytes) % 4294967296`,
  l7_protocol: '20',
  version: "'1.1'",
  type: '2',
  request_type: "if(cityHash64(c, 12) % 10 < 9, 'GET', 'POST')",
  request_domain: "concat('service-', toString(service), '.shop.example:8080')",
  request_resource:
    "if(path = 1, concat('/users/', toString(cityHash64(c, 13) % 100000)), ['/', '', '/cart', '/checkout', '/static/app.js', '/api/v1/items'][1 + path])",
  endpoint: "['/', '/users/*', '/cart', '/checkout', '/static/app.js', '/api/v1/items'][1 + path]",
  response_code: 'if(failed, 500, 200)',
  response_status: 'if(failed, 3, 0)',
  response_exception: "if(failed, 'Internal Server Error', '')",
  trace_id: 'lower(hex(sipHash128(c, 14)))',
  span_id: 'lower(hex(cityHash64(c, 15)))',
  attribute_names: "['http_user_agent']",
  attribute_values: "['Mozilla/5.0 (X11; Linux x86_64) load/1.0']",
  sampling_rate: '1',
  response_duration: 'end_us - start_us',
  request_length: 'asked_bytes',
  response_length: 'answered_bytes',
  captured_request_byte: 'asked_bytes',
  captured_response_byte: 'answered_bytes',
  direction_score: '255',
};

const end_name = (end: 0 | 1): string => (end === 0 ? 'client' : 'server');
function tag_values(way: Way): string[] {
  if (way === 'SmartEncoding') return ENDS.map((end) => `CAST(${end_name(end)}, 'UInt32') AS ${IDS[end]}`);
  return ENDS.flatMap((end) =>
    TAGS.map((tag, i) => {
      const value = `dictGet('${TAG_DICTIONARY}', 't${i}', toUInt64(${end_name(end)}))`;
      return `${way === 'String' ? value : `toLowCardinality(${value})`} AS ${column_name(tag, end)}`;
    }),
  );
}

/** Rows `first` to `first + count - 1` of `rows`. */
export function requests_sql(way: Way, begin_s: number, rows: number, first: number, count: number): string {
  const strange = Object.keys(COLUMNS).find((name) => !OTHER_COLUMNS.some((c) => c.name === name));
  if (strange !== undefined) throw new Error(`The request log has no column ${strange}.`);
  const others = OTHER_COLUMNS.filter((c) => c.name in COLUMNS).map(
    (c) => `CAST(${COLUMNS[c.name]}, '${c.type}') AS \`${c.name}\``,
  );
  return `SELECT ${[...others, ...tag_values(way)].join(', ')}
    FROM (SELECT number, ${shared(begin_s, rows).join(', ')} FROM numbers(${first}, ${count}))`;
}
/** Columns of the files, in their order. */
export const file_columns = (way: Way): string[] => [
  ...OTHER_COLUMNS.filter((c) => c.name in COLUMNS).map((c) => c.name),
  ...tag_values(way).map((sql) => sql.split(' AS ').at(-1)!),
];
