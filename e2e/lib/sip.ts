// SIPp as the called side, on loopback and a free port.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, Started, until } from './process.ts';
import { place, type RealServer, started } from './servers.ts';

const say = (status: string, more = ''): string => `<send ${more}><![CDATA[
SIP/2.0 ${status}
[last_Via:]
[last_From:]
[last_To:];tag=b[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:bob@[local_ip]:[local_port]>
Content-Length: 0

]]></send>`;
const label = (name: number): string => `<label id="${name}"/>`;

/** Takes calls, knows nobody who could be sent a MESSAGE, and is too busy for OPTIONS. */
const SCENARIO = `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="called">
<recv request="MESSAGE" optional="true" next="1"/>
<recv request="OPTIONS" optional="true" next="2"/>
<recv request="INVITE" crlf="true"/>
${say('180 Ringing')}
${say('200 OK', 'retrans="500"')}
<recv request="ACK"/>
<recv request="BYE"/>
${say('200 OK', 'next="3"')}
${label(1)}
${say('404 Not Found', 'next="3"')}
${label(2)}
${say('503 Service Unavailable')}
${label(3)}
</scenario>
`;

const is_bound = (port: number): boolean =>
  readFileSync('/proc/net/udp', 'latin1').includes(
    `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000`,
  );

export const sip = (transport: 'udp' | 'tcp') => async (): Promise<RealServer> => {
  const folder = place('sip');
  const port = await free_port();
  writeFileSync(join(folder, 'called.xml'), SCENARIO);
  const mode = transport === 'tcp' ? 'tn' : 'u1';
  const args = [
    '-nostdin',
    '-i',
    '127.0.0.1',
    '-p',
    String(port),
    '-t',
    mode,
    '-max_socket',
    '100',
    '-sf',
    join(folder, 'called.xml'),
  ];
  const process = new Started('sipp', '/usr/bin/sipp', args, { cwd: folder });
  if (transport === 'tcp') return started('sipp', port, folder, process, 'SIGKILL');
  await until('SIPp listens', async () => {
    if (process.done) throw new Error(process.output);
    return is_bound(port) || undefined;
  });
  return { port, folder, process, stop: async () => void (await process.stop('SIGKILL')) };
};
