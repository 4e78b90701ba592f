import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  // DeepFlow has no number for it.
  id: 66,
  name: 'clickhouse',
  display_name: 'ClickHouse',
  transport: 'tcp',
  unit: 'One query with all blocks of its result or of its inserted rows; a hello (login), a ping, a status of tables or a step of the key login is a row too.',
  status_meaning:
    "An exception is a client error when its code blames the statement, its data, its rights or the login (what ClickHouse's own HTTP interface answers with 400, 401, 403, 404 or 413, and errors of that kind), else a server error. A result counts as ok once its blocks began, even when its end was not captured.",
  pairing: 'order',
  port_hints: [9000, 9001, 9440],
  // Blocks tell no length: where one ends is known only when its texts were seen.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'database',
};
