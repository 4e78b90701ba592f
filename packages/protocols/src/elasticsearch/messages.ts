// Calls of the REST API (its specification: rest-api-spec of Elasticsearch and OpenSearch), by the first segment of the path
// that begins with "_", and what becomes of each:
//
//   any call             request: API as type, index expression and API as endpoint
//   search and the like  the same, with the query behind the path, unless redacted
//   response             as in HTTP; type and reason of the error out of its body, also of a bulk's first failed item
//
// Documents, hits and all other bodies are passed over unread. Calls whose path has no such segment ("/", "/index") are told
// by the connection's server or client having said what it is, and by the method.

export interface Api {
  /** For all methods that `methods` does not name. */
  readonly name?: string;
  readonly methods?: Readonly<Record<string, string>>;
  /** The body is a query, which may stand in the row. */
  readonly query?: true;
  /** APIs of one of the next two segments; those it does not name belong to this one (ids, names). */
  readonly further?: Readonly<Record<string, Api>>;
  /** The next segment, where it is a word, belongs to the name: "cluster.health". */
  readonly family?: true;
  /** The response may say of single items that they failed. */
  readonly items?: true;
}

const all = (name: string, more: Partial<Api> = {}): Api => ({ name, ...more });
const by = (methods: Record<string, string>, more: Partial<Api> = {}): Api => ({ methods, ...more });
const family = (name: string): Api => ({ name, family: true });
const query = (name: string, more: Partial<Api> = {}): Api => ({ name, query: true, ...more });
/** An object of indices: read, written, deleted, asked for. */
const object = (name: string, prefix = 'indices.'): Api =>
  by({
    GET: `${prefix}get_${name}`,
    HEAD: `${prefix}exists_${name}`,
    PUT: `${prefix}put_${name}`,
    POST: `${prefix}put_${name}`,
    DELETE: `${prefix}delete_${name}`,
  });

const DOCUMENT = by({ GET: 'get', HEAD: 'exists', PUT: 'index', POST: 'index', DELETE: 'delete' });

