// Which arguments of which command are names (kept) and which are values (shown as '?').
//
// A template has one letter an argument: k keeps it, v hides it. The part after '/' repeats to the end;
// nothing after '/' means that what follows is hidden as one '?'.
const TEMPLATES: Readonly<Record<string, string>> = {
  // Every argument is a key, a field, a range, an option or a name.
  '/k': `get del unlink exists mget ttl pttl expiretime pexpiretime expire pexpire expireat pexpireat persist type keys scan
    incr decr incrby decrby incrbyfloat strlen getrange substr getex getdel touch dump rename renamenx copy move randomkey dbsize
    object select swapdb sort sort_ro flushdb flushall
    hget hmget hgetall hdel hexists hkeys hvals hlen hstrlen hscan hrandfield hincrby hincrbyfloat hexpire hpexpire httl hpttl
    hpersist hgetdel hgetex hexpireat hpexpireat
    llen lrange lindex lpop rpop ltrim blpop brpop rpoplpush brpoplpush lmove blmove lmpop blmpop
    smembers scard spop srandmember sunion sinter sdiff sunionstore sinterstore sdiffstore sintercard sscan
    zrange zrevrange zrangebyscore zrevrangebyscore zrangebylex zrevrangebylex zcard zcount zlexcount zpopmin zpopmax bzpopmin
    bzpopmax zunion zinter zdiff zunionstore zinterstore zdiffstore zintercard zremrangebyrank zremrangebyscore zremrangebylex
    zrandmember zscan zmpop bzmpop zrangestore
    getbit bitcount bitpos bitop bitfield_ro setbit pfcount pfmerge geodist geopos geohash
    xlen xrange xrevrange xread xreadgroup xdel xtrim xinfo xgroup xack xpending xclaim xautoclaim
    subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe pubsub monitor
    multi exec discard watch unwatch ping quit reset time role info command cluster readonly readwrite asking wait waitaof
    save bgsave bgrewriteaof lastsave shutdown replicaof slaveof psync sync replconf failover memory latency slowlog module
    client script function debug lolwut`,
  k:
    'set setnx getset append publish spublish lpush rpush lpushx rpushx sadd srem sismember smismember pfadd restore geoadd georadius ' +
    'zadd zrem zscore zmscore zrank zrevrank zincrby evalsha evalsha_ro fcall fcall_ro lpos geosearch bitfield hello acl',
  kk: 'setrange setex psetex linsert lset lrem smove xadd config sentinel migrate hsetex',
  '/kv': 'mset msetnx',
  'k/kv': 'hset hmset hsetnx',
  '': 'auth echo eval eval_ro',
};

export interface Shape {
  readonly fixed: string;
  /** Letters that repeat after `fixed`; '' hides the rest. */
  readonly repeat: string;
}

const UNKNOWN: Shape = { fixed: '', repeat: '' };
const SHAPES = new Map<string, Shape>();
for (const [template, names] of Object.entries(TEMPLATES)) {
  const [fixed = '', repeat = ''] = template.split('/');
  for (const name of names.trim().split(/\s+/)) SHAPES.set(name, { fixed, repeat });
}
// Whose sub-command is followed by something that may be secret or long.
const SECOND_WORDS = new Map<string, Shape>([
  ['script load', { fixed: 'k', repeat: '' }],
  ['function load', { fixed: 'k', repeat: '' }],
  ['function restore', { fixed: 'k', repeat: '' }],
  ['config get', { fixed: '', repeat: 'k' }],
  ['acl whoami', { fixed: '', repeat: 'k' }],
  ['acl list', { fixed: '', repeat: 'k' }],
  ['debug set-active-expire', { fixed: '', repeat: 'k' }],
  ['debug sleep', { fixed: '', repeat: 'k' }],
]);

export function is_command(word: string): boolean {
  return SHAPES.has(word.toLowerCase());
}

export function shape_of(command: string, sub_command: string | undefined): Shape {
  const name = command.toLowerCase();
  if (sub_command !== undefined) {
    const two = SECOND_WORDS.get(`${name} ${sub_command.toLowerCase()}`);
    if (two !== undefined) return two;
  }
  return SHAPES.get(name) ?? UNKNOWN;
}
