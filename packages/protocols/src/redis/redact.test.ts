import { expect, it } from 'vitest';
import { redact_command, redact_error } from './redact.ts';

const CASES: [string, string, string][] = [
  ['SET k v EX 10', 'SET k ?', 'SET k v EX 10'],
  ['get k', 'get k', 'get k'],
  ['MSET a 1 b 2', 'MSET a ? b ?', 'MSET a 1 b 2'],
  ['HSET h f v g w', 'HSET h f ? g ?', 'HSET h f v g w'],
  ['SETEX k 10 v', 'SETEX k 10 ?', 'SETEX k 10 v'],
  ['AUTH pw', 'AUTH ?', 'AUTH ?'],
  ['AUTH user pw', 'AUTH ?', 'AUTH ?'],
  ['HELLO 3 AUTH user pw SETNAME x', 'HELLO 3 ?', 'HELLO 3 AUTH ? ? SETNAME x'],
  ['CONFIG SET requirepass pw', 'CONFIG SET requirepass ?', 'CONFIG SET requirepass ?'],
  ['CONFIG SET maxmemory 1', 'CONFIG SET maxmemory ?', 'CONFIG SET maxmemory 1'],
  ['CONFIG GET requirepass', 'CONFIG GET requirepass', 'CONFIG GET requirepass'],
  ['ACL SETUSER bob on >pw ~*', 'ACL SETUSER ?', 'ACL SETUSER bob ?'],
  ['MIGRATE h 6379 k 0 1 AUTH pw', 'MIGRATE h 6379 ?', 'MIGRATE h 6379 k 0 1 AUTH ?'],
  ['EVAL return(1) 1 k', 'EVAL ?', 'EVAL return(1) 1 k'],
  ['NOSUCH a b', 'NOSUCH ?', 'NOSUCH a b'],
  ['PING', 'PING', 'PING'],
];

it.each(CASES)('%s', (command, redacted, open) => {
  expect(redact_command(command.split(' '), true)).toBe(redacted);
  expect(redact_command(command.split(' '), false)).toBe(open);
});

it('an error does not quote the arguments', () => {
  const text = "-ERR unknown command 'X', with args beginning with: 'secret' ";
  expect(redact_error(text, true)).toBe("-ERR unknown command 'X'");
  expect(redact_error(text, false)).toBe(text);
});
