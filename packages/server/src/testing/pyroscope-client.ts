// A client of Pyroscope's API by independent libraries (@bufbuild/protobuf, @connectrpc/connect), described as its published .proto files
// are (github.com/grafana/pyroscope, api/: push/v1, querier/v1, types/v1, google/v1).
import { create, createFileRegistry, type DescService } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { type Client, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';

/** NUMBER NAME TYPE, `*` before a repeated one; types with a capital letter are messages. */
const MESSAGES: Readonly<Record<string, string>> = {
  Empty: '',
  LabelPair: '1 name string, 2 value string',
  Labels: '1 labels *LabelPair',
  RawSample: '1 raw_profile bytes, 2 ID string',
  RawProfileSeries: '1 labels *LabelPair, 2 samples *RawSample',
  PushRequest: '1 series *RawProfileSeries',
  ProfileTypesRequest: '1 start int64, 2 end int64',
  ProfileType:
    '1 ID string, 2 name string, 4 sample_type string, 5 sample_unit string, 6 period_type string, 7 period_unit string',
  ProfileTypesResponse: '1 profile_types *ProfileType',
  LabelNamesRequest: '1 matchers *string, 2 start int64, 3 end int64',
  LabelValuesRequest: '1 name string, 2 matchers *string, 3 start int64, 4 end int64',
  NamesResponse: '1 names *string',
  SeriesRequest: '1 matchers *string, 2 label_names *string, 3 start int64, 4 end int64',
  SeriesResponse: '2 labels_set *Labels',
  SelectMergeStacktracesRequest:
    '1 profile_typeID string, 2 label_selector string, 3 start int64, 4 end int64, 5 max_nodes int64',
  SelectMergeSpanProfileRequest:
    '1 profile_typeID string, 2 label_selector string, 3 span_selector *string, 4 start int64, 5 end int64, 6 max_nodes int64',
  Level: '1 values *int64',
  FlameGraph: '1 names *string, 2 levels *Level, 3 total int64, 4 max_self int64',
  SelectMergeStacktracesResponse: '1 flamegraph FlameGraph',
  FlameGraphDiff:
    '1 names *string, 2 levels *Level, 3 total int64, 4 max_self int64, 5 leftTicks int64, 6 rightTicks int64',
  DiffRequest: '1 left SelectMergeStacktracesRequest, 2 right SelectMergeStacktracesRequest',
  DiffResponse: '1 flamegraph FlameGraphDiff',
  SelectMergeProfileRequest:
    '1 profile_typeID string, 2 label_selector string, 3 start int64, 4 end int64, 5 max_nodes int64',
  ValueType: '1 type int64, 2 unit int64',
  Sample: '1 location_id *uint64, 2 value *int64',
  Line: '1 function_id uint64, 2 line int64',
  Location: '1 id uint64, 2 mapping_id uint64, 3 address uint64, 4 line *Line',
  Function: '1 id uint64, 2 name int64, 3 system_name int64, 4 filename int64',
  Profile:
    '1 sample_type *ValueType, 2 sample *Sample, 4 location *Location, 5 function *Function, 6 string_table *string',
  SelectSeriesRequest:
    '1 profile_typeID string, 2 label_selector string, 3 start int64, 4 end int64, 5 group_by *string, 6 step double, 9 limit int64',
  Point: '1 value double, 2 timestamp int64',
  SeriesOfPoints: '1 labels *LabelPair, 2 points *Point',
  SelectSeriesResponse: '1 series *SeriesOfPoints',
};
const METHODS: readonly (readonly [name: string, input: string, output: string])[] = [
  ['ProfileTypes', 'ProfileTypesRequest', 'ProfileTypesResponse'],
  ['LabelNames', 'LabelNamesRequest', 'NamesResponse'],
  ['LabelValues', 'LabelValuesRequest', 'NamesResponse'],
  ['Series', 'SeriesRequest', 'SeriesResponse'],
  ['SelectMergeStacktraces', 'SelectMergeStacktracesRequest', 'SelectMergeStacktracesResponse'],
  ['SelectMergeSpanProfile', 'SelectMergeSpanProfileRequest', 'SelectMergeStacktracesResponse'],
  ['SelectMergeProfile', 'SelectMergeProfileRequest', 'Profile'],
  ['SelectSeries', 'SelectSeriesRequest', 'SelectSeriesResponse'],
  ['Diff', 'DiffRequest', 'DiffResponse'],
];
const TYPES: Readonly<Record<string, Type>> = {
  string: Type.STRING,
  bytes: Type.BYTES,
  int64: Type.INT64,
  uint64: Type.UINT64,
  double: Type.DOUBLE,
};
const json_name = (name: string): string => name.replace(/_(.)/g, (_, c: string) => c.toUpperCase());

function field_of(text: string, package_name: string) {
  const [number, name, given] = text.trim().split(' ') as [string, string, string];
  const type = given.replace('*', '');
  const scalar = TYPES[type];
  return {
    name,
    number: Number(number),
    jsonName: json_name(name),
    label: given.startsWith('*') ? Label.REPEATED : Label.OPTIONAL,
    type: scalar ?? Type.MESSAGE,
    ...(scalar === undefined ? { typeName: `.${package_name}.${type}` } : {}),
  };
}

function service(package_name: string, name: string, methods: typeof METHODS): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: `${name}.proto`,
    package: package_name,
    syntax: 'proto3',
    messageType: Object.entries(MESSAGES).map(([message, fields]) => ({
      name: message,
      field: fields === '' ? [] : fields.split(',').map((field) => field_of(field, package_name)),
    })),
    service: [
      {
        name,
        method: methods.map(([method, input, output]) => ({
          name: method,
          inputType: `.${package_name}.${input}`,
          outputType: `.${package_name}.${output}`,
        })),
      },
    ],
  });
  return createFileRegistry(file, () => undefined).getService(`${package_name}.${name}`)!;
}
const QUERIER = service('querier.v1', 'QuerierService', METHODS);
const PUSHER = service('push.v1', 'PusherService', [['Push', 'PushRequest', 'Empty']]);

/** Messages as plain objects: 64-bit integers are bigints. */
type Answer = Record<string, unknown>;
export interface PyroscopeClient {
  call(method: string, request: object): Promise<Answer>;
  push(request: object): Promise<Answer>;
}
export function pyroscope_client(url: string, binary: boolean): PyroscopeClient {
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1', useBinaryFormat: binary });
  const querier = createClient(QUERIER, transport) as Client<DescService>;
  const pusher = createClient(PUSHER, transport) as Client<DescService>;
  const call = (client: unknown, name: string, request: object): Promise<Answer> =>
    (client as Record<string, (request: object) => Promise<Answer>>)[name]!(request);
  return {
    call: (method, request) => call(querier, method[0]!.toLowerCase() + method.slice(1), request),
    push: (request) => call(pusher, 'push', request),
  };
}
