import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  // DeepFlow has no number for it.
  id: 65,
  name: 'tds',
  display_name: 'SQL Server',
  transport: 'tcp',
  unit: 'One message that is answered: a batch of SQL, a remote procedure call (or several in one message), a transaction request, a bulk load, a step of the login. An attention (cancel) is a one-way row.',
  status_meaning:
    'By the severity of the first error: 11 to 16 (what users can correct, logins among it) are client errors; 17 and above, deadlock victims and the passing failures of Azure SQL are server errors. An answer that an attention ended is a client error. A result counts as ok once its rows began, even when its end was not captured.',
  // Sessions of one connection (MARS) go on side by side; without them clients take turns.
  pairing: 'id',
  port_hints: [1433, 1434],
  // Packets of 4,096 bytes, one or more in a call: counts and late errors stand at the end of a result.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 30,
  icon: 'database',
};
