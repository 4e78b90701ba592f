// Makes the recordings anew: `node make.mjs`. Servers and clients are those of OpenSSL, GnuTLS and Node.js, and the hellos of
// old versions those of sslscan; keys and certificates are made here and thrown away.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as http } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

const folder = mkdtempSync(join(tmpdir(), 'sonde-tls-'));
const path = (name) => join(folder, name);
const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const OLD = 'DEFAULT:@SECLEVEL=0';
const VERSION = openssl('version').toString().trim();

openssl(
  'req',
  '-x509',
  '-newkey',
  'rsa:2048',
  '-nodes',
  '-keyout',
  'ca.key',
  '-out',
  'ca.pem',
  '-days',
  '3650',
  '-subj',
  '/C=DE/O=Shop, Inc./CN=Shop Root',
  '-utf8',
);
function certificate(name, subject, names, key = ['-newkey', 'rsa:2048']) {
  openssl('req', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject, '-utf8');
  writeFileSync(path(`${name}.ext`), `subjectAltName=${names}\n`);
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '90',
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.pem`,
  );
}
certificate(
  'server',
  '/DC=example/O=Läden \\#1/OU=web+CN=shop.example',
  'DNS:shop.example,DNS:*.shop.example,IP:127.0.0.1,IP:2001:db8::1,URI:https://shop.example/,email:a@shop.example',
);
certificate('client', '/CN=buyer 7/emailAddress=buyer@shop.example', 'DNS:buyer.example');
certificate('ecdsa', '/CN=ecdsa.example', 'DNS:ecdsa.example', [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
]);
writeFileSync(
  path('chain.pem'),
  Array(12)
    .fill(readFileSync(path('ca.pem')))
    .join(''),
);

/** A forwarder that notes what passes. */
async function record(target) {
  const connections = [];
  const server = createServer((client) => {
    const pieces = [];
    connections.push(pieces);
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to, direction] of [
      [client, upstream, 0],
      [upstream, client, 1],
    ]) {
      from.on('data', (piece) => {
        pieces.push([direction, piece.toString('base64')]);
        to.write(piece);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: server.address().port, connections, stop: () => server.close() };
}

async function ready(port) {
  for (let i = 0; i < 100; i++) {
    const socket = connect(port, '127.0.0.1');
    const up = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (up) return;
    await wait(50);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function run(command, args, input = 'hello\n') {
  const child = spawn(command, args, { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close');
  await wait(300);
  child.stdin.write(input);
  await wait(300);
  child.stdin.end();
  await Promise.race([ended, wait(3000)]);
  child.kill();
}

let port = 21_000 + (process.pid % 20_000);
async function scene(name, made_with, server, clients) {
  port++;
  const [command, ...args] = server(String(port));
  const child = spawn(command, args, { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'] });
  await ready(port);
  const middle = await record(port);
  for (const client of clients) {
    const [program, ...rest] = client(String(middle.port));
    await run(program, rest);
  }
  await wait(200);
  middle.stop();
  child.kill();
  save(name, made_with, middle.connections);
}

function save(name, made_with, connections) {
  const kept = connections.filter((pieces) => pieces.length > 0);
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify({ made_with, connections: kept })}\n`);
  process.stdout.write(`${name}: ${kept.map((pieces) => pieces.length)}\n`);
}

const s_server =
  (...more) =>
  (at) => [
    'openssl',
    's_server',
    '-accept',
    `127.0.0.1:${at}`,
    '-cert',
    'server.pem',
    '-key',
    'server.key',
    ...(more.includes('-early_data') ? [] : ['-rev']),
    '-quiet',
    ...more,
  ];
const s_client =
  (...more) =>
  (at) => ['openssl', 's_client', '-connect', `127.0.0.1:${at}`, '-quiet', '-no_ign_eof', ...more];
const SNI = ['-servername', 'shop.example'];
const ALPN = ['-alpn', 'h2,http/1.1'];
const scene_of = (name, server, ...clients) => scene(name, `${VERSION}, s_server and s_client`, server, clients);

