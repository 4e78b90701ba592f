// An HTTP client that shares nothing with Sonde: raw sockets, keep-alive, one request at a time on each connection.
//   node http.mjs PORT CONNECTIONS REQUESTS [RATE a second]
// Prints JSON: answers by status code and the latencies it measured itself, from the write to the first byte, in us.
import { connect } from 'node:net';

const [port, connections, requests, rate = 0] = process.argv.slice(2).map(Number);
const PATHS = ['/ok/1', '/ok/22?q=secret', '/ok/list', '/missing/x', '/fail'];
/** Of 20: one 404, one 500. */
const path_of = (n) => (n % 20 === 7 ? PATHS[3] : n % 20 === 13 ? PATHS[4] : PATHS[n % 3]);

const statuses = {};
const latencies_us = [];
let sent = 0;
let done = 0;
const began = process.hrtime.bigint();

const finish = () => {
  latencies_us.sort((a, b) => a - b);
  const quantile = (q) => latencies_us[Math.min(latencies_us.length - 1, Math.floor(q * latencies_us.length))];
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const sum = latencies_us.reduce((a, b) => a + b, 0);
  console.log(
    JSON.stringify({
      done,
      seconds,
      statuses,
      mean_us: sum / done,
      max_us: latencies_us.at(-1),
      p50: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
    }),
  );
  process.exit(0);
};

const open = () => {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let at = 0n;
  let waiting = false;
  let answer = '';
  const next = () => {
    if (sent >= requests) return;
    if (rate > 0) {
      const due_ms = (sent / rate) * 1000 - Number(process.hrtime.bigint() - began) / 1e6;
      if (due_ms > 1) {
        setTimeout(next, due_ms);
        return;
      }
    }
    const text = `GET ${path_of(sent++)} HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: e2e\r\n\r\n`;
    waiting = true;
    at = process.hrtime.bigint();
    socket.write(text);
  };
  socket.on('connect', next);
  socket.on('data', (chunk) => {
    if (waiting) latencies_us.push(Number(process.hrtime.bigint() - at) / 1000);
    waiting = false;
    answer += chunk.toString('latin1');
    const head = answer.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(answer)[1]);
    if (answer.length < head + 4 + length) return;
    const status = answer.slice(9, 12);
    statuses[status] = (statuses[status] ?? 0) + 1;
    answer = '';
    if (++done === requests) finish();
    else next();
  });
  socket.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
};
for (let i = 0; i < connections; i++) open();
