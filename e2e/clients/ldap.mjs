// LDAP by ldapts: node ldap.mjs PORT early|new. Many operations under way on one connection at a time.
import { Attribute, Change, Client } from 'ldapts';
import { did, ready, tell } from './lib/account.mjs';

const [port, phase] = [Number(process.argv[2]), process.argv[3]];
const BASE = 'dc=shop';
const ADMIN = 'cn=admin,dc=shop';
const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';
/** Result codes (RFC 4511 appendix A). */
const CODE = { too_many: 4, differs: 5, not_there: 32, wrong_password: 49, unwilling: 53, not_a_leaf: 66, exists: 68 };

const open = () => new Client({ url: `ldap://127.0.0.1:${port}`, timeout: 20_000 });
/** An operation that must end with this code. */
const ends = async (operation, code) => {
  const seen = await operation.then(
    () => 0,
    (error) => error.code,
  );
  if (seen !== code) throw new Error(`ended with ${seen} instead of ${code}`);
};
const bind = async (client, name, password, code = 0, outcome = 'ok') => {
  await ends(client.bind(name, password), code);
  did('bind', name, outcome, code);
};
const unbind = async (client) => {
  await client.unbind();
  did('unbind');
};
const person = (i) => `cn=user${i},${BASE}`;
const entry = (i) => ({
  objectClass: ['person'],
  cn: `user${i}`,
  sn: 'hidden',
  description: 'x'.repeat(i === 7 ? 60_000 : 500),
});
const each = (count, run) => Promise.all(Array.from({ length: count }, (_, i) => run(i)));

const fill = async (client) => {
  await client.add(BASE, { objectClass: ['dcObject', 'organization'], dc: 'shop', o: 'shop' });
  did('add', BASE, 'ok', 0);
  await each(100, async (i) => {
    await client.add(person(i), entry(i));
    did('add', person(i), 'ok', 0);
  });
  await ends(client.add(person(3), entry(3)), CODE.exists);
  did('add', person(3), 'client_error', CODE.exists);
};

const search = async (client, base, scope, filter, options, entries, code = 0, outcome = 'ok') => {
  const found = await client.search(base, { scope, filter, ...options }).then(
    ({ searchEntries }) => ({ entries: searchEntries.length, code: 0 }),
    (error) => ({ entries: 0, code: error.code }),
  );
  if (found.code !== code || found.entries !== entries) throw new Error(`${filter}: ${JSON.stringify(found)}`);
  did('search', `${base} ${scope} ${filter}`.trim(), outcome, code);
};

const look = async (client) => {
  // One after the other and all at once; whole entries, and all entries in one answer.
  await each(200, (i) => search(client, BASE, 'sub', `(cn=user${i % 10})`, {}, 1));
  await each(50, (i) => search(client, person(i), 'base', '(objectClass=*)', { attributes: ['sn'] }, 1));
  await each(10, () => search(client, BASE, 'one', '(&(objectClass=person)(!(cn=none*)))', {}, 100));
  for (let i = 0; i < 10; i++) {
    await search(client, `cn=none,dc=nowhere`, 'base', '(cn=x)', {}, 0, CODE.not_there, 'client_error');
    // The library gives what came before the limit, and keeps the code for itself.
    await search(client, BASE, 'sub', '(cn=*)', { sizeLimit: 5 }, 5);
    did('search', `${BASE} sub (cn=*)`, 'ok', 0, -1);
    did('search', `${BASE} sub (cn=*)`, 'server_error', CODE.too_many);
  }
};

const change = async (client) => {
  await each(50, async (i) => {
    const modification = new Attribute({ type: 'sn', values: ['changed'] });
    await client.modify(person(i), [new Change({ operation: 'replace', modification })]);
    did('modify', person(i), 'ok', 0);
  });
  await each(50, async (i) => {
    if (await client.compare(person(i), 'sn', 'other')) throw new Error('compared wrong');
    did('compare', person(i), 'ok', CODE.differs);
  });
  await client.exop(WHO_AM_I);
  did('extended', WHO_AM_I, 'ok', 0);
  await ends(client.del(BASE), CODE.not_a_leaf);
  did('delete', BASE, 'client_error', CODE.not_a_leaf);
  await client.modifyDN(person(99), 'cn=renamed');
  did('modify DN', person(99), 'ok', 0);
  await each(50, async (i) => {
    await client.del(person(i));
    did('delete', person(i), 'ok', 0);
  });
};

const refusals = async () => {
  for (let i = 0; i < 10; i++) {
    const client = open();
    await bind(client, ADMIN, 'wrong', CODE.wrong_password, 'client_error');
    // A name without a password is no login.
    await bind(client, ADMIN, '', CODE.unwilling, 'server_error');
    await unbind(client);
  }
};

if (phase === 'early') {
  const client = open();
  await client.bind(ADMIN, 'hidden');
  await ready();
  await each(200, () => search(client, '', 'base', '(objectClass=*)', {}, 1));
  await unbind(client);
} else {
  const admin = open();
  await bind(admin, ADMIN, 'hidden');
  await fill(admin);
  const [one, other] = [open(), open()];
  for (const client of [one, other]) await bind(client, ADMIN, 'hidden');
  await Promise.all([look(one), look(other), refusals()]);
  await change(admin);
  for (const client of [admin, one, other]) await unbind(client);
}
tell();
