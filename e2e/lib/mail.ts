// Real mail servers of Debian, each in a folder of its own, on loopback and free ports.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, Started } from './process.ts';
import { id, place, type RealServer, started } from './servers.ts';

const MESSAGES = 100;

/** Takes mail for shop.test and throws it away: "nobody" is unknown, "grey" must come again; alice's password is hidden-word. */
export const exim = async (): Promise<RealServer> => {
  const user = id('Debian-exim');
  const folder = place('exim', user);
  const port = await free_port();
  for (const name of ['spool', 'log']) {
    mkdirSync(join(folder, name));
    chownSync(join(folder, name), user.uid, user.gid);
  }
  const conf = join(folder, 'conf');
  writeFileSync(
    conf,
    `primary_hostname = mail.shop.test
exim_user = Debian-exim
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
pid_file_path = ${folder}/pid
daemon_smtp_ports = ${port}
local_interfaces = 127.0.0.1
domainlist local_domains = shop.test
chunking_advertise_hosts = *
auth_advertise_hosts = *
pipelining_advertise_hosts = *
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
smtp_accept_max = 50
smtp_accept_max_per_connection = 1000000
smtp_accept_max_nonmail = 1000000
queue_only = true
message_size_limit = 10M
begin acl
acl_rcpt:
  deny message = no such person here
    local_parts = nobody
  defer message = come back later
    local_parts = grey
  accept domains = +local_domains
  deny message = relay not permitted
acl_data:
  deny message = this looks like spam
    condition = \${if match{$h_subject:}{spam}}
  accept
begin routers
local:
  driver = accept
  transport = drop
begin transports
drop:
  driver = appendfile
  file = /dev/null
begin authenticators
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{$auth1}{alice}}{eq{$auth2}{hidden-word}}}}
  server_set_id = $auth1
`,
  );
  return started('exim', port, folder, new Started('exim', '/usr/sbin/exim4', ['-C', conf, '-bdf']));
};

/** A mailbox of 100 messages; the password of everybody is hidden-word. */
const dovecot = async (protocol: 'imap' | 'pop3'): Promise<RealServer> => {
  const folder = place('dovecot');
  const port = await free_port();
  const inbox = join(folder, 'mail/alice');
  for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(inbox, name), { recursive: true });
  for (let i = 0; i < MESSAGES; i++) {
    const body = `tagged lines such as\r\na1 OK or +OK are no answers\r\n${'x'
      .repeat(70)
      .concat('\r\n')
      .repeat(i === 7 ? 4000 : i)}`;
    writeFileSync(join(inbox, `new/${i}.host`), `Subject: ${i}\r\n\r\n${body}`);
  }
  execFileSync('chown', ['-R', 'nobody:nogroup', join(folder, 'mail')]);
  const conf = join(folder, 'conf');
  writeFileSync(
    conf,
    `base_dir = ${folder}/run
log_path = /dev/stderr
protocols = ${protocol}
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:${folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = password=hidden-word
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${folder}/mail/%u
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service ${protocol}-login {
  inet_listener ${protocol} {
    port = ${port}
  }
  inet_listener ${protocol}s {
    port = 0
  }
}
`,
  );
  return started('dovecot', port, folder, new Started('dovecot', '/usr/sbin/dovecot', ['-F', '-c', conf]));
};
export const dovecot_imap = (): Promise<RealServer> => dovecot('imap');
export const dovecot_pop3 = (): Promise<RealServer> => dovecot('pop3');
