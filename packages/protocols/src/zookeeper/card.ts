import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 69,
  name: 'zookeeper',
  display_name: 'ZooKeeper',
  transport: 'tcp',
  unit: 'One operation of a session with its reply; a watch event or a four-letter word is a row of its own.',
  status_meaning:
    'API errors (code -100 and below: no node, bad version, no permission, session expired) and malformed requests are client errors; system errors (-1 to -99), timeouts and throttling are server errors.',
  pairing: 'id',
  port_hints: [2181],
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'lock',
};
