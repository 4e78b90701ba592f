import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProcessMatcher } from '@sonde/records';
import type { Flow } from '../call.ts';
import type { ProcessEvent } from '../capture/event.ts';
import { address } from '../testing/events.ts';
import { address_text, is_public } from './address.ts';
import { placement_of } from './cgroup.ts';
import { command_line } from './redact.ts';
import { Resource } from './resource.ts';
import { process_name } from './title.ts';

const variable = (key: string): string | undefined => process.env[key];

const ID = 'a'.repeat(64);

describe('names of processes', () => {
  it.each([
    ['/usr/sbin/nginx -g x', 'nginx'],
    ['java -Xmx1g -cp a:b com.shop.Main --port 1', 'com.shop.Main'],
    ['/opt/jdk/bin/java -Dx=y -jar /srv/shop.jar', 'shop.jar'],
    ['python3 -u /srv/orders.py 8000', 'orders.py'],
    ['/usr/bin/python3.11 -m http.server 80', 'http.server'],
    ['python3 -c print(1)', 'python3'],
    ['node --enable-source-maps -r dotenv /srv/cart/server.js', 'cart/server.js'],
    ['node /srv/catalogue.mjs', 'catalogue.mjs'],
    ['php /srv/cron.php', 'cron.php'],
    ['/bin/bash /srv/run-all.sh', 'run-all.sh'],
    ['-bash', 'bash'],
    ['ruby -I lib /srv/web.rb', 'web.rb'],
  ])('%s is %s', (line, name) => {
    expect(process_name(line.split(' '), '', '')).toBe(name);
  });

  it('looks behind the link by which a program starts itself', () => {
    expect(process_name(['/proc/self/exe', '--type=utility'], '/usr/lib/chromium/chromium', 'exe')).toBe('chromium');
  });

  it('reads rewritten titles', () => {
    expect(process_name(['nginx: worker process'], '/usr/sbin/nginx', 'nginx')).toBe('nginx');
    expect(process_name(['/usr/bin/redis-server 127.0.0.1:6379'], '/usr/bin/redis-check-rdb', 'redis-server')).toBe(
      'redis-server',
    );
  });
});

describe('command lines', () => {
  it.each([
    ['app --password hunter2 --port 80', 'app --password ? --port 80'],
    ['app --api-key=abc DB_PASSWORD=x y', 'app --api-key=? DB_PASSWORD=? y'],
    ['/usr/bin/mysql -phunter2 -u root', '/usr/bin/mysql -p? -u root'],
    ['app postgres://u:secret@db:5432/x', 'app postgres://u:?@db:5432/x'],
    ['app --token --verbose', 'app --token --verbose'],
    ['ssh -p22 host', 'ssh -p22 host'],
  ])('%s', (line, shown) => {
    expect(command_line(line.split(' '))).toBe(shown);
  });
});

describe('control groups', () => {
  it.each([
    [`0::/system.slice/docker-${ID}.scope`, 'docker'],
    [`12:cpu:/docker/${ID}\n0::/`, 'docker'],
    [`0::/kubepods.slice/kubepods-burstable.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope`, 'containerd'],
    [`0::/kubepods/besteffort/pod123/${ID}`, 'containerd'],
    [`0::/kubepods.slice/crio-${ID}.scope`, 'cri-o'],
    [`0::/machine.slice/libpod-${ID}.scope/container`, 'podman'],
  ])('%s', (text, runtime) => {
    expect(placement_of(text)).toMatchObject({ container_id: ID, container_runtime: runtime });
  });

  const UID = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
  it.each([
    [`0::/kubepods/burstable/pod${UID}/${ID}`, ID, UID],
    [`0::/kubepods/pod${UID}/${ID}`, ID, UID],
    [
      `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID.replaceAll('-', '_')}.slice/cri-containerd-${ID}.scope`,
      ID,
      UID,
    ],
    [`11:cpu:/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/crio-${ID}.scope`, ID, UID],
    [`0::/kubelet/kubepods/burstable/pod${UID}/${ID}/sub`, ID, UID],
    [`0::/kubepods/besteffort/pod${'ab'.repeat(16)}/${ID}`, ID, 'ab'.repeat(16)],
    [`0::/kubepods/burstable/pod${UID}`, '', UID],
    [`0::/docker/${ID}`, ID, ''],
    ['0::/system.slice/podman.service', '', ''],
  ])('pod of %s', (text, container_id, pod_uid) => {
    expect(placement_of(text)).toMatchObject({ container_id, pod_uid });
  });

  it('knows units', () => {
    expect(placement_of('0::/system.slice/nginx.service')).toMatchObject({ unit: 'nginx.service', container_id: '' });
    expect(placement_of('0::/')).toMatchObject({ unit: '', container_id: '' });
  });
});

