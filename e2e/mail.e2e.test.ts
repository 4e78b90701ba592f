// Real mail servers: every command of a client is one row at either end, with its outcome, and there are no other rows; texts of
// messages that look like commands are none.
import { family } from './lib/family.ts';
import { dovecot_imap, dovecot_pop3, exim } from './lib/mail.ts';

family([
  {
    title: 'Exim: envelopes in one write, messages, logins, refusals for now and for good',
    start: exim,
    client: 'mail',
    args: ['smtp'],
    protocol: 110,
  },
  {
    title: 'Dovecot, POP3: hundreds of messages asked for at once, lists, refusals',
    start: dovecot_pop3,
    client: 'mail',
    args: ['pop3'],
    protocol: 111,
  },
  {
    title: 'Dovecot, IMAP: hundreds of commands under way, literals, refusals',
    start: dovecot_imap,
    client: 'mail',
    args: ['imap'],
    protocol: 112,
  },
]);
