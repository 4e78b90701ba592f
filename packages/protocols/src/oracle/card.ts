import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 62,
  name: 'oracle',
  display_name: 'Oracle',
  transport: 'tcp',
  unit: 'One call that is answered: the connect (with what the listener asks to send again), a step of the login, a statement, a fetch, a commit, a ping... Calls that ride in front of another (closed cursors, attributes of the session) are part of it. A break is a one-way row.',
  status_meaning:
    'By the number of the ORA error: what the instance lacks, has lost or cannot do now (space, memory, processes, snapshots, deadlocks, internal errors, starting and stopping) are server errors; everything else, what programs raise themselves among it, is a client error. ORA-01403 ends a result and is ok. A result counts as ok once its rows began, even when its end was not captured.',
  // Calls of a pipeline wait side by side; otherwise one waits at a time.
  pairing: 'id',
  port_hints: [1521, 1522, 1526],
  // Packets of 8,192 bytes, one or more in a call: errors and counts stand at the end of a result.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 60,
  icon: 'database',
};
