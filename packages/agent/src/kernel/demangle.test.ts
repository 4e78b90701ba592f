import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { demangled } from './demangle.ts';

it('reads names as c++filt does', () => {
  const names = [
    '_ZNSt6vectorIiSaIiEE9push_backEOi',
    '_ZN3foo3barEv',
    '_ZZ4mainENKUlvE_clEv',
    '_ZSt4cout',
    'main',
    '_Znot',
  ];
  const filtered = execFileSync('c++filt', names, { encoding: 'utf8' }).trim().split('\n');
  expect(names.map(demangled)).toEqual(filtered);
});

it('leaves out the hash and the escapes of Rust, and what compilers append', () => {
  expect(demangled('_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE')).toBe('core::fmt::Formatter::write_str');
  expect(demangled('_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE')).toBe(
    '<T as core::convert::Into<U>>::into',
  );
  expect(demangled('_ZN3foo3barEv.constprop.0')).toBe('foo::bar()');
});

it('bears anything', () => {
  for (const name of ['_Z', `_ZN${'9'.repeat(5000)}`, `_Z${'St'.repeat(3000)}`, '_ZN4\u0001abcdE'])
    expect(typeof demangled(name)).toBe('string');
});
