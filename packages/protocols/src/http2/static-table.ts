// The static table of RFC 7541 appendix A; index 1 is the first.
type Row = readonly [name: string, value: string];

const named = (names: string): Row[] => names.split(' ').map((name) => [name, '']);

export const STATIC_TABLE: readonly Row[] = [
  ['', ''],
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((status): Row => [':status', status]),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...named('accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control'),
  ...named('content-disposition content-encoding content-language content-length content-location content-range'),
  ...named('content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range'),
  ...named('if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization'),
  ...named('range referer refresh retry-after server set-cookie strict-transport-security transfer-encoding'),
  ...named('user-agent vary via www-authenticate'),
];
