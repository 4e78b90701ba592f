// Frames and methods of AMQP 0-9-1 (specification 0-9-1 section 4.2.3, and its XML with RabbitMQ's extensions), and what
// becomes of each:
//
//   method    a row, by its role below
//   header    part of the Publish, Deliver, GetOk or Return before it: body size, trace, correlation id
//   body      passed by unread
//   heartbeat ignored
//   protocol header "AMQP" 0 0 9 1: a one-way row
//
// Roles: 'ask' waits for the answer on its channel (not with no-wait, where `no_wait` tells the bit); 'answer'; 'alone' is
// one-way. A server's Channel.Close answers what waits on the channel, its Connection.Close what waits
// for the method that it blames. Arguments are read as far as `fields` says: s short, L long long, B octet, c reply code,
// x reply text, m class and method, v virtual host, q queue, e exchange, d destination exchange, r routing key,
// t consumer tag, . other short text, b bits (these end the list).
export const FRAME = { method: 1, header: 2, body: 3, heartbeat: 8 } as const;

export interface Method {
  readonly name: string;
  readonly role: 'ask' | 'answer' | 'alone';
  readonly fields: string;
  /** Which bit of the bits at the end of `fields` says that no answer is wanted. */
  readonly no_wait?: number;
  /** A content header and bodies follow. */
  readonly content?: true;
}

const m = (name: string, role: Method['role'], fields = '', more: Partial<Method> = {}): Method => ({
  name,
  role,
  fields,
  ...more,
});

export const METHODS: Readonly<Record<number, Readonly<Record<number, Method>>>> = {
  10: {
    10: m('Connection.Start', 'ask'),
    11: m('Connection.StartOk', 'answer'),
    20: m('Connection.Secure', 'ask'),
    21: m('Connection.SecureOk', 'answer'),
    30: m('Connection.Tune', 'ask'),
    31: m('Connection.TuneOk', 'answer'),
    40: m('Connection.Open', 'ask', 'v'),
    41: m('Connection.OpenOk', 'answer'),
    50: m('Connection.Close', 'ask', 'cxm'),
    51: m('Connection.CloseOk', 'answer'),
    60: m('Connection.Blocked', 'alone'),
    61: m('Connection.Unblocked', 'alone'),
    70: m('Connection.UpdateSecret', 'ask'),
    71: m('Connection.UpdateSecretOk', 'answer'),
  },
  20: {
    10: m('Channel.Open', 'ask'),
    11: m('Channel.OpenOk', 'answer'),
    20: m('Channel.Flow', 'ask'),
    21: m('Channel.FlowOk', 'answer'),
    40: m('Channel.Close', 'ask', 'cx'),
    41: m('Channel.CloseOk', 'answer'),
  },
  30: { 10: m('Access.Request', 'ask'), 11: m('Access.RequestOk', 'answer') },
  40: {
    10: m('Exchange.Declare', 'ask', 'se.b', { no_wait: 4 }),
    11: m('Exchange.DeclareOk', 'answer'),
    20: m('Exchange.Delete', 'ask', 'seb', { no_wait: 1 }),
    21: m('Exchange.DeleteOk', 'answer'),
    30: m('Exchange.Bind', 'ask', 'sderb', { no_wait: 0 }),
    31: m('Exchange.BindOk', 'answer'),
    40: m('Exchange.Unbind', 'ask', 'sderb', { no_wait: 0 }),
    51: m('Exchange.UnbindOk', 'answer'),
  },
  50: {
    10: m('Queue.Declare', 'ask', 'sqb', { no_wait: 4 }),
    11: m('Queue.DeclareOk', 'answer', 'q'),
    20: m('Queue.Bind', 'ask', 'sqerb', { no_wait: 0 }),
    21: m('Queue.BindOk', 'answer'),
    30: m('Queue.Purge', 'ask', 'sqb', { no_wait: 0 }),
    31: m('Queue.PurgeOk', 'answer'),
    40: m('Queue.Delete', 'ask', 'sqb', { no_wait: 2 }),
    41: m('Queue.DeleteOk', 'answer'),
    50: m('Queue.Unbind', 'ask', 'sqer'),
    51: m('Queue.UnbindOk', 'answer'),
  },
  60: {
    10: m('Basic.Qos', 'ask'),
    11: m('Basic.QosOk', 'answer'),
    20: m('Basic.Consume', 'ask', 'sqtb', { no_wait: 3 }),
    21: m('Basic.ConsumeOk', 'answer', 't'),
    30: m('Basic.Cancel', 'ask', 'tb', { no_wait: 0 }),
    31: m('Basic.CancelOk', 'answer', 't'),
    40: m('Basic.Publish', 'alone', 'ser', { content: true }),
    50: m('Basic.Return', 'alone', 'cxer', { content: true }),
    60: m('Basic.Deliver', 'alone', 'tLBer', { content: true }),
    70: m('Basic.Get', 'ask', 'sq'),
    71: m('Basic.GetOk', 'answer', 'LBer', { content: true }),
    72: m('Basic.GetEmpty', 'answer'),
    80: m('Basic.Ack', 'alone'),
    90: m('Basic.Reject', 'alone'),
    100: m('Basic.RecoverAsync', 'alone'),
    110: m('Basic.Recover', 'ask'),
    111: m('Basic.RecoverOk', 'answer'),
    120: m('Basic.Nack', 'alone'),
  },
  85: { 10: m('Confirm.Select', 'ask', 'b', { no_wait: 0 }), 11: m('Confirm.SelectOk', 'answer') },
  90: {
    10: m('Tx.Select', 'ask'),
    11: m('Tx.SelectOk', 'answer'),
    20: m('Tx.Commit', 'ask'),
    21: m('Tx.CommitOk', 'answer'),
    30: m('Tx.Rollback', 'ask'),
    31: m('Tx.RollbackOk', 'answer'),
  },
};

export function method_of(class_id: number, method_id: number): Method | undefined {
  return METHODS[class_id]?.[method_id];
}

/** Reply codes (specification section 1.2): those that are the server's own failure. */
const SERVERS_FAULT = new Set([320, 506, 540, 541]);
export const REPLY_SUCCESS = 200;

export function is_servers_fault(code: number): boolean {
  return SERVERS_FAULT.has(code);
}
