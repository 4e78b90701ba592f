// SIP by SIPp as the calling side: node sip.mjs PORT early|new udp|tcp. Each scenario is a process with one socket.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { did, opened, ready, tell } from './lib/account.mjs';

const [port, phase, transport] = [Number(process.argv[2]), process.argv[3], process.argv[4]];
const folder = mkdtempSync(join(tmpdir(), 'sonde-sip-'));

const send = (method, cseq, more = '') => `<send ${more}><![CDATA[
${method} sip:bob@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Alice" <sip:alice@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:bob@[remote_ip]>[peer_tag_param]
Call-ID: [call_id]
CSeq: ${cseq} ${method}
Max-Forwards: 70
Content-Length: 0

]]></send>`;
const ask = (method, cseq) => send(method, cseq, 'retrans="500"');
const answer = (code, more = '') => `<recv response="${code}" ${more}/>`;

const SCENARIOS = {
  call: {
    steps: [ask('INVITE', 1), answer(180, 'optional="true"'), answer(200), send('ACK', 1), ask('BYE', 2), answer(200)],
    rows: [
      ['INVITE', 'ok', 200],
      ['ACK', 'ok', null],
      ['BYE', 'ok', 200],
    ],
  },
  message: { steps: [ask('MESSAGE', 1), answer(404)], rows: [['MESSAGE', 'client_error', 404]] },
  options: { steps: [ask('OPTIONS', 1), answer(503)], rows: [['OPTIONS', 'server_error', 503]] },
};

/** A free port of datagrams, or of connections. */
const free_port = (kind) =>
  new Promise((done) => {
    const probe = kind === 'tcp' ? createServer() : createSocket('udp4');
    const found = () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    };
    if (kind === 'tcp') probe.listen(0, '127.0.0.1', found);
    else probe.bind(0, '127.0.0.1', found);
  });

/**
 * A port above the server's: SIPp listens on its own, too, and of two ends that both listen the lower port is taken for the
 * server's where the beginning of a connection was not seen.
 */
const own_port = async () => {
  let found = 0;
  while (found <= port) found = await free_port(transport);
  return found;
};

/** SIPp with no calls yet; undefined when somebody else took one of its ports meanwhile. */
const begun = async (file, calls) => {
  const [own, control] = [await own_port(), await free_port('udp')];
  const mode = transport === 'tcp' ? 't1' : 'u1';
  const args = ['-nostdin', '-i', '127.0.0.1', '-p', own, '-cp', control, '-t', mode, '-sf', file];
  const load = ['-r', 0, '-l', 5, '-m', calls, '-max_socket', 100, `127.0.0.1:${port}`];
  const child = spawn('/usr/bin/sipp', [...args, ...load].map(String), { cwd: folder, stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  // It has its socket when the control port's stands.
  const hex = control.toString(16).toUpperCase().padStart(4, '0');
  while (!readFileSync('/proc/net/udp', 'latin1').includes(`:${hex} `)) {
    if (child.exitCode !== null) return undefined;
    await new Promise((done) => setTimeout(done, 20));
  }
  return { own, control, ended };
};

/** Lets go calls of a scenario. */
const caller = async (name, calls) => {
  const { steps, rows } = SCENARIOS[name];
  const file = join(folder, `${name}.xml`);
  const text = `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${name}">\n${steps.join('\n')}\n</scenario>\n`;
  writeFileSync(file, text);
  let running;
  for (let i = 0; i < 5 && running === undefined; i++) running = await begun(file, calls);
  if (running === undefined) throw new Error('SIPp does not begin');
  opened(running.own);
  return async () => {
    const knock = createSocket('udp4');
    // "c" and a command, as its manual says of remote control.
    knock.send('cset rate 100', running.control, '127.0.0.1');
    const code = await running.ended;
    knock.close();
    if (code !== 0) throw new Error(`SIPp ended with ${code}: not all calls went well`);
    for (const [method, outcome, status] of rows) did(method, `sip:bob@127.0.0.1:${port}`, outcome, status, calls);
  };
};

if (phase === 'early') {
  const begin = await caller('call', 50);
  await ready();
  await begin();
} else {
  const all = [await caller('call', 150), await caller('call', 150), await caller('message', 50)];
  all.push(await caller('options', 50));
  await Promise.all(all.map((begin) => begin()));
}
rmSync(folder, { recursive: true });
tell();
