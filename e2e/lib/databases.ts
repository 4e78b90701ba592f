// ClickHouse of Debian in a folder of its own, on loopback and free ports.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { free_port, Started } from './process.ts';
import { place, type RealServer, started } from './servers.ts';

/** User shop, password hidden; its native protocol. */
export const clickhouse = async (): Promise<RealServer> => {
  const folder = place('clickhouse');
  const port = await free_port();
  for (const name of ['data', 'tmp', 'files', 'schemas']) mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, 'config.xml'),
    `<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host><tcp_port>${port}</tcp_port>
  <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path><user_files_path>${folder}/files/</user_files_path>
  <format_schema_path>${folder}/schemas/</format_schema_path>
  <users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>16777216</mark_cache_size>
</yandex>
`,
  );
  writeFileSync(
    join(folder, 'users.xml'),
    `<yandex>
  <profiles><default><max_threads>2</max_threads></default></profiles>
  <users><shop>
    <password>hidden</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
  </shop></users>
  <quotas><default></default></quotas>
</yandex>
`,
  );
  const args = ['--config-file', join(folder, 'config.xml')];
  return started('clickhouse', port, folder, new Started('clickhouse', '/usr/sbin/clickhouse-server', args));
};
