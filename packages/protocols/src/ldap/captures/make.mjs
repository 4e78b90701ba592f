// Makes the recording anew: `node make.mjs PORT`; PORT is that of an OpenLDAP slapd on loopback with the suffix dc=shop, whose
// root is cn=admin,dc=shop with the password hidden-word. The clients are OpenLDAP's own (ldapadd, ldapsearch ...).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const target = Number(process.argv[2]);
const connections = [];
const middle = createServer((client) => {
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
await once(middle, 'listening');

async function run(command, args, input = '') {
  const url = `ldap://127.0.0.1:${middle.address().port}`;
  const child = spawn(command, ['-x', '-H', url, '-D', 'cn=admin,dc=shop', '-w', 'hidden-word', ...args]);
  child.stdin.end(input);
  await once(child, 'close');
}

const person = (name) => `dn: cn=${name},dc=shop\nobjectClass: person\ncn: ${name}\nsn: secret value\n\n`;
await run(
  'ldapadd',
  [],
  `dn: dc=shop\nobjectClass: dcObject\nobjectClass: organization\ndc: shop\no: shop\n\n${person('a')}${person('b')}`,
);
await run('ldapadd', [], person('a'));
await run('ldapsearch', ['-b', 'dc=shop', '(&(objectClass=person)(|(sn=secret value)(sn=sec*val*e)(!(cn=b))(sn>=x)))']);
await run('ldapsearch', ['-b', 'dc=nowhere', '-s', 'base', '(cn=*)']);
await run('ldapcompare', ['cn=a,dc=shop', 'sn:secret value']);
await run('ldapmodify', [], 'dn: cn=a,dc=shop\nchangetype: modify\nreplace: sn\nsn: secret value 2\n');
await run('ldapmodrdn', ['cn=b,dc=shop', 'cn=c']);
await run('ldapdelete', ['cn=c,dc=shop']);
await run('ldapwhoami', []);
await run('ldapsearch', ['-w', 'wrong', '-b', 'dc=shop']);
middle.close();
const recording = { made_with: 'OpenLDAP 2.5.13, slapd and its clients', connections };
writeFileSync(new URL('openldap.json', import.meta.url), `${JSON.stringify(recording)}\n`);
process.exit(0);
