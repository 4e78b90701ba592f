// URLs without the values that people and programs put into them: query-string values, path parameters
// (`;jsessionid=...`) and fragments. Names stay, so that requests can still be told apart.

const PATH_PARAMETER = /;([^=/;?]*)=[^/;]*/g;

function redact_pairs(query: string): string {
  let out = '';
  let from = 0;
  for (let at = 0; at <= query.length; at++) {
    const code = at < query.length ? query.charCodeAt(at) : 38;
    if (code !== 38 && code !== 59) continue;
    const equals = query.indexOf('=', from);
    // A part without "=" has no name: it is all value (`/query?1590632942`).
    if (equals >= from && equals < at) out += `${query.slice(from, equals)}=?`;
    else if (at > from) out += '?';
    if (at < query.length) out += query[at];
    from = at + 1;
  }
  return out;
}

/** `/a;s=1/b?x=1&y=2#z` becomes `/a;s=?/b?x=?&y=?`. */
export function redact_url(url: string): string {
  const fragment = url.indexOf('#');
  const whole = fragment < 0 ? url : url.slice(0, fragment);
  const mark = whole.indexOf('?');
  let path = mark < 0 ? whole : whole.slice(0, mark);
  if (path.includes(';')) path = path.replace(PATH_PARAMETER, ';$1=?');
  return mark < 0 ? path : `${path}?${redact_pairs(whole.slice(mark + 1))}`;
}
