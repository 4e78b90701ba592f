// What both Sonde and tshark read, and which of tshark's fields say what a row of Sonde's says.

export interface Spoken {
  /** Of the server, in the capture. */
  readonly port: number;
  /** Name of tshark's dissector where it does not take the port for it by itself. */
  readonly decode_as?: string;
  readonly fields: readonly string[];
  /** A value of one of these fields in a packet towards the server counts as a request. */
  readonly request: readonly string[];
  /** Only these values do, when not all. */
  readonly only?: readonly string[];
  /** Why the counts differ, when they do. */
  readonly differs?: string;
}

const HTTP_FIELDS = ['method', 'host', 'request.uri', 'request.version', 'response.code', 'response.phrase'];
const http = [
  ...HTTP_FIELDS.map((name) => (name === 'method' ? 'http.request.method' : `http.${name}`)),
  'http.content_length',
  'http.x_forwarded_for',
];
const dns = ['dns.id', 'dns.flags.response', 'dns.qry.name', 'dns.qry.type', 'dns.flags.rcode', 'dns.a', 'dns.aaaa'];

/** Folder name of the protocol -> how tshark is asked for it. */
export const SPOKEN: Readonly<Record<string, Spoken>> = {
  http1: { port: 80, fields: http, request: ['http.request.method'] },
  websocket: {
    port: 8080,
    fields: ['websocket.opcode', 'websocket.payload_length'],
    request: ['websocket.opcode'],
    differs: 'frames there, here messages and their upgrade; pings and pongs are no rows',
  },
  elasticsearch: { port: 9200, decode_as: 'http', fields: http, request: ['http.request.method'] },
  http2: {
    port: 50_051,
    decode_as: 'http2',
    fields: ['streamid', 'headers.method', 'headers.authority', 'headers.path', 'headers.status'].map(
      (name) => `http2.${name}`,
    ),
    request: ['http2.headers.method'],
  },
  mysql: {
    port: 3306,
    fields: ['command', 'query', 'stmt_id', 'affected_rows', 'error_code', 'error.message', 'version'].map(
      (name) => `mysql.${name}`,
    ),
    request: ['mysql.command'],
    differs: 'connecting is a row',
  },
  postgresql: {
    port: 5432,
    fields: ['type', 'query', 'tag', 'severity', 'code', 'message'].map((name) => `pgsql.${name}`),
    request: ['pgsql.type'],
    only: ['Simple query', 'Execute'],
    differs: 'a statement of Parse to Sync is a row; so are Terminate and an upgrade to TLS',
  },
  tds: {
    port: 1433,
    fields: ['type', 'query', 'rpc.name', 'rpc.proc_id', 'done.donerowcount', 'error.number', 'error.msgtext'].map(
      (name) => `tds.${name}`,
    ),
    request: ['tds.type'],
    differs: 'packets there, here messages',
  },
  oracle: {
    port: 1521,
    fields: ['type', 'data_id', 'data_oci.id', 'version', 'connect_data', 'refuse_data'].map((name) => `tns.${name}`),
    request: ['tns.data_oci.id'],
    differs: 'connecting and negotiating are rows',
  },
  cassandra: {
    port: 9042,
    fields: ['opcode', 'stream', 'version', 'string', 'error_code', 'result.kind'].map((name) => `cql.${name}`),
    request: ['cql.opcode'],
  },
  redis: {
    port: 6379,
    fields: ['bulk_string.value', 'string', 'error', 'integer'].map((name) => `resp.${name}`),
    request: ['resp.array.length'],
    differs: 'inline commands are rows; every array counts there',
  },
  memcached: {
    port: 11_211,
    fields: ['command', 'key', 'opcode', 'opaque', 'response', 'status'].map((name) => `memcache.${name}`),
    request: ['memcache.command', 'memcache.opcode'],
    differs: 'of meta commands none counts there',
  },
  mongodb: {
    port: 27_017,
    decode_as: 'mongo',
    fields: ['request_id', 'response_to', 'opcode', 'element.name', 'element.value.string'].map(
      (name) => `mongo.${name}`,
    ),
    request: ['mongo.request_id'],
  },
  ldap: {
    port: 389,
    fields: ['messageID', 'protocolOp', 'name', 'baseObject', 'resultCode', 'errorMessage'].map(
      (name) => `ldap.${name}`,
    ),
    request: ['ldap.protocolOp'],
  },
  kafka: {
    port: 9092,
    fields: ['api_key', 'api_version', 'correlation_id', 'client_id', 'topic_name', 'error'].map(
      (name) => `kafka.${name}`,
    ),
    request: ['kafka.api_key'],
  },
  mqtt: {
    port: 1883,
    fields: ['msgtype', 'msgid', 'topic', 'clientid', 'ver', 'conack.val'].map((name) => `mqtt.${name}`),
    request: ['mqtt.msgtype'],
    differs: 'acknowledgements count there; here what the server publishes',
  },
  amqp: {
    port: 5672,
    fields: [
      'amqp.channel',
      ...['class', 'method', 'arguments.exchange', 'arguments.queue', 'arguments.routing_key'].map(
        (name) => `amqp.method.${name}`,
      ),
      'amqp.method.arguments.reply_code',
      'amqp.method.arguments.reply_text',
    ],
    request: ['amqp.method.method'],
    differs: 'acknowledgements and parts of the handshake count there; here deliveries of the server',
  },
  amqp1: {
    port: 5673,
    decode_as: 'amqp',
    fields: ['amqp.performative', 'amqp.performative.arguments.hostname', 'amqp.error.condition'],
    request: ['amqp.performative'],
    differs: 'flow, disposition and end of links count there; here what the server transfers',
  },
  openwire: {
    port: 61_616,
    decode_as: 'openwire',
    fields: ['command', 'command.id', 'response.correlationid'].map((name) => `openwire.${name}`),
    request: ['openwire.command'],
    differs: 'what the broker dispatches is a row',
  },
  thrift: {
    port: 9090,
    decode_as: 'thrift',
    fields: ['method', 'mtype', 'seq_id'].map((name) => `thrift.${name}`),
    request: ['thrift.method'],
    differs: 'several calls in a segment are listed again and again there',
  },
  some_ip: {
    port: 30_509,
    decode_as: 'someip',
    fields: ['serviceid', 'methodid', 'sessionid', 'messagetype', 'returncode'].map((name) => `someip.${name}`),
    request: ['someip.methodid'],
    differs: 'notifications of the server are rows',
  },
  fastcgi: {
    port: 9001,
    decode_as: 'fcgi',
    fields: ['type', 'id', 'nv_name', 'end_request.app_status', 'end_request.protocol_status'].map(
      (name) => `fcgi.${name}`,
    ),
    request: ['fcgi.begin_request.role'],
    differs: 'GET_VALUES is a row',
  },
  smtp: {
    port: 25,
    fields: ['req.command', 'req.parameter', 'response.code', 'rsp.parameter'].map((name) => `smtp.${name}`),
    request: ['smtp.req.command'],
    differs: 'the greeting is a row, a command in capitals or not; so is the handshake behind STARTTLS',
  },
  pop3: {
    port: 110,
    fields: ['request.command', 'request.parameter', 'response.indicator', 'response.description'].map(
      (name) => `pop.${name}`,
    ),
    request: ['pop.request.command'],
    differs: 'the greeting is a row; several lines of one exchange count there',
  },
  imap: {
    port: 143,
    fields: ['request_tag', 'request.command', 'request.folder', 'response_tag', 'response.status'].map(
      (name) => `imap.${name}`,
    ),
    request: ['imap.request.command'],
    differs: 'the greeting is a row; literals and lines of an exchange count there',
  },
  sip: {
    port: 5060,
    fields: ['Method', 'r-uri', 'Call-ID', 'CSeq', 'Status-Code'].map((name) => `sip.${name}`),
    request: ['sip.Method'],
    differs: 'a repeated INVITE is one row',
  },
  dns: { port: 53, fields: dns, request: ['dns.flags.response'], only: ['0', 'False'] },
  mdns: {
    port: 5353,
    fields: dns,
    request: ['dns.flags.response'],
    only: ['0', 'False'],
    differs: 'announcements are rows',
  },
  tls: {
    port: 443,
    fields: [
      ...['type', 'version', 'ciphersuite', 'extensions_server_name', 'extensions_alpn_str'].map(
        (name) => `tls.handshake.${name}`,
      ),
      'tls.handshake.extensions.supported_version',
      'tls.alert_message.desc',
      'x509af.notAfter',
    ],
    request: ['tls.handshake.type'],
    only: ['1'],
    differs: 'a hello after HelloRetryRequest belongs to its handshake',
  },
};

/** Recordings that tshark takes for something else: it reads no BDAT (RFC 3030), and each line of a chunk as a command. */
export const LEFT_OUT: ReadonlySet<string> = new Set(['smtp/chunking.json']);
