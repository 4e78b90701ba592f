import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { createServer as create_socket, type Server as SocketServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPackageDefinition, Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Resource } from '../resource.ts';
import { ask_cri, ask_engine } from './ask.ts';
import { ContainerNames } from './names.ts';
import { field_of } from './protobuf.ts';

const ID = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
/** The fields of Kubernetes' definition that are asked for, and others that runtimes send beside them. */
const CRI = `syntax = "proto3";
package runtime.v1;
service RuntimeService { rpc ContainerStatus(ContainerStatusRequest) returns (ContainerStatusResponse) {} }
message ContainerStatusRequest { string container_id = 1; bool verbose = 2; }
message ContainerMetadata { string name = 1; uint32 attempt = 2; }
message ImageSpec { string image = 1; }
message ContainerStatus {
  string id = 1; ContainerMetadata metadata = 2; int32 state = 3; int64 created_at = 4; int64 started_at = 5;
  ImageSpec image = 8; string image_ref = 9; map<string, string> labels = 12;
}
message ContainerStatusResponse { ContainerStatus status = 1; map<string, string> info = 2; }
`;

let folder = '';
let http: HttpServer | undefined;
let grpc: Server | undefined;
let mute: SocketServer | undefined;
const open = new Set<Socket>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sonde-runtime-'));
});
afterEach(async () => {
  grpc?.forceShutdown();
  http?.closeAllConnections();
  for (const one of open) one.destroy();
  await Promise.all([http, mute].map((server) => server && new Promise((resolve) => server.close(resolve))));
  grpc = http = mute = undefined;
  rmSync(folder, { recursive: true, force: true });
});
const socket = (name: string): string => join(folder, name);

async function engine(): Promise<string> {
  http = createServer((request, response) => {
    const id = /^\/containers\/([0-9a-f]{64})\/json$/.exec(request.url ?? '')?.[1];
    response.statusCode = id === ID ? 200 : id === OTHER ? 404 : 500;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify(id === ID ? { Id: ID, Name: '/shop-web-1', Config: { Image: 'nginx' } } : { message: 'no' }),
    );
  });
  await new Promise<void>((resolve) => http!.listen(socket('e.sock'), resolve));
  return socket('e.sock');
}

async function cri(): Promise<string> {
  writeFileSync(socket('api.proto'), CRI);
  const loaded = loadPackageDefinition(loadSync(socket('api.proto'))) as unknown as {
    runtime: { v1: { RuntimeService: { service: ServiceDefinition } } };
  };
  grpc = new Server();
  grpc.addService(loaded.runtime.v1.RuntimeService.service, {
    ContainerStatus: (
      call: { request: { containerId: string } },
      answer: (error: object | null, value?: object) => void,
    ) => {
      if (call.request.containerId !== ID) return answer({ code: status.NOT_FOUND, details: 'not found' });
      const labels = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`label-${i}`, 'v'.repeat(20)]));
      return answer(null, {
        status: {
          id: ID,
          metadata: { name: 'cart', attempt: 3 },
          createdAt: '1700000000000000000',
          imageRef: 'x',
          labels,
        },
      });
    },
  });
  await new Promise<void>((resolve, reject) =>
    grpc!.bindAsync(`unix:${socket('c.sock')}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return socket('c.sock');
}

it('asks Docker and Podman over HTTP', async () => {
  const path = await engine();
  expect([await ask_engine(path, ID, 1000), await ask_engine(path, OTHER, 1000)]).toEqual(['shop-web-1', '']);
  await expect(ask_engine(path, 'x', 1000)).rejects.toThrow('status 500');
  await expect(ask_engine(socket('none'), ID, 1000)).rejects.toThrow('ENOENT');
});

it('asks containerd and CRI-O over gRPC', async () => {
  const path = await cri();
  expect([await ask_cri(path, ID, 2000), await ask_cri(path, OTHER, 2000)]).toEqual(['cart', '']);
  await expect(ask_cri(socket('none'), ID, 1000)).rejects.toThrow('ENOENT');
  await expect(ask_cri(await engine(), ID, 1000)).rejects.toThrow();
});

it('waits for no runtime that is silent, and asks few things at a time', async () => {
  mute = create_socket((one) => {
    open.add(one);
    one.on('error', () => {});
    one.resume();
    one.on('close', () => open.delete(one));
  });
  await new Promise<void>((resolve) => mute!.listen(socket('m.sock'), resolve));
  const sockets = [socket('m.sock')];
  await expect(ask_engine(sockets[0]!, ID, 30)).rejects.toThrow('no answer in time');
  await expect(ask_cri(sockets[0]!, ID, 30)).rejects.toThrow('no answer in time');
  await expect.poll(() => open.size).toBe(0);
  const names = new ContainerNames(
    { docker: { ask: ask_engine, sockets }, containerd: { ask: ask_cri, sockets } },
    200,
  );
  const began = performance.now();
  for (let i = 0; i < 100; i++) names.name(i.toString(16).padStart(64, '0'), i % 2 === 0 ? 'docker' : 'containerd');
  expect(performance.now() - began).toBeLessThan(100);
  await expect.poll(() => open.size).toBe(4);
  expect(names.answers).toBe(0);
});

it('calls processes by their container as soon as the runtime has answered', async () => {
  const runtimes = {
    docker: { ask: ask_engine, sockets: [socket('none'), await engine()] },
    containerd: { ask: ask_cri, sockets: [await cri()] },
  };
  const proc = join(folder, 'proc');
  const process = (pid: number, cgroup: string): void => {
    mkdirSync(join(proc, String(pid)), { recursive: true });
    writeFileSync(join(proc, `${pid}/stat`), `${pid} (app) S 1 1 1`);
    writeFileSync(join(proc, `${pid}/cmdline`), 'app\0');
    writeFileSync(join(proc, `${pid}/cgroup`), `0::${cgroup}\n`);
    symlinkSync('/usr/bin/app', join(proc, `${pid}/exe`));
  };
  process(10, `/system.slice/docker-${ID}.scope`);
  process(11, `/kubepods.slice/cri-containerd-${ID}.scope`);
  process(12, `/kubepods.slice/cri-containerd-${OTHER}.scope`);
  for (const pid of [10, 11, 12]) {
    const resource = new Resource('h', () => {}, proc, new ContainerNames(runtimes));
    const service = () => resource.profiled(pid).service;
    expect(service()).toBe('app');
    const look = () => {
      resource.tick(0);
      return service();
    };
    if (pid === 12) expect(look()).toBe('app');
    else await expect.poll(look).toBe(pid === 10 ? 'shop-web-1' : 'cart');
  }
});

it('reads no message beyond its end', () => {
  const whole = Buffer.from('0a0212001205617070656e', 'hex');
  for (let i = 0; i <= whole.length; i++) field_of(whole.subarray(0, i), 2);
  let seed = 1;
  const next = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed & 0xff;
  };
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: i % 24 }, next);
    const found = field_of(bytes, 1 + (i % 15));
    expect(found === undefined || found.length <= bytes.length).toBe(true);
  }
});
