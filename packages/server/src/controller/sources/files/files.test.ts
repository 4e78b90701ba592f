import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CustomTags } from '../../../inventory.ts';
import { Things } from '../../../label/things.ts';
import { sentence } from '../domain/document.ts';
import { TagBook } from '../tag-book.ts';
import { read_table } from './csv.ts';
import { FilesSource } from './source.ts';

describe('a table', () => {
  const read = (text: string) => {
    const table = read_table(text, 'files/t');
    if (!table.ok) throw new Error(table.problems.map(sentence).join('\n'));
    return table;
  };

  it('is RFC 4180: quotes, line ends, a mark of byte order, semicolons', () => {
    const table = read(
      '\uFEFFname,ip,cloud.tag.note\r\n"web, 1","10.0.0.1 ::1","says ""hi""\r\ntwice"\r\n\r\nweb-2,,\r\n',
    );
    expect(table.places.map(({ known, addresses }) => [known.instance.name, addresses])).toEqual([
      ['web, 1', ['10.0.0.1', '::1']],
      ['web-2', []],
    ]);
    expect(table.tags.map(({ values }) => values)).toEqual([{ note: 'says "hi"\r\ntwice' }]);
    expect(read('name;ip\na;10.0.0.1,10.0.0.2\n').places[0]!.addresses).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('says what a thing is part of, and the business service it belongs to', () => {
    const { places, tags, named } = read(
      `type,name,ip,domain,region,az,vpc,subnet,biz_service,biz_service.group,cloud.tag.team
rds,orders-db,10.0.0.7,,north,north-a,net,back,orders,shop,data
pod_ns,shop,,prod,,,,,,,front`,
    );
    expect(places[0]).toMatchObject({ scope: 'files/t/net', title: 'rds orders-db', hostnames: [] });
    expect(places[0]!.known).toMatchObject({
      instance: { type: 13, name: 'orders-db' },
      fallback: { type: 105, name: 'orders' },
    });
    expect(places[0]!.known.resources.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'rds orders-db',
      'region north',
      'az north-a',
      'vpc net',
      'subnet back',
      'biz_service orders',
    ]);
    expect(tags.map(({ family, values }) => [family, values])).toEqual([
      ['cloud.tag', { team: 'data' }],
      ['biz_service', { group: 'shop' }],
    ]);
    expect(named).toMatchObject([{ kind: 'pod_ns', name: 'shop', domain: 'prod', values: { team: 'front' } }]);
  });

  it.each([
    ['', 'line 1: the line of names is missing'],
    ['ip\n1.2.3.4', 'line 1: name: this column is missing'],
    ['name,nmae\n', /^line 1: nmae: no such column: type, name, .* and cloud\.tag\.NAME are known/],
    ['name,name\n', 'line 1: name: is there twice'],
    ['name,ip\na,1.2.3.4\n\nb,1.2.3.400\n', 'line 4: ip: 1.2.3.400 is no IP address'],
    ['name,ip\na\n', 'line 2: has 1 values, the line of names has 2'],
    ['name,ip\n,1.2.3.4\n', 'line 2: name: is missing'],
    ['name,type\na,vm\n', 'line 2: type: must be one of chost, lb, rds, redis, pod_ns'],
    ['name,type\na,pod_ns\n', /line 2: .*must be|line 2: domain: is missing/],
    ['name\na\n"b\n', 'line 3: a quote is not closed'],
    ['name\na\na\n', 'line 3: name: is that of line 2 too'],
  ])('that is wrong is refused with its line %#', (text, problem) => {
    const table = read_table(text, 'files/t');
    if (table.ok) throw new Error('taken');
    expect(table.problems.map(sentence).join('\n')).toMatch(problem);
  });
});

describe('a folder', () => {
  let root = '';
  let source: FilesSource;
  let things: Things;
  let told: CustomTags[] = [];
  const open = (): void => {
    told = [];
    things = new Things((tags) => told.push(tags));
    const options = { name: 'cmdb', folder: join(root, 'in'), kept: join(root, 'kept'), look_ms: 10 };
    source = new FilesSource(options, things, new TagBook(things), () => {});
    source.start();
  };
  const put = (name: string, text: string): void => writeFileSync(join(root, 'in', name), text);
  const holder = (address: string) => {
    const later = Date.now() * 1000 + 3e6;
    return things.by_address(address, '', later, later)?.known.instance.name;
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sonde-files-'));
    mkdirSync(join(root, 'in'));
  });
  afterEach(async () => {
    await source.stop();
    rmSync(root, { recursive: true, force: true });
  });

  it('is followed: files come, change and go; of a broken one the last good state stays, over a restart too', async () => {
    put('a.csv', 'name,ip,cloud.tag.team\nweb-1,10.0.0.1,shop\n');
    open();
    await expect.poll(() => holder('10.0.0.1')).toBe('web-1');
    put('b.yaml', 'azs: [{name: a, uuid: a, domain_uuid: d}]\nvpcs: [{name: v, uuid: v, domain_uuid: d}]\n');
    put('.c.csv', 'broken');
    put('d.txt', 'broken');
    put('a.csv', 'name,ip,cloud.tag.team\nweb-2,10.0.0.2,shop\n');
    await expect.poll(() => holder('10.0.0.2')).toBe('web-2');
    expect(holder('10.0.0.1')).toBeUndefined();
    expect(told.map(({ resource: { name }, values }) => [name, values])).toEqual([
      ['web-1', { team: 'shop' }],
      ['web-2', { team: 'shop' }],
      ['web-1', {}],
    ]);
    put('a.csv', 'name,ip\nweb-3,10.0.0.300\n');
    const sentence =
      'Folder cmdb: a.csv is not valid, its last good state stays: line 2: ip: 10.0.0.300 is no IP address.';
    await expect.poll(() => source.problems()).toEqual([sentence]);
    expect(source.gauges()).toMatchObject({ 'files.files': 2, 'files.broken': 1 });
    expect(holder('10.0.0.2')).toBe('web-2');
    await source.stop();
    open();
    await expect.poll(() => holder('10.0.0.2')).toBe('web-2');
    expect(source.problems()).toEqual([sentence]);
    rmSync(join(root, 'in', 'a.csv'));
    await expect.poll(() => holder('10.0.0.2')).toBeUndefined();
    expect(source.problems()).toEqual([]);
  });

  it('that cannot be read says so, and nothing of what is in it goes', async () => {
    put('a.csv', 'name,ip\nweb-1,10.0.0.1\n');
    put('b.csv', 'name,ip\nweb-1,10.0.0.2\n');
    open();
    await expect.poll(() => holder('10.0.0.1')).toBe('web-1');
    expect(source.problems()).toEqual(['Folder cmdb: b.csv: chost web-1 is in a.csv already, which counts.']);
    rmSync(join(root, 'in'), { recursive: true });
    await expect.poll(() => source.problems()[0]).toMatch(/^Folder cmdb: .*in cannot be read: ENOENT/);
    expect(holder('10.0.0.1')).toBe('web-1');
  });
});
