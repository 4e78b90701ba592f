// A client and a server of the ws library; what each sent is the oracle.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { record, type Recording } from '../../testing/record.ts';

export async function record_chat(
  perMessageDeflate: boolean,
  long = 70_000,
): Promise<{ recording: Recording; sent: string[] }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data, binary) => {
      socket.ping();
      socket.send(data, { binary });
    });
  });
  const recorder = await record((server.address() as AddressInfo).port);
  const client = new WebSocket(`ws://127.0.0.1:${recorder.port}/chat/room?token=hunter2`, { perMessageDeflate });
  await once(client, 'open');
  const sent: string[] = [];
  const say = async (name: string, data: string | Buffer): Promise<void> => {
    const back = once(client, 'message');
    client.send(data);
    await back;
    sent.push(`${name} client`, `${name} server`);
  };
  await say('TEXT', '{"say":"hello","password":"hunter2"}');
  await say('BINARY', Buffer.alloc(300, 7));
  await say('TEXT', JSON.stringify({ long: 'x'.repeat(long) }));
  const back = once(client, 'message');
  client.send('in ', { fin: false });
  client.ping();
  client.send('three ', { fin: false });
  client.send('pieces', { fin: true });
  await back;
  sent.push('TEXT client', 'TEXT server');
  client.close(1008, 'enough of it');
  await once(client, 'close');
  await sleep(20);
  sent.push('CLOSE client');
  server.close();
  return { recording: await recorder.stop('ws'), sent };
}