export const APIS: Readonly<Record<string, Api>> = {
  // Documents.
  _doc: DOCUMENT,
  _create: all('create'),
  _source: by({ GET: 'get_source', HEAD: 'exists_source' }),
  _update: all('update'),
  _mget: all('mget'),
  _bulk: all('bulk', { items: true }),
  _update_by_query: query('update_by_query'),
  _delete_by_query: query('delete_by_query'),
  _reindex: query('reindex'),
  _termvectors: all('termvectors'),
  _mtermvectors: all('mtermvectors'),
  // Search.
  _search: query('search', {
    further: {
      scroll: by({ DELETE: 'clear_scroll', GET: 'scroll', POST: 'scroll' }),
      template: query('search_template'),
      point_in_time: by({ POST: 'create_pit', DELETE: 'delete_pit', GET: 'get_all_pits' }),
      pipeline: object('pipeline', 'search.'),
    },
  }),
  _msearch: query('msearch', { further: { template: query('msearch_template') } }),
  _async_search: {
    ...query('async_search.submit'),
    methods: { GET: 'async_search.get', DELETE: 'async_search.delete' },
  },
  _count: query('count'),
  _explain: query('explain'),
  _validate: { query: true, name: 'indices.validate_query' },
  _knn_search: query('knn_search'),
  _rank_eval: query('rank_eval'),
  _mvt: query('search_mvt'),
  _field_caps: all('field_caps'),
  _search_shards: all('search_shards'),
  _terms_enum: query('terms_enum'),
  _pit: by({ POST: 'open_point_in_time', DELETE: 'close_point_in_time' }),
  _eql: query('eql.search'),
  _sql: query('sql.query', { further: { translate: query('sql.translate'), close: all('sql.clear_cursor') } }),
  _query: query('esql.query'),
  _render: all('render_search_template'),
  _graph: query('graph.explore'),
  // Indices.
  _mapping: object('mapping'),
  _mappings: object('mapping'),
  _settings: object('settings'),
  _alias: object('alias'),
  _aliases: by({ GET: 'indices.get_alias', POST: 'indices.update_aliases' }),
  _template: object('template'),
  _index_template: object('index_template'),
  _component_template: object('component_template', 'cluster.'),
  _data_stream: by({
    GET: 'indices.get_data_stream',
    PUT: 'indices.create_data_stream',
    DELETE: 'indices.delete_data_stream',
  }),
  _refresh: all('indices.refresh'),
  _flush: all('indices.flush'),
  _forcemerge: all('indices.forcemerge'),
  _cache: all('indices.clear_cache'),
  _open: all('indices.open'),
  _close: all('indices.close'),
  _stats: all('indices.stats'),
  _segments: all('indices.segments'),
  _recovery: all('indices.recovery'),
  _shard_stores: all('indices.shard_stores'),
  _rollover: all('indices.rollover'),
  _shrink: all('indices.shrink'),
  _split: all('indices.split'),
  _clone: all('indices.clone'),
  _freeze: all('indices.freeze'),
  _unfreeze: all('indices.unfreeze'),
  _analyze: all('indices.analyze'),
  _resolve: all('indices.resolve_index'),
  _block: all('indices.add_block'),
  _disk_usage: all('indices.disk_usage'),
  _field_usage_stats: all('indices.field_usage_stats'),
  _downsample: all('indices.downsample'),
  _dangling: all('dangling_indices'),
  _lifecycle: all('indices.data_lifecycle'),
  // The cluster.
  _cat: family('cat'),
  _cluster: family('cluster'),
  _nodes: all('nodes.info', {
    further: {
      stats: all('nodes.stats'),
      usage: all('nodes.usage'),
      hot_threads: all('nodes.hot_threads'),
      reload_secure_settings: all('nodes.reload_secure_settings'),
    },
  }),
  _tasks: by({ GET: 'tasks.get', POST: 'tasks.cancel' }),
  _remote: all('cluster.remote_info'),
  _health_report: all('health_report'),
  _internal: family('internal'),
  _ingest: family('ingest'),
  _scripts: by({ GET: 'get_script', PUT: 'put_script', POST: 'put_script', DELETE: 'delete_script' }),
  _script_context: all('get_script_context'),
  _script_language: all('get_script_languages'),
  _snapshot: by({
    GET: 'snapshot.get',
    PUT: 'snapshot.create',
    POST: 'snapshot.restore',
    DELETE: 'snapshot.delete',
  }),
  _searchable_snapshots: family('searchable_snapshots'),
  _features: all('features'),
  _license: all('license'),
  _xpack: family('xpack'),
  _migration: family('migration'),
  // Extensions.
  _security: family('security'),
  _ilm: family('ilm'),
  _slm: family('slm'),
  _ml: family('ml'),
  _inference: all('inference'),
  _watcher: family('watcher'),
  _transform: all('transform'),
  _rollup: family('rollup'),
  _ccr: family('ccr'),
  _enrich: family('enrich'),
  _monitoring: family('monitoring'),
  _fleet: family('fleet'),
  _logstash: family('logstash'),
  _autoscaling: family('autoscaling'),
  _application: family('application'),
  _connector: all('connector'),
  _synonyms: all('synonyms'),
  _query_rules: all('query_rules'),
  _profiling: family('profiling'),
  _text_structure: family('text_structure'),
  _plugins: family('plugins'),
  _opendistro: family('opendistro'),
  _cluster_manager: family('cluster_manager'),
  _wlm: family('wlm'),
  _list: family('list'),
};

/** Index expressions may begin with "_" only when they mean all. */
export const ALL_INDICES = '_all';

/** "/" and "/index": only where the server is known. */
export const ROOT: Readonly<Record<string, string>> = { GET: 'info', HEAD: 'ping' };
export const INDEX: Readonly<Record<string, string>> = {
  GET: 'indices.get',
  HEAD: 'indices.exists',
  PUT: 'indices.create',
  DELETE: 'indices.delete',
};
/** Before version 7 documents had a type instead of "_doc": "/index/type/id". */
export const TYPED_DOCUMENT = DOCUMENT;