await scene_of('tls13', s_server('-alpn', 'http/1.1'), s_client(...SNI, ...ALPN));
await scene_of('tls13-plain', s_server('-no_middlebox', '-num_tickets', '0'), s_client('-no_middlebox', ...SNI));
await scene_of('tls13-retry', s_server('-groups', 'P-384'), s_client(...SNI, '-groups', 'X25519:P-384'));
await scene_of(
  'tls13-resumed',
  s_server(),
  s_client(...SNI, '-sess_out', 'a.sess'),
  s_client(...SNI, '-sess_in', 'a.sess'),
);
writeFileSync(path('early'), 'early data\n');
await scene_of(
  'tls13-early',
  s_server('-early_data', '-max_early_data', '1000', '-naccept', '9'),
  s_client(...SNI, '-sess_out', 'e.sess'),
  s_client(...SNI, '-sess_in', 'e.sess', '-early_data', 'early'),
);
const VERIFY = ['-Verify', '2', '-CAfile', 'ca.pem', '-verify_return_error'];
const CERT = ['-cert', 'client.pem', '-key', 'client.key'];
await scene_of('tls13-mutual', s_server(...VERIFY), s_client(...SNI, ...CERT), s_client(...SNI));
await scene_of('tls13-unknown-ca', s_server(), s_client(...SNI, '-verify_return_error', '-verify', '2'));
await scene_of('tls12', s_server('-tls1_2', '-alpn', 'http/1.1'), s_client(...SNI, ...ALPN));
await scene_of(
  'tls12-resumed',
  s_server('-tls1_2'),
  s_client(...SNI, '-sess_out', 'b.sess'),
  s_client(...SNI, '-sess_in', 'b.sess'),
);
await scene_of(
  'tls12-session-id',
  s_server('-tls1_2', '-no_ticket'),
  s_client(...SNI, '-sess_out', 'c.sess'),
  s_client(...SNI, '-sess_in', 'c.sess'),
);
await scene_of('tls12-mutual', s_server('-tls1_2', ...VERIFY), s_client(...SNI, ...CERT), s_client(...SNI));
await scene_of('tls12-unknown-ca', s_server('-tls1_2'), s_client(...SNI, '-verify_return_error', '-verify', '2'));
await scene_of('tls12-rsa', s_server('-tls1_2', '-cipher', 'AES256-GCM-SHA384'), s_client());
await scene_of('tls12-dhe', s_server('-tls1_2', '-cipher', 'DHE-RSA-CHACHA20-POLY1305'), s_client(...SNI));
await scene_of(
  'tls12-psk',
  (at) => [
    'openssl',
    's_server',
    '-accept',
    `127.0.0.1:${at}`,
    '-nocert',
    '-psk',
    '0a0b',
    '-psk_hint',
    'a hint',
    '-tls1_2',
    '-cipher',
    'ECDHE-PSK-AES128-CBC-SHA256',
    '-rev',
    '-quiet',
  ],
  s_client('-psk', '0a0b'),
);
await scene_of('tls11', s_server('-tls1_1', '-cipher', OLD), s_client(...SNI, '-tls1_1', '-cipher', OLD));
await scene_of('tls10', s_server('-tls1', '-cipher', OLD), s_client(...SNI, '-tls1', '-cipher', OLD));
await scene_of(
  'fragments',
  s_server('-tls1_2', '-cert_chain', 'chain.pem', '-max_send_frag', '512'),
  s_client(
    ...SNI,
    '-max_send_frag',
    '512',
    '-alpn',
    Array.from({ length: 40 }, (_, i) => `protocol-number-${i}`).join(','),
  ),
);
await scene_of('alert-version', s_server('-tls1_3'), s_client(...SNI, '-tls1_2'));
await scene_of('alert-cipher', s_server('-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'), s_client(...SNI));
await scene_of('alert-alpn', s_server('-alpn', 'mqtt'), s_client(...SNI, ...ALPN));
const OTHER = ['-servername', 'other.example', '-cert2', 'server.pem', '-key2', 'server.key'];
await scene_of('alert-name', s_server('-tls1_2', ...OTHER, '-servername_fatal'), s_client(...SNI));
await scene_of('warning-name', s_server('-tls1_2', ...OTHER), s_client(...SNI));

