// Makes `udp-edns.json` anew: run with the port of a BIND named on loopback that serves shop.test (www with A and AAAA, big with
// HTTPS) and private.test, which nobody may ask about, and does not recurse. dig asks.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { save } from '../../testing/record.ts';
import { record_datagrams } from '../testing/datagrams.ts';

const run = promisify(execFile);
const datagrams = await record_datagrams(Number(process.argv[2]));
const dig = (...args: string[]) =>
  run('dig', ['@127.0.0.1', '+tries=1', '+nobadcookie', '+qr', `-p${datagrams.port}`, ...args]).catch(() => undefined);
await dig('+noedns', 'www.shop.test', 'A');
await dig('+nocookie', '+bufsize=512', 'www.shop.test', 'AAAA');
await dig('+dnssec', '+subnet=192.0.2.129/24', 'www.shop.test', 'A');
await dig('+subnet=2001:db8:1:2::/56', 'big.shop.test', 'HTTPS');
await dig('+subnet=0', 'missing.shop.test', 'A');
await dig('+edns=3', '+noednsnegotiation', 'www.shop.test', 'A');
await dig('www.private.test', 'A');
await dig('+cookie=0011223344556677', 'www.shop.test', 'TYPE67');
datagrams.close();
const pieces = datagrams.pieces.map(({ direction, bytes }): [0 | 1, string] => [
  direction,
  Buffer.from(bytes).toString('base64'),
]);
save(new URL('udp-edns.json', import.meta.url), { made_with: 'BIND 9.18 named and dig', connections: [pieces] });
process.exit(0);
