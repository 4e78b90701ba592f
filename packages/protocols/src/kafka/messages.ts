// Request types of the Kafka protocol by API key (kafka.apache.org/protocol, "Api Keys"; message definitions up to 4.1).
// Every request is read with its header: name, version, correlation id, client. What is read of the bodies:
//
//   Produce, Fetch                topic, partition, offset, trace of the first record that has one; error code
//   names 'topics' below          the first topic asked for
//   names 'group' below           the group
//   'code' below                  error code of the response, at its place of old
//   all others                    nothing: a row with name, version and times
//   SASL                          names only; tokens, also those without any header after SaslHandshake 0, are passed by

/** Where the error code of a response stands: first, behind the throttle time (from version n), or deeper/nowhere. */
type CodePlace = 'first' | number | undefined;

export interface Api {
  readonly name: string;
  /** From this version on: compact texts and tagged fields (KIP-482). */
  readonly flexible: number;
  /** Newest version known; some more are taken as possible. */
  readonly newest: number;
  readonly code: CodePlace;
}

/** Versions after the newest known that a connection may speak. */
const NEWER = 4;
export const NEVER = 99;
export const PRODUCE = 0;
export const FETCH = 1;
export const SASL_HANDSHAKE = 17;
export const API_VERSIONS = 18;

const api = (name: string, newest: number, flexible: number, code?: 'first' | number): Api => ({
  name,
  newest,
  flexible,
  code,
});

export const APIS: readonly Api[] = [
  api('Produce', 13, 9),
  api('Fetch', 18, 12),
  api('ListOffsets', 11, 6),
  api('Metadata', 13, 9),
  api('LeaderAndIsr', 7, 4, 'first'),
  api('StopReplica', 4, 2, 'first'),
  api('UpdateMetadata', 8, 6, 'first'),
  api('ControlledShutdown', 3, 3, 'first'),
  api('OffsetCommit', 10, 8),
  api('OffsetFetch', 10, 6),
  api('FindCoordinator', 6, 3),
  api('JoinGroup', 9, 6, 2),
  api('Heartbeat', 4, 4, 1),
  api('LeaveGroup', 5, 4, 1),
  api('SyncGroup', 5, 4, 1),
  api('DescribeGroups', 6, 5),
  api('ListGroups', 5, 3, 1),
  api('SaslHandshake', 1, NEVER, 'first'),
  api('ApiVersions', 4, 3, 'first'),
  api('CreateTopics', 7, 5),
  api('DeleteTopics', 6, 4),
  api('DeleteRecords', 2, 2),
  api('InitProducerId', 6, 2, 0),
  api('OffsetForLeaderEpoch', 4, 4),
  api('AddPartitionsToTxn', 5, 3),
  api('AddOffsetsToTxn', 4, 3, 0),
  api('EndTxn', 5, 3, 0),
  api('WriteTxnMarkers', 2, 1),
  api('TxnOffsetCommit', 5, 3),
  api('DescribeAcls', 3, 2, 0),
  api('CreateAcls', 3, 2),
  api('DeleteAcls', 3, 2),
  api('DescribeConfigs', 4, 4),
  api('AlterConfigs', 2, 2),
  api('AlterReplicaLogDirs', 2, 2),
  api('DescribeLogDirs', 5, 2),
  api('SaslAuthenticate', 2, 2, 'first'),
  api('CreatePartitions', 3, 2),
  api('CreateDelegationToken', 3, 2, 'first'),
  api('RenewDelegationToken', 2, 2, 'first'),
  api('ExpireDelegationToken', 2, 2, 'first'),
  api('DescribeDelegationToken', 3, 2, 'first'),
  api('DeleteGroups', 2, 2),
  api('ElectLeaders', 2, 2),
  api('IncrementalAlterConfigs', 1, 1),
  api('AlterPartitionReassignments', 1, 0, 0),
  api('ListPartitionReassignments', 0, 0, 0),
  api('OffsetDelete', 0, NEVER, 'first'),
  api('DescribeClientQuotas', 1, 1, 0),
  api('AlterClientQuotas', 1, 1),
  api('DescribeUserScramCredentials', 0, 0, 0),
  api('AlterUserScramCredentials', 0, 0),
  api('Vote', 2, 0, 'first'),
  api('BeginQuorumEpoch', 1, 1, 'first'),
  api('EndQuorumEpoch', 1, 1, 'first'),
  api('DescribeQuorum', 2, 0, 'first'),
  api('AlterPartition', 3, 0, 0),
  api('UpdateFeatures', 2, 0, 0),
  api('Envelope', 0, 0),
  api('FetchSnapshot', 1, 0, 0),
  api('DescribeCluster', 2, 0, 0),
  api('DescribeProducers', 0, 0),
  api('BrokerRegistration', 4, 0, 0),
  api('BrokerHeartbeat', 1, 0, 0),
  api('UnregisterBroker', 0, 0, 0),
  api('DescribeTransactions', 0, 0),
  api('ListTransactions', 2, 0, 0),
  api('AllocateProducerIds', 0, 0, 0),
  api('ConsumerGroupHeartbeat', 1, 0, 0),
  api('ConsumerGroupDescribe', 1, 0),
  api('ControllerRegistration', 0, 0, 0),
  api('GetTelemetrySubscriptions', 0, 0, 0),
  api('PushTelemetry', 0, 0, 0),
  api('AssignReplicasToDirs', 0, 0, 0),
  api('ListConfigResources', 1, 0, 0),
  api('DescribeTopicPartitions', 0, 0),
  api('ShareGroupHeartbeat', 1, 0, 0),
  api('ShareGroupDescribe', 1, 0),
  api('ShareFetch', 2, 0, 0),
  api('ShareAcknowledge', 2, 0, 0),
  api('AddRaftVoter', 1, 0, 0),
  api('RemoveRaftVoter', 0, 0, 0),
  api('UpdateRaftVoter', 0, 0, 0),
  api('InitializeShareGroupState', 0, 0),
  api('ReadShareGroupState', 0, 0),
  api('WriteShareGroupState', 0, 0),
  api('DeleteShareGroupState', 0, 0),
  api('ReadShareGroupStateSummary', 0, 0),
  api('StreamsGroupHeartbeat', 0, 0, 0),
  api('StreamsGroupDescribe', 0, 0),
  api('DescribeShareGroupOffsets', 0, 0),
  api('AlterShareGroupOffsets', 0, 0, 0),
  api('DeleteShareGroupOffsets', 0, 0, 0),
];

/** A request type in a version that may exist. */
export function known_api(key: number, version: number): Api | undefined {
  const found = APIS[key];
  return found !== undefined && version <= found.newest + NEWER ? found : undefined;
}
