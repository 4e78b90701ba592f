// Data structures of OpenWire 1 to 12 (org.apache.activemq.command, their fields as org.apache.activemq.openwire.v1 to v12
// marshal them) and what becomes of each as a command:
//
//   command    request where it says that it wants an answer, else one-way. WireFormatInfo and KeepAliveInfo are always
//              one-way: they are answered in kind, if at all
//   response   response to the command whose id is its correlation id
//   part       only found within others
//
// Fields in order: what it is; "@" and the version that added it; "=" and what rows take from it. Texts without "=", among
// them ConnectionInfo's password, are passed over unread.
export type Role = 'command' | 'response' | 'part';

export interface Structure {
  readonly name: string;
  readonly role: Role;
  /** Fields of this structure come behind those of the other. */
  readonly parent?: number;
  readonly fields: string;
}

export const WIRE_FORMAT_INFO = 1;
export const BROKER_INFO = 2;
export const KEEP_ALIVE_INFO = 10;
export const FIRST_MESSAGE = 23;
export const LAST_MESSAGE = 29;
/** Structures that only others have as their parents. */
const BASE_COMMAND = 0x100;
const MESSAGE = 0x101;
const RESPONSE = 30;

const command = (name: string, fields = ''): Structure => ({ name, role: 'command', parent: BASE_COMMAND, fields });
const message = (name: string, fields = ''): Structure => ({ name, role: 'command', parent: MESSAGE, fields });
const response = (name: string, fields = ''): Structure => ({ name, role: 'response', parent: RESPONSE, fields });
const lone = (name: string, fields: string): Structure => ({ name, role: 'command', fields });
const part = (name: string, fields: string): Structure => ({ name, role: 'part', fields });

export const STRUCTURES: Readonly<Record<number, Structure>> = {
  [BASE_COMMAND]: part('BaseCommand', 'int=command_id bool=response_required'),
  [MESSAGE]: {
    name: 'Message',
    role: 'part',
    parent: BASE_COMMAND,
    fields:
      'cached cached=destination cached cached object cached text int text=correlation bool long byte object long text ' +
      'bytes bytes=properties object cached bool int objects long text bool bool@2 objects@3 long@3 long@3 bool@10',
  },
  1: lone('WireFormatInfo', 'magic int=version bytes=properties'),
  2: command('BrokerInfo', 'cached text=broker_url objects text bool bool bool bool@2 bool@2 long@2 text@3 text@3'),
  3: command('ConnectionInfo', 'cached text=client_id text text objects bool bool bool@2 bool@6 bool@6 text@8'),
  4: command('SessionInfo', 'cached'),
  5: command(
    'ConsumerInfo',
    'cached bool cached=destination int int bool text text@10 text=subscription bool bool bool byte objects object bool ' +
      'bool bool objects@4',
  ),
  6: command('ProducerInfo', 'cached cached=destination objects bool@2 int@3'),
  7: command('TransactionInfo', 'cached cached byte'),
  8: command('DestinationInfo', 'cached cached=destination byte long objects'),
  9: command('RemoveSubscriptionInfo', 'cached text=subscription text=client_id'),
  10: command('KeepAliveInfo'),
  11: command('ShutdownInfo'),
  12: command('RemoveInfo', 'cached long@5'),
  14: command('ControlCommand', 'text'),
  15: command('FlushCommand'),
  16: command('ConnectionError', 'error object'),
  17: command('ConsumerControl', 'object@6=destination bool object int bool@2 bool@2 bool@2'),
  18: command('ConnectionControl', 'bool bool bool bool bool text@6 text@6 bool@6 bytes@8'),
  19: command('ProducerAck', 'object int'),
  20: command('MessagePull', 'cached cached=destination long text@3 object@3'),
  21: command('MessageDispatch', 'cached cached=destination object int'),
  22: command('MessageAck', 'cached=destination cached cached byte object object int error@7'),
  23: message('ActiveMQMessage'),
  24: message('ActiveMQBytesMessage'),
  25: message('ActiveMQMapMessage'),
  26: message('ActiveMQObjectMessage'),
  27: message('ActiveMQStreamMessage'),
  28: message('ActiveMQTextMessage'),
  29: message('ActiveMQBlobMessage', 'text@3 text@3 bool@3'),
  30: { name: 'Response', role: 'response', parent: BASE_COMMAND, fields: 'int=answers' },
  31: response('ExceptionResponse', 'error'),
  32: response('DataResponse', 'object'),
  33: response('DataArrayResponse', 'objects'),
  34: response('IntegerResponse', 'int'),
  40: lone('DiscoveryEvent', 'text text'),
  50: part('JournalTopicAck', 'object object long text text object'),
  52: part('JournalQueueAck', 'object object'),
  53: part('JournalTrace', 'text'),
  54: part('JournalTransaction', 'object byte bool'),
  55: lone('DurableSubscriptionInfo', 'text=client_id cached=destination text text=subscription object@3 bool@11'),
  60: lone('PartialCommand', 'int=command_id bytes'),
  61: lone('PartialLastCommand', 'int=command_id bytes'),
  65: command('Replay', 'int int'),
  90: command('MessageDispatchNotification', 'cached cached=destination long object'),
  91: part('NetworkBridgeFilter', 'cached int int@10'),
  92: command('BrokerSubscriptionInfo', 'object text objects'),
  100: part('ActiveMQQueue', 'text=name'),
  101: part('ActiveMQTopic', 'text=name'),
  102: part('ActiveMQTempQueue', 'text=name'),
  103: part('ActiveMQTempTopic', 'text=name'),
  110: part('MessageId', 'text@10 cached long long'),
  111: part('ActiveMQLocalTransactionId', 'long cached'),
  112: part('ActiveMQXATransactionId', 'int bytes bytes'),
  120: part('ConnectionId', 'text'),
  121: part('SessionId', 'text long'),
  122: part('ConsumerId', 'text long long'),
  123: part('ProducerId', 'text long long'),
  124: part('BrokerId', 'text'),
};

export const is_command = (type: number): boolean => {
  const role = STRUCTURES[type]?.role;
  return type < BASE_COMMAND && (role === 'command' || role === 'response');
};
/** Structures that may come with an encoding of their own within others (DataStructure.isMarshallAware). */
export const is_marshal_aware = (type: number): boolean =>
  type === WIRE_FORMAT_INFO || (type >= FIRST_MESSAGE && type <= LAST_MESSAGE);
