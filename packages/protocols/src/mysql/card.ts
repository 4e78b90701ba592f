import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 60,
  name: 'mysql',
  display_name: 'MySQL',
  transport: 'tcp',
  unit: 'One login or one command (COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE ...), whatever number of statements it holds.',
  status_meaning:
    'An error packet is a client error for codes 2000 to 2999, else a server error. A result set counts as ok once it began, even when its end was not captured.',
  pairing: 'order',
  port_hints: [3306, 3307, 33060],
  // Servers send result sets in buffers of 16 KiB (net_buffer_length): row counts and late errors stand at the end.
  capture_bytes: WHOLE_CALLS,
  timeout_s: 15,
  icon: 'database',
};
