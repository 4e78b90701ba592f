import { type Card, WHOLE_CALLS } from '../protocol.ts';

export const card: Card = {
  id: 107,
  name: 'rocketmq',
  display_name: 'RocketMQ',
  transport: 'tcp',
  unit: 'One remoting command, whatever number of messages it sends or brings.',
  status_meaning:
    'Response codes that blame the request (illegal, not permitted, does not exist) are client errors, all others that are no success are server errors; nothing found, try again and what a transaction shall do are no errors.',
  pairing: 'id',
  // Broker, its fast port for sends, name server, proxy.
  port_hints: [10911, 10909, 9876, 8080],
  capture_bytes: WHOLE_CALLS,
  // A pull waits at the broker for 15 s, a pop for as long as the client says.
  timeout_s: 60,
  icon: 'queue',
};
