// A message of OTLP profiles, written field by field after profiles.proto (v1development, release 1.9).
import { Writer } from '../protobuf.ts';

/** Two samples of one process: one with values and times, one of bare times; a native, a kernel and an interpreted function. */
export function otlp_message(start_s = 1_700_000_000): Uint8Array {
  const out = new Writer();
  out.message(1, (resource_profiles) => {
    resource_profiles.message(1, (resource) =>
      resource.message(1, (pair) => {
        pair.text(1, 'service.name');
        pair.message(2, (value) => value.text(1, 'cart'));
      }),
    );
    resource_profiles.message(2, (scope) => scope.message(2, (profile) => fill_profile(profile, start_s)));
  });
  out.message(2, fill_dictionary);
  return out.done();
}

const STRINGS = [
  '',
  'samples',
  'count',
  'cpu',
  'nanoseconds',
  'serve',
  'app.py',
  '/usr/bin/python3',
  'thread.name',
  'worker',
];
const MORE = ['profile.frame.type', 'cpython', 'kernel', 'do_syscall_64', 'native'];
const string = (text: string): number => [...STRINGS, ...MORE].indexOf(text);
const nanos = (s: number): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(s) * 1_000_000_000n);
  return bytes;
};

function fill_profile(profile: Writer, start_s: number): void {
  profile.message(1, (type) => {
    type.number(1, string('samples'));
    type.number(2, string('count'));
  });
  profile.message(2, (sample) => {
    sample.number(1, 1);
    sample.numbers(2, [1]);
    sample.number(3, 1);
    sample.numbers(4, [2, 3]);
    sample.raw(5, Buffer.concat([nanos(start_s), nanos(start_s + 1)]));
  });
  profile.message(2, (sample) => {
    sample.number(1, 2);
    sample.raw(5, Buffer.concat([nanos(start_s), nanos(start_s)]));
  });
  profile.number(4, 5e9);
  profile.message(5, (type) => {
    type.number(1, string('cpu'));
    type.number(2, string('nanoseconds'));
  });
  profile.number(6, 50_000_000);
  profile.raw(7, Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'));
}

function fill_dictionary(dictionary: Writer): void {
  const mapping = (file: string) =>
    dictionary.message(1, (m) => {
      m.number(1, file === '' ? 0 : 0x400000);
      m.number(4, string(file));
    });
  mapping('');
  mapping('/usr/bin/python3');
  const location = (of_mapping: number, address: number, of_function: number, attribute: number) =>
    dictionary.message(2, (l) => {
      l.number(1, of_mapping);
      l.number(2, address);
      if (of_function > 0) l.message(3, (line) => line.number(1, of_function));
      l.numbers(4, attribute === 0 ? [] : [attribute]);
    });
  location(0, 0, 0, 0);
  location(1, 0x401234, 0, 4);
  location(1, 0, 1, 2);
  location(0, 0, 2, 3);
  const named = (name: string, file: string) =>
    dictionary.message(3, (f) => {
      f.number(1, string(name));
      f.number(3, string(file));
    });
  named('', '');
  named('serve', 'app.py');
  named('do_syscall_64', '');
  dictionary.message(4, () => {});
  dictionary.message(4, (link) => {
    link.raw(1, Buffer.from('4bf92f3577b34da6a3ce929d0e0e4736', 'hex'));
    link.raw(2, Buffer.from('00f067aa0ba902b7', 'hex'));
  });
  for (const text of [...STRINGS, ...MORE]) dictionary.raw(5, Buffer.from(text));
  const attribute = (key: string, value: string) =>
    dictionary.message(6, (a) => {
      a.number(1, string(key));
      a.message(2, (v) => v.text(1, value));
    });
  dictionary.message(6, () => {});
  attribute('thread.name', 'worker');
  attribute('profile.frame.type', 'cpython');
  attribute('profile.frame.type', 'kernel');
  attribute('profile.frame.type', 'native');
  dictionary.message(7, () => {});
  // Innermost first.
  dictionary.message(7, (stack) => stack.numbers(1, [3, 2, 1]));
  dictionary.message(7, (stack) => stack.numbers(1, [2, 1]));
}
