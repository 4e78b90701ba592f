// The recordings as tshark reads them.
import { expect, it } from 'vitest';
import { MESSAGE_TYPE } from '../protocol.ts';
import { play } from '../testing/play.ts';
import { load } from '../testing/record.ts';
import { no_tshark, tshark } from '../testing/tshark.ts';
import { protocol } from './parse.ts';

const FIELDS = ['fcgi.begin_request.role', 'fcgi.end_request.protocol_status', 'fcgi.end_request.app_status'];

const count = (values: readonly string[] | undefined, wanted: string): number =>
  (values ?? []).filter((value) => value === wanted).length;

it.skipIf(no_tshark).each(['php', 'cgi', 'mux', 'lib'])('%s: as many requests and answers, ended alike', (name) => {
  for (const pieces of load(new URL(`captures/${name}.json`, import.meta.url))) {
    const [roles, protocol_statuses, app_statuses] = tshark(pieces, FIELDS, 'fcgi');
    const messages = play([protocol], pieces).messages.filter((m) => m.request_id !== 0 && m.interim !== true);
    const requests = messages.filter((m) => m.type === MESSAGE_TYPE.request);
    const answers = messages.filter((m) => m.type === MESSAGE_TYPE.response);
    expect(requests).toHaveLength(roles!.length);
    expect(answers).toHaveLength(protocol_statuses!.length);
    const refused = answers.filter((m) => m.response_exception === 'UNKNOWN_ROLE');
    expect(refused).toHaveLength(count(protocol_statuses, '3'));
    const failed = answers.filter((m) => m.attribute_names?.includes('fastcgi_app_status') === true);
    expect(failed).toHaveLength(app_statuses!.length - count(app_statuses, '0'));
  }
});
