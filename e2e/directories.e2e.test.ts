// Real caches and directories with independent clients: every command that a client counted is one row at either end, with its
// outcome, and there are no other rows.
import { memcached, slapd, zookeeper } from './lib/directories.ts';
import { family } from './lib/family.ts';

family([
  {
    title: 'Memcached: text, meta and binary commands, hundreds in one write, some never answered',
    start: memcached,
    client: 'memcached',
    protocol: 82,
  },
  {
    title: 'OpenLDAP: many operations under way on a connection, result codes of both faults',
    start: slapd,
    client: 'ldap',
    protocol: 68,
  },
  {
    title: 'ZooKeeper: operations under way together, watches, transactions, four-letter words',
    start: zookeeper,
    client: 'zookeeper.py',
    protocol: 69,
  },
]);
