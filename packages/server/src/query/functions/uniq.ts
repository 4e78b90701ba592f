import { metric_value, type QueryFunction } from './function.ts';

/** 8 tags make a key; more is more likely a mistake. */
const TAGS_MAX = 8;

const distinct = (name: string, engine_name: string, meaning: string, also: readonly string[] = []): QueryFunction => ({
  name,
  kind: 'aggregate',
  usage: 'tag, ...',
  arity: [1, TAGS_MAX],
  meaning,
  example: `${name}(ip_0)`,
  also,
  translate: (call, scope) =>
    metric_value(
      scope.aggregate(
        engine_name,
        call.args.map((arg) => scope.row(arg).sql),
      ),
      '',
    ),
});

export const uniq = distinct('Uniq', 'uniq', 'Number of different values or combinations, approximately (about 1 %)');
export const uniq_exact = distinct('UniqExact', 'uniqExact', 'Number of different values or combinations, exactly', [
  'countDistinct',
]);
