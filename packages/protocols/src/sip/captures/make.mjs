// Makes the recordings anew: bundle it with esbuild and run it where SIPp is installed. Both sides of every call are SIPp, with the
// scenarios below; `tcp.json` through the forwarder of streams, `udp.json` through one of datagrams.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { record, save } from '../../testing/record.ts';

const folder = mkdtempSync(join(tmpdir(), 'sonde-sip-'));
const COMMON = (method, branch, cseq) => `
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}
From: "Alice" <sip:alice@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:bob@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${cseq} ${method}
Max-Forwards: 70
User-Agent: telephone 1.0`;
const send = (line, headers, body = '', more = '') => `<send ${more}><![CDATA[
${line}${headers}
Content-Length: [len]

${body}]]></send>`;
const ask = (method, cseq = 1, extra = '', more = 'retrans="500"', branch = '[branch]') =>
  send(`${method} sip:bob@[remote_ip]:[remote_port] SIP/2.0`, COMMON(method, branch, cseq) + extra, '', more);
const say = (status, extra = '', more = '') =>
  send(
    `SIP/2.0 ${status}`,
    `\n[last_Via:]\n[last_From:]\n[last_To:];tag=b[call_number]\n[last_Call-ID:]\n[last_CSeq:]${extra}`,
    '',
    more,
  );
const got = (request) => `<recv request="${request}" crlf="true"/>`;
const answer = (code, more = '') => `<recv response="${code}" ${more}/>`;
const pause = (ms) => `<pause milliseconds="${ms}"/>`;

const SCENARIOS = {
  registered: {
    client: [
      ask('REGISTER'),
      answer(401, 'auth="true"'),
      ask('REGISTER', 2, '\n[authentication username=alice password=hidden-word]'),
      answer(200),
    ],
    server: [
      got('REGISTER'),
      say('401 Unauthorized', '\nWWW-Authenticate: Digest realm="shop", nonce="47ebe028cda119c35d4877b383027d28"'),
      got('REGISTER'),
      say('200 OK'),
    ],
  },
  cancelled: {
    client: [
      ask('INVITE'),
      answer(100),
      answer(180),
      ask('CANCEL', 1, '', 'retrans="500"', '[branch-3]'),
      answer(200),
      answer(487),
      ask('ACK', 1, '', '', '[branch-6]'),
    ],
    server: [
      ...[got('INVITE'), say('100 Trying'), '<!-- the response to INVITE comes behind that to CANCEL -->'],
      ...[
        `<nop><action><assignstr assign_to="1" value="[last_CSeq:]"/></action></nop>`,
        say('180 Ringing'),
        got('CANCEL'),
        say('200 OK'),
      ],
      send(
        'SIP/2.0 487 Request Terminated',
        '\n[last_Via:]\n[last_From:]\n[last_To:];tag=b[call_number]\n[last_Call-ID:]\nCSeq: 1 INVITE',
        '',
        'retrans="500"',
      ),
      ...[got('ACK'), '<Reference variables="1"/>'],
    ],
  },
  refused: {
    client: [
      ask('OPTIONS'),
      answer(503),
      ask('MESSAGE', 2),
      answer(404),
      ask('SUBSCRIBE', 3),
      answer(603),
      ask('PUBLISH', 4),
      answer(202),
    ],
    server: [
      got('OPTIONS'),
      say('503 Service Unavailable'),
      got('MESSAGE'),
      say('404 Not Found'),
      got('SUBSCRIBE'),
      say('603 Decline'),
      got('PUBLISH'),
      say('202 Accepted'),
    ],
  },
};
const SLOW = {
  client: [ask('INVITE'), answer(200), pause(800), ask('ACK', 1, '', ''), pause(700), ask('BYE', 2), answer(200)],
  server: [got('INVITE'), pause(1200), say('200 OK', '', 'retrans="500"'), got('ACK'), got('BYE'), say('200 OK')],
};

function scenario(name, steps) {
  const file = join(folder, `${name}.xml`);
  writeFileSync(
    file,
    `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${name}">\n${steps.join('\n')}\n</scenario>\n`,
  );
  return file;
}

function sipp(args) {
  const child = spawn('sipp', ['-nostdin', '-i', '127.0.0.1', '-trace_err', ...args], { cwd: folder, stdio: 'ignore' });
  return { child, done: once(child, 'exit') };
}

/** One call or more; the recorder's `port` leads to the server. */
async function call(transport, port, server_port, server, client, calls = 1) {
  const mode = ['-t', transport === 'tcp' ? 't1' : 'u1'];
  const answering = sipp([...mode, '-p', String(server_port), ...server]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [code] = await sipp([
    ...mode,
    '-p',
    String(server_port + 1),
    ...client,
    '-m',
    String(calls),
    '-r',
    '1',
    '-rp',
    '100',
    `127.0.0.1:${port}`,
  ]).done;
  console.log(transport, client.at(-1), 'exit', code);
  answering.child.kill('SIGKILL');
  await answering.done;
}

const all = (transport) => [
  { server: ['-sn', 'uas'], client: ['-sn', 'uac', '-d', '100'], calls: 2 },
  ...Object.entries({ ...SCENARIOS, ...(transport === 'udp' ? { slow: SLOW } : {}) }).map(
    ([name, { client, server }]) => ({
      server: ['-sf', scenario(`${name}-server`, server)],
      client: ['-sf', scenario(`${name}-client`, client)],
      calls: 1,
    }),
  ),
];

async function datagrams(target) {
  const pieces = [];
  const [front, back] = [createSocket('udp4'), createSocket('udp4')];
  for (const socket of [front, back]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
  const stop = () => {
    front.close();
    back.close();
  };
  let client = 0;
  front.on('message', (bytes, from) => {
    client = from.port;
    pieces.push([0, bytes.toString('base64')]);
    back.send(bytes, target, '127.0.0.1');
  });
  back.on('message', (bytes) => {
    pieces.push([1, bytes.toString('base64')]);
    front.send(bytes, client, '127.0.0.1');
  });
  return { port: front.address().port, pieces, stop };
}

let port = 25_060;
const connections = [];
for (const { server, client, calls } of all('tcp')) {
  const recorder = await record(port);
  await call('tcp', recorder.port, port, server, client, calls);
  connections.push(...(await recorder.stop('')).connections);
  port += 10;
}
save(new URL('tcp.json', import.meta.url), { made_with: 'SIPp 3.6.1 on both sides', connections });
const peers = [];
for (const { server, client, calls } of all('udp')) {
  const recorder = await datagrams(port);
  await call('udp', recorder.port, port, server, client, calls);
  recorder.stop();
  peers.push(recorder.pieces);
  port += 10;
}
save(new URL('udp.json', import.meta.url), { made_with: 'SIPp 3.6.1 on both sides', connections: peers });
rmSync(folder, { recursive: true });
process.exit(0);
