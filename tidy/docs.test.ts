// What the documents claim, as far as a program can check it.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { all_files, read, ROOT } from './sources.ts';

const pages = all_files.filter((path) => path.endsWith('.md'));
const usage = execFileSync(join(ROOT, 'sonde'), ['--help'], { encoding: 'utf8' });

describe('documents', () => {
  it('name only commands that exist', () => {
    const commands = new Set(
      [...usage.matchAll(/^ {2}([a-z][a-z, ]*?)(?: {2,}|$)/gm)].flatMap(([, names]) => names!.split(', ')),
    );
    expect(commands).toContain('up');
    const unknown = pages.flatMap((path) =>
      [...read(path).matchAll(/\.\/sonde ([a-z]+)/g)].map(([, name]) => name!).filter((name) => !commands.has(name)),
    );
    expect(unknown).toEqual([]);
  });

  it('link only to files that exist', () => {
    const broken = pages.flatMap((path) =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .map(([, target]) => join(dirname(path), target!))
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path} -> ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('give each decision a number of its own and half a page', () => {
    const decisions = pages.filter((path) => path.startsWith('docs/decisions/'));
    const numbers = decisions.map((path) => /\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1] ?? path);
    expect(new Set(numbers).size).toBe(decisions.length);
    expect(decisions.filter((path) => read(path).split('\n').length > 60)).toEqual([]);
  });
});
