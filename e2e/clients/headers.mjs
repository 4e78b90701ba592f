// Requests whose headers are SIZE bytes, REQUESTS of them on one keep-alive connection: node headers.mjs PORT SIZE REQUESTS
import { Agent, request } from 'node:http';

const [port, size, requests] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const headers = {};
for (let i = 0; i * 1000 < size; i++) headers[`x-filler-${i}`] = 'f'.repeat(980);
headers['x-request-id'] = 'last-of-all';

const one = () =>
  new Promise((done, fail) => {
    const req = request({ port, host: '127.0.0.1', path: `/ok/${size}`, agent, headers }, (res) => {
      res.resume();
      res.on('end', () => done(res.statusCode));
    });
    req.on('error', fail);
    req.end();
  });
const statuses = {};
for (let i = 0; i < requests; i++) {
  const status = await one();
  statuses[status] = (statuses[status] ?? 0) + 1;
}
console.log(JSON.stringify(statuses));
process.exit(0);
