// Makes the recordings anew: `node make.mjs`, as root. Three network namespaces in a row, made here and removed again: a host, a
// router and another host; Debian's ping asks, the kernels answer, dumpcap notes. One connection is one run of ping.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [A, R, B] = ['a', 'r', 'b'].map((name) => `sonde-ping-${process.pid}-${name}`);
const folder = mkdtempSync(join(tmpdir(), 'sonde-ping-'));
const ip = (...args) => execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] }).toString();
const within = (name, ...args) => execFileSync('ip', ['netns', 'exec', name, ...args], { stdio: 'ignore' });
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function join_hosts() {
  for (const name of [A, R, B]) {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  for (const [one, other, net] of [
    [A, R, 1],
    [R, B, 2],
  ]) {
    ip('link', 'add', `v${net}`, 'netns', one, 'type', 'veth', 'peer', 'name', `w${net}`, 'netns', other);
    for (const [name, link, host] of [
      [one, `v${net}`, 1],
      [other, `w${net}`, 2],
    ]) {
      ip('-n', name, 'address', 'add', `10.9.${net}.${host}/24`, 'dev', link);
      ip('-n', name, 'address', 'add', `fd00:9:${net}::${host}/64`, 'dev', link, 'nodad');
      ip('-n', name, 'link', 'set', link, 'up');
    }
  }
  ip('-n', A, 'route', 'add', '10.9.0.0/16', 'via', '10.9.1.2');
  ip('-n', A, 'route', 'add', 'fd00:9::/32', 'via', 'fd00:9:1::2');
  ip('-n', B, 'route', 'add', '10.9.1.0/24', 'via', '10.9.2.1');
  ip('-n', B, 'route', 'add', 'fd00:9:1::/64', 'via', 'fd00:9:2::1');
  ip('-n', R, 'link', 'set', 'v2', 'mtu', '1300');
  for (const [kind, net] of [
    ['unreachable', 3],
    ['prohibit', 4],
    ['blackhole', 5],
  ]) {
    ip('-n', R, 'route', 'add', kind, `10.9.${net}.0/24`);
    ip('-n', R, 'route', 'add', kind, `fd00:9:${net}::/64`);
  }
  within(R, 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1', 'net.ipv4.icmp_ratelimit=0');
}

async function ping(...args) {
  const child = spawn('ip', ['netns', 'exec', A, 'ping', '-n', '-q', '-i', '0.2', '-W', '1', ...args], {
    stdio: 'ignore',
  });
  await once(child, 'close');
  await wait(100);
}

/** ICMP messages of a capture file of Ethernet frames. */
function messages(file) {
  const bytes = readFileSync(file);
  const found = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 8);
    const packet = bytes.subarray(at + 16 + 14, at + 16 + size);
    at += 16 + size;
    const four = packet[0] >> 4 === 4;
    if (packet[four ? 9 : 6] !== (four ? 1 : 58)) continue;
    const total = four ? packet.readUInt16BE(2) : 40 + packet.readUInt16BE(4);
    const message = packet.subarray(four ? (packet[0] & 15) * 4 : 40, total);
    // Neighbours and routers of IPv6 have higher numbers.
    if (!four && message[0] > 129) continue;
    found.push(message);
  }
  return found;
}

try {
  join_hosts();
  await wait(2500);
  const file = join(folder, 'a.pcap');
  const dumpcap = spawn('ip', ['netns', 'exec', A, 'dumpcap', '-q', '-P', '-i', 'v1', '-w', file], { stdio: 'ignore' });
  await wait(1500);
  for (const [version, net] of [
    ['-4', '10.9.'],
    ['-6', 'fd00:9:'],
  ]) {
    const to = (n) => (version === '-4' ? `${net}${n}.2` : `${net}${n}::2`);
    await ping(version, '-c', '3', to(2));
    await ping(version, '-c', '2', '-s', '0', to(2));
    await ping(version, '-c', '2', '-t', '1', to(2));
    await ping(version, '-c', '1', '-s', '1400', '-M', 'do', to(2));
    // Linux sends such errors to one host at a bounded rate.
    for (const net of [3, 4, 5]) {
      await wait(6000);
      await ping(version, '-c', '2', '-i', '1.5', to(net));
    }
  }
  await wait(1500);
  dumpcap.kill('SIGINT');
  await once(dumpcap, 'close');
  const connections = new Map();
  for (const message of messages(file)) {
    const asks = message[0] === 8 || message[0] === 128;
    const echo =
      asks || message[0] === 0 || message[0] === 129 ? message : message.subarray(message[8] >> 4 === 4 ? 28 : 48);
    const key = `${echo[0] < 100 ? 4 : 6} ${echo.readUInt16BE(4)}`;
    if (!connections.has(key)) connections.set(key, []);
    connections.get(key).push([asks ? 0 : 1, message.toString('base64')]);
  }
  const made_with = execFileSync('ping', ['-V']).toString().trim();
  const recording = {
    made_with: `${made_with}, Linux ${execFileSync('uname', ['-r']).toString().trim()}`,
    connections: [...connections.values()],
  };
  writeFileSync(new URL('ping.json', import.meta.url), `${JSON.stringify(recording)}\n`);
  process.stdout.write(`${recording.connections.map((pieces) => pieces.length)}\n`);
} finally {
  for (const name of [A, R, B]) ip('netns', 'delete', name);
  rmSync(folder, { recursive: true });
}
