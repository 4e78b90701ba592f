// A WebSocket server by ws: node websocket-server.mjs PORT. It answers each message; "close CODE" makes it close.
import { WebSocketServer } from 'ws';

const perMessageDeflate = { threshold: 64 };
new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate }).on(
  'connection',
  (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data, binary) => {
      const wish = binary ? '' : data.toString();
      if (wish.startsWith('close ')) socket.close(Number(wish.slice(6)), 'as wished');
      else socket.send(data, { binary });
    });
  },
);