const GNUTLS = `gnutls-serv and gnutls-cli ${execFileSync('gnutls-cli', ['--version']).toString().split('\n')[0].split(' ').at(-1)}`;
const gnutls_server = (priority) => (at) => [
  'gnutls-serv',
  '--echo',
  '-q',
  '-p',
  at,
  '--x509certfile',
  'ecdsa.pem',
  '--x509keyfile',
  'ecdsa.key',
  '--priority',
  priority,
];
const gnutls_client =
  (priority, ...more) =>
  (at) => [
    'gnutls-cli',
    '-p',
    at,
    '--insecure',
    '--priority',
    priority,
    '--sni-hostname',
    'ecdsa.example',
    ...more,
    '127.0.0.1',
  ];
await scene('gnutls', GNUTLS, gnutls_server('NORMAL:+VERS-TLS1.1:+VERS-TLS1.0'), [
  gnutls_client('NORMAL'),
  gnutls_client('NORMAL:-VERS-ALL:+VERS-TLS1.2', '--alpn', 'h2'),
  gnutls_client('NORMAL:-VERS-ALL:+VERS-TLS1.0'),
  gnutls_client(
    'NORMAL:-VERS-ALL:+VERS-TLS1.2',
    '--x509cafile',
    path('server.pem'),
    '--x509certfile',
    path('client.pem'),
    '--x509keyfile',
    path('client.key'),
  ),
]);
await scene('sslscan', `${VERSION} s_server, asked by sslscan`, s_server('-cipher', OLD), [
  (at) => [
    'sslscan',
    '--ssl2',
    '--no-ciphersuites',
    '--no-groups',
    '--no-renegotiation',
    '--no-compression',
    '--no-heartbleed',
    '--no-fallback',
    '--no-check-certificate',
    `127.0.0.1:${at}`,
  ],
  (at) => [
    'sslscan',
    '--ssl3',
    '--no-ciphersuites',
    '--no-groups',
    '--no-renegotiation',
    '--no-compression',
    '--no-heartbleed',
    '--no-fallback',
    '--no-check-certificate',
    `127.0.0.1:${at}`,
  ],
]);

const node_server = tls.createServer(
  { key: readFileSync(path('server.key')), cert: readFileSync(path('server.pem')), ALPNProtocols: ['h2', 'http/1.1'] },
  (socket) => socket.on('error', () => undefined).pipe(socket),
);
node_server.on('tlsClientError', () => undefined);
node_server.listen(0, '127.0.0.1');
await once(node_server, 'listening');
const node_middle = await record(node_server.address().port);
for (const more of [{ maxVersion: 'TLSv1.2' }, {}, { rejectUnauthorized: true }]) {
  const socket = tls.connect({
    port: node_middle.port,
    host: '127.0.0.1',
    servername: 'shop.example',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...more,
  });
  socket.on('error', () => undefined);
  socket.write('hello');
  await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined);
  socket.destroy();
  await wait(200);
}
node_middle.stop();
node_server.close();
save('node', `node:tls ${process.version}`, node_middle.connections);

const plain = http((_, response) => response.end()).listen(0, '127.0.0.1');
await once(plain, 'listening');
const plain_middle = await record(plain.address().port);
await run('openssl', s_client(...SNI)(String(plain_middle.port)).slice(1));
plain_middle.stop();
plain.close();
save('no-tls', `${VERSION} s_client against node:http ${process.version}`, plain_middle.connections);

rmSync(folder, { recursive: true });
process.exit(0);
