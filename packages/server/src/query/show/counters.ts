// Virtual tables: groups of counters, whose names and members only the rows know.
import { physical_source, type Table } from '../catalog.ts';
import { decode_rows } from '../engine.ts';
import { type Metric, named_metric } from '../metrics.ts';
import type { ShowContext } from './show.ts';

/** Rows looked at for names. */
const LOOK_BACK_S = 24 * 3600;
const NAMES_MAX = 10_000;

async function names(table: Table, select: string, where: string, context: ShowContext): Promise<string[]> {
  const params: Record<string, string | number> = { seconds: LOOK_BACK_S };
  if (table.virtual !== undefined) params.group = table.virtual;
  const sql = `SELECT DISTINCT ${select} AS name FROM ${physical_source(table, 0)} WHERE time > now() - {seconds:UInt32}${where} ORDER BY name LIMIT ${NAMES_MAX}`;
  const answer = await context.engine.query(sql, params, context.signal && { signal: context.signal });
  return decode_rows(answer.text()).values.map((row) => String(row[0]));
}

const keeps_names_apart = (table: Table): boolean => table.definition.columns.some((c) => c.name === 'metric_id');

export async function virtual_tables(table: Table, context: ShowContext): Promise<string[]> {
  if (!keeps_names_apart(table)) return names(table, 'virtual_table_name', '', context);
  const sql = `SELECT DISTINCT name FROM flow_tag.prometheus_metric_name_map ORDER BY name LIMIT ${NAMES_MAX}`;
  const answer = await context.engine.query(sql, {}, context.signal && { signal: context.signal });
  return decode_rows(answer.text()).values.map((row) => String(row[0]));
}

export async function counters_of(table: Table, context: ShowContext): Promise<Metric[]> {
  if (keeps_names_apart(table)) return [];
  const where = table.virtual === undefined ? '' : ' AND virtual_table_name = {group:String}';
  const found = await names(table, 'arrayJoin(metrics_float_names)', where, context);
  return found.flatMap((name) => named_metric(table.definition, `metrics.${name}`) ?? []);
}