describe('addresses', () => {
  it('are written as people do', () => {
    const v6 = new Uint8Array(16);
    v6.set([0x20, 0x01, 0x0d, 0xb8]);
    v6[15] = 1;
    expect(address_text(v6, 6)).toBe('2001:db8::1');
    expect(address_text(new Uint8Array(16), 6)).toBe('::');
    expect(address_text(address('10.1.2.3'), 4)).toBe('10.1.2.3');
  });

  it.each([
    ['8.8.8.8', true],
    ['10.0.0.1', false],
    ['172.20.0.1', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['100.64.0.1', false],
    ['169.254.1.1', false],
    ['127.0.0.1', false],
  ])('%s public: %s', (text, expected) => {
    expect(is_public(address(text), 4)).toBe(expected);
  });
});

describe('ends', () => {
  let proc = '';
  let resource: Resource;
  const ignored: number[] = [];
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'sonde-proc-'));
    ignored.length = 0;
    resource = new Resource('host1', (pid) => ignored.push(pid), proc);
  });
  afterEach(() => rmSync(proc, { recursive: true, force: true }));

  function process(pid: number, ppid: number, executable: string, ...args: string[]): void {
    const folder = join(proc, String(pid));
    mkdirSync(folder);
    writeFileSync(join(folder, 'stat'), `${pid} (${executable.split('/').at(-1)}) S ${ppid} 1 1`);
    writeFileSync(join(folder, 'cmdline'), `${args.join('\0')}\0`);
    writeFileSync(join(folder, 'cgroup'), '0::/\n');
    symlinkSync(executable, join(folder, 'exe'));
  }
  const event = (kind: ProcessEvent['kind'], pid: number, ppid: number, args = '', comm = ''): ProcessEvent => ({
    kind,
    moment_ns: 1,
    pid,
    ppid,
    comm,
    args,
    filename: args.split('\0')[0] ?? '',
    cgroup_id: 0,
    uid: 0,
  });
  let id = 0;
  function flow(
    pid: number,
    is_client: boolean,
    local: string,
    local_port: number,
    remote: string,
    remote_port: number,
  ): Flow {
    const made = {
      id: ++id,
      transport: 6,
      family: 4,
      local: address(local),
      remote: address(remote),
      local_port,
      remote_port,
      is_client,
      pid,
      entity_0: 0,
      entity_1: 0,
      peer_pid: 0,
      labels: 0,
      resource_slot: undefined,
    } as unknown as Flow;
    resource.begin(made);
    return made;
  }
  const name = (entity: number): string | undefined => resource.entity(entity)?.name;

  it('joins both sockets of a connection on this host', () => {
    process(10, 1, '/usr/bin/curl', 'curl', 'http://x');
    process(20, 1, '/usr/sbin/nginx', 'nginx: master process nginx');
    process(21, 20, '/usr/sbin/nginx', 'nginx: worker process');
    const c = flow(10, true, '127.0.0.1', 5000, '127.0.0.1', 80);
    const s = flow(21, false, '127.0.0.1', 80, '127.0.0.1', 5000);
    resource.label(c, 1);
    resource.label(s, 1);
    expect([name(c.entity_0), name(c.entity_1)]).toEqual(['curl', 'nginx']);
    expect([c.entity_0, c.entity_1]).toEqual([s.entity_0, s.entity_1]);
    expect([c.peer_pid, s.peer_pid]).toEqual([21, 10]);
    // The worker is its master.
    expect(resource.entity(c.entity_1)?.command_line).toBe('nginx: master process nginx');
  });

  it('names far ends by DNS answers, else by address; the Internet is one', () => {
    resource.learn([{ name: 'db.internal', address: '10.0.0.9', ttl_s: 60 }], 0);
    resource.learn([{ name: 'api.example.com', address: '8.8.4.4', ttl_s: 60 }], 0);
    const ends = ['10.0.0.9', '10.0.0.10', '8.8.4.4', '8.8.8.8', '9.9.9.9'].map((ip) => {
      const f = flow(10, true, '10.0.0.1', 5000, ip, 80);
      resource.label(f, 1);
      return f.entity_1;
    });
    expect(ends.map(name)).toEqual(['db.internal', '10.0.0.10', 'api.example.com', 'Internet', 'Internet']);
    expect(ends[3]).toBe(ends[4]);
    expect(resource.entity(ends[0]!)).toMatchObject({ type: 255, ip: '10.0.0.9' });
    expect(resource.entity(ends[3]!)).toMatchObject({ type: 0, ip: '' });
  });

  it('knows a process that lived too short for /proc, and a child by its parent', () => {
    resource.process(event('exec', 30, 1, '/usr/bin/curl\0http://u:pw@x/', 'curl'));
    resource.process(event('fork', 31, 30));
    const [a, b] = [flow(30, true, '10.0.0.1', 1, '10.0.0.2', 80), flow(31, true, '10.0.0.1', 2, '10.0.0.2', 80)];
    resource.process(event('exit', 30, 1));
    resource.process(event('exit', 31, 30));
    resource.label(a, 1);
    resource.label(b, 1);
    expect(resource.entity(a.entity_0)).toMatchObject({
      type: 120,
      name: 'curl',
      host: 'host1',
      command_line: '/usr/bin/curl http://u:?@x/',
    });
    expect(b.entity_0).toBe(a.entity_0);
  });

  it('looks again as soon as the far end on this host shows itself', () => {
    process(10, 1, '/usr/bin/curl', 'curl');
    process(40, 1, '/usr/bin/app', 'app');
    const c = flow(10, true, '127.0.0.1', 6000, '127.0.0.1', 81);
    expect(resource.settled(c, 1e9)).toBe(false);
    expect(name(c.entity_1)).toBe('127.0.0.1');
    const before = c.labels;
    flow(40, false, '127.0.0.1', 81, '127.0.0.1', 6000);
    expect(resource.settled(c, 1e9 + 1000)).toBe(true);
    expect(name(c.entity_1)).toBe('app');
    expect(c.labels).toBeGreaterThan(before);
  });

  it('takes the address when no process of this host shows itself in time', () => {
    const c = flow(10, true, '127.0.0.1', 6000, '127.0.0.1', 81);
    expect([1e9, 1.1e9, 1.3e9].map((now_ns) => resource.settled(c, now_ns))).toEqual([false, false, true]);
    expect(name(c.entity_1)).toBe('127.0.0.1');
  });

  it('lets the address stand for an end that only packets tell of', () => {
    const packet = flow(0, true, '10.0.0.1', 40_000, '10.0.0.2', 80);
    expect(resource.settled(packet, 0)).toBe(true);
    expect([name(packet.entity_0), name(packet.entity_1)]).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('swaps both ends with the roles', () => {
    process(10, 1, '/usr/bin/app', 'app');
    const f = flow(10, true, '10.0.0.1', 6000, '10.0.0.2', 81);
    resource.label(f, 1);
    expect([name(f.entity_0), name(f.entity_1)]).toEqual(['app', '10.0.0.2']);
    f.is_client = false;
    resource.label(f, 2);
    expect([name(f.entity_0), name(f.entity_1)]).toEqual(['10.0.0.2', 'app']);
  });

  it('finds who listens through /proc/net', () => {
    process(50, 1, '/usr/sbin/dnsmasq', 'dnsmasq');
    mkdirSync(join(proc, 'net'));
    mkdirSync(join(proc, '50/fd'));
    symlinkSync('socket:[777]', join(proc, '50/fd/4'));
    const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
    writeFileSync(join(proc, 'net/tcp'), `${head}   0: 00000000:0035 00000000:0000 0A 0:0 0:0 0 0 0 777 1\n`);
    expect(resource.listening(6, 53, 1)).toBe(true);
    expect(resource.listening(6, 54, 1)).toBe(false);
    expect(resource.listener(53, 1)).toBe(50);
  });

  it('reports processes that settings ignore, running or new', () => {
    process(60, 1, '/usr/bin/secret', 'secret', '--x');
    resource.configure({ ignore_processes: ['secret'], process_matchers: [] });
    expect(ignored).toEqual([60]);
    resource.process(event('exec', 61, 1, '/opt/secret\0', 'secret'));
    resource.process(event('exec', 62, 1, '/opt/open\0', 'open'));
    expect(ignored).toEqual([60, 61]);
  });

  const rule = (match_regex: string, more: Partial<ProcessMatcher> = {}): ProcessMatcher => ({
    match_regex,
    match_type: 'process_name',
    only_in_container: false,
    ignore: false,
    rewrite_name: '',
    ...more,
  });
  const configure = (...process_matchers: ProcessMatcher[]): void =>
    resource.configure({ ignore_processes: [], process_matchers });

  it('calls processes what rules say, at once and on connections that are open', () => {
    process(70, 1, '/usr/bin/python3', 'python3', '-u', '/srv/orders.py', '8000');
    const f = flow(70, false, '10.0.0.1', 8000, '10.0.0.2', 81);
    resource.label(f, 1);
    expect(name(f.entity_1)).toBe('orders.py');
    const before = f.labels;
    configure(
      rule('ruby', { rewrite_name: 'no' }),
      rule('\\bpython(\\S)*( +-\\S+)* +(\\S*/)*([^ /]+)\\.py', {
        match_type: 'cmdline_with_args',
        rewrite_name: '$4-py@%HOSTNAME%%NONE%',
      }),
      rule('.*', { rewrite_name: 'too late' }),
    );
    resource.label(f, 2);
    expect([name(f.entity_1), f.labels]).toEqual([`orders-py@${variable('HOSTNAME') ?? 'host1'}`, before + 1]);
    configure();
    resource.label(f, 3);
    expect(name(f.entity_1)).toBe('orders.py');
  });

  it('looks at what the rule says, the first that matches counts, and a parent names nobody', () => {
    process(80, 1, '/usr/sbin/nginx', '/usr/sbin/nginx', '-g', 'x');
    process(81, 80, '/usr/bin/helper', 'helper', '--of', 'nginx');
    process(82, 81, '/usr/bin/child', 'child');
    const called = (pid: number) => {
      const f = flow(pid, true, '10.0.0.1', pid, '10.0.0.2', 81);
      resource.label(f, 1);
      return name(f.entity_0);
    };
    configure(rule('(?P<WHO>nginx)', { rewrite_name: 'web-\u0024{WHO}' }), rule('n', { rewrite_name: 'x' }));
    expect([80, 81].map(called)).toEqual(['web-nginx', 'helper']);
    configure(rule('^/usr/sbin/(.+)$', { match_type: 'cmdline', rewrite_name: '$1!' }));
    expect([80, 81].map(called)).toEqual(['nginx!', 'helper']);
    configure(rule('nginx', { match_type: 'parent_process_name', ignore: true, rewrite_name: 'y' }));
    expect(ignored).toEqual([81, 82]);
    expect(called(82)).toBe('child');
    configure(rule('helper', { only_in_container: true, rewrite_name: 'y' }));
    expect(called(81)).toBe('helper');
  });

  it('ignores new processes by rules, and never takes longer than the text is long', () => {
    configure(
      rule('(\\S*/)*([^ /]+\\.jar)', { match_type: 'cmdline_with_args', ignore: true }),
      rule('(?=x)'),
      rule('('),
    );
    const began = performance.now();
    resource.process(event('exec', 90, 1, `java\0${'/a'.repeat(50_000)}\0`, 'java'));
    expect(performance.now() - began).toBeLessThan(500);
    expect(ignored).toEqual([]);
    resource.process(event('exec', 91, 1, 'java\0-jar\0/x/app.jar\0', 'java'));
    expect(ignored).toEqual([91]);
  });
});
