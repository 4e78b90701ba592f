// Proxies with what is behind them, PHP by FastCGI, ClickHouse and SIP: every request that a client counted is one row at either
// end, and so is every one that a proxy had to make of it; there are no other rows.
import { clickhouse } from './lib/databases.ts';
import { family } from './lib/family.ts';
import { haproxy_http1, nginx_proxy, php } from './lib/proxies.ts';
import { sip } from './lib/sip.ts';

const HTTP = 20;
const FASTCGI = 44;
const CLICKHOUSE = 66;
const SIP = 123;

family([
  {
    title: 'nginx before nginx: connections kept and not kept, bodies, nobody behind it',
    start: nginx_proxy,
    client: 'proxied',
    args: ['502'],
    protocol: HTTP,
    behind: HTTP,
  },
  {
    title: 'HAProxy before nginx: connections shared, bodies, nobody behind it',
    start: haproxy_http1,
    client: 'proxied',
    args: ['503'],
    protocol: HTTP,
    behind: HTTP,
  },
  {
    title: 'nginx before PHP by FastCGI: bodies both ways, errors of the application',
    start: php,
    client: 'proxied',
    args: ['0'],
    protocol: HTTP,
    behind: FASTCGI,
  },
  {
    title: 'ClickHouse: statements, thousands of rows both ways, pings, refused statements and logins',
    start: clickhouse,
    client: 'clickhouse.py',
    protocol: CLICKHOUSE,
  },
  {
    title: 'SIP of SIPp over UDP: calls side by side, refused and failed requests',
    start: sip('udp'),
    client: 'sip',
    args: ['udp'],
    protocol: SIP,
  },
  {
    title: 'SIP of SIPp over TCP: calls on one connection',
    start: sip('tcp'),
    client: 'sip',
    args: ['tcp'],
    protocol: SIP,
  },
]);
