import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { probe, probeIoUring, probeJit, probeKernel, probeRights, probeRing } from './probe.ts';

describe('probe', () => {
  it('says something of everything, and a way out of all that is not well', () => {
    const findings = probe();
    const names = ['kernel', 'rights', 'btf', 'jit', 'tracefs', 'libbpf', 'ring', 'pid namespace', 'io_uring'];
    expect(findings.map((f) => f.name)).toEqual(names);
    for (const finding of findings.filter((f) => f.ok === 'fail')) expect(finding.way_out).toBeTruthy();
  });

  it.each([
    ['6.18.44-fc', 'x64', 'ok'],
    ['6.1.0-40-amd64', 'x64', 'warn'],
    ['5.17.1', 'x64', 'warn'],
    ['5.10.0', 'x64', 'fail'],
    ['6.18.0', 'arm64', 'fail'],
    ['nonsense', 'x64', 'fail'],
  ])('judges kernel %s on %s as %s', (version, arch, ok) => expect(probeKernel(version, arch).ok).toBe(ok));

  it.each([
    ['CapEff:\t000001ffffffffff', 'ok'],
    ['CapEff:\t000000c000000000', 'ok'],
    ['CapEff:\t0000008000000000', 'fail'],
    ['CapEff:\t0000000000000000', 'fail'],
    ['', 'fail'],
  ])('judges rights %o as %s', (status, ok) => expect(probeRights(status).ok).toBe(ok));

  it('warns of an interpreter and of a ring that memory does not carry', () => {
    expect([probeJit('0\n').ok, probeJit('1\n').ok]).toEqual(['warn', 'ok']);
    const meminfo = 'MemTotal: 2000000 kB\nMemAvailable:  100000 kB\n';
    expect([probeRing(64 << 20, meminfo).ok, probeRing(16 << 20, meminfo).ok]).toEqual(['warn', 'ok']);
  });

  it('names processes that hold an io_uring', () => {
    const proc = mkdtempSync(join(tmpdir(), 'sonde-proc-'));
    for (const [pid, target] of [
      ['12', 'anon_inode:[io_uring]'],
      ['13', 'socket:[5]'],
    ] as const) {
      mkdirSync(join(proc, pid, 'fd'), { recursive: true });
      symlinkSync(target, join(proc, pid, 'fd', '7'));
      writeFileSync(join(proc, pid, 'comm'), `server${pid}\n`);
    }
    const finding = probeIoUring(proc);
    rmSync(proc, { recursive: true });
    expect(finding.ok).toBe('warn');
    expect(finding.text).toContain('server12 (12)');
    expect(finding.text).not.toContain('server13');
  });
});
