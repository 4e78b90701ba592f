// Makes the recordings anew: `node make.mjs FOLDER`, with the public library oracledb installed in FOLDER, and Debian's
// python3-oracledb. Both are drivers of Oracle that speak the protocol themselves. The server is answers by hand, which both
// accept.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { serve, TRACE } from './server.mjs';

const oracledb = createRequire(`${process.argv[2]}/`)('oracledb');
const show = (what) => process.env.SHOW && console.log(what);

function save(name, made_with, connections) {
  const lines = connections.map((pieces) => pieces.map((piece) => JSON.stringify(piece)).join(',\n'));
  const text = lines.map((pieces) => `[\n${pieces}\n]`).join(',');
  writeFileSync(
    new URL(`${name}.json`, import.meta.url),
    `{"made_with":${JSON.stringify(made_with)},"connections":[${text}]}\n`,
  );
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', process.env.SHOW ? 'inherit' : 'ignore', 'inherit'] });
    child.on('close', resolve);
  });
}

const open = async (port, service, user = 'app') => {
  try {
    return await oracledb.getConnection({
      user,
      password: 'hidden-word',
      connectString: `(DESCRIPTION=(TRANSPORT_CONNECT_TIMEOUT=3)(ADDRESS=(PROTOCOL=tcp)(HOST=127.0.0.1)(PORT=${port}))(CONNECT_DATA=(SERVICE_NAME=${service})))`,
    });
  } catch (error) {
    show(error.message);
    return undefined;
  }
};

class Trace extends oracledb.traceHandler.TraceHandlerBase {
  onBeginRoundTrip(context) {
    context.userContext = { traceParent: TRACE };
  }
}

async function statements(c) {
  const send = async (sql, binds = [], options = {}) => {
    try {
      const result = await c.execute(sql, binds, options);
      show(result.rows?.map(([id, name]) => [id, name?.slice(0, 20)]) ?? result.rowsAffected ?? result.outBinds);
    } catch (error) {
      show(error.message);
    }
  };
  await send('SELECT id, name FROM items');
  await send("SELECT id, name FROM items WHERE name = 'secret'");
  await send('SELECT id, name FROM items WHERE id = :1', [1]);
  await send('SELECT id, name FROM items WHERE id = :1', [2]);
  await send('SELECT id, name FROM long_items');
  await send('SELECT id, name FROM many_items', [], { prefetchRows: 3, fetchArraySize: 3 });
  await send('SELECT id FROM nowhere');
  await send('SELECT id FROM full_items');
  await send('UPDATE items SET name = :1 WHERE id < :2', ['secret name', 5]);
  await send('UPDATE items SET name = :1 WHERE id < :2', ['secret name', 6]);
  await send("INSERT INTO items (name) VALUES ('secret')", [], { autoCommit: true });
  await send("BEGIN raise_application_error(-20001, 'secret'); END;");
  await send('BEGIN :n := pay(:amount); END;', { n: { dir: oracledb.BIND_OUT, type: oracledb.STRING }, amount: 12.5 });
  await send(`DELETE FROM items /* ${'long '.repeat(200)}*/ WHERE name <> 'secret'`);
  await send(`/* traceparent: ${TRACE} */ DELETE FROM items`);
  await send('CREATE TABLE more_items (id NUMBER)');
  try {
    const many = await c.executeMany('INSERT INTO items (id, name) VALUES (:1, :2)', [
      [1, 'secret a'],
      [2, 'secret b'],
      [3, null],
    ]);
    show(many.rowsAffected);
    const partly = await c.executeMany('INSERT INTO strict_items (id) VALUES (:1)', [[1], [2]], {
      batchErrors: true,
      bindDefs: [{ type: oracledb.NUMBER }],
    });
    show(partly.batchErrors);
  } catch (error) {
    show(error.message);
  }
  await c.commit();
  await c.rollback();
  await c.ping();
}

async function traced(c) {
  const trace = new Trace();
  oracledb.traceHandler.setTraceInstance(trace);
  trace.enable();
  await c.execute('SELECT id, name FROM items');
  await c.commit();
  trace.disable();
}

async function node(port) {
  await open(port, 'nowhere');
  await open(port, 'shop', 'stranger');
  const c = await open(port, 'shop');
  await statements(c);
  c.module = 'shop module';
  c.clientId = 'secret client';
  await c.execute('SELECT id, name FROM items');
  await traced(c);
  c.callTimeout = 200;
  await c.execute('SELECT id FROM slow_items').catch((error) => show(error.message));
  c.callTimeout = 0;
  await c.execute('SELECT id, name FROM items');
  await c.close();
}

const PYTHON = `
import sys, oracledb
def go(what, *args):
    try:
        r = what(*args)
        print(r if r is None or isinstance(r, (int, str)) else list(r))
    except Exception as e:
        print(e)
c = oracledb.connect(user='app', password='hidden-word', dsn='127.0.0.1:%s/shop' % sys.argv[1])
a = c.cursor()
a.arraysize = 3
a.prefetchrows = 3
go(a.execute, 'SELECT id, name FROM items')
go(a.fetchall)
go(a.execute, 'SELECT id, name FROM many_items')
go(a.fetchall)
go(a.execute, 'SELECT id, name FROM items WHERE id = :1', [1])
go(a.execute, 'SELECT id FROM nowhere')
go(a.execute, 'UPDATE items SET name = :1 WHERE id < :2', ['secret name', 5])
go(a.execute, "INSERT INTO items (name) VALUES ('secret')")
go(a.executemany, 'INSERT INTO items (id, name) VALUES (:1, :2)', [(1, 'secret a'), (2, 'secret b')])
c.commit()
c.ping()
go(a.execute, "DELETE FROM items WHERE name <> '" + 'secret ' * 100 + "'")
c.rollback()
c.close()
`;

const by_hand = 'answers by hand';
const version = `oracledb ${oracledb.versionString} (npm), thin`;
save('node', `${version}, as of 19c; ${by_hand}`, await serve(node, { breaks: false, resend: true }));
save(
  'newest',
  `${version}, as of 23ai; ${by_hand}`,
  await serve(node, { field_version: 24, marks: true, breaks: true }),
);
save(
  'redirected',
  `${version}; ${by_hand}`,
  await serve(async (port) => {
    const c = await open(port, 'elsewhere');
    await c.execute('SELECT id, name FROM items');
    await c.close();
  }),
);
save(
  'python',
  `python3-oracledb 1.2.1 (Debian), thin, as of 19c; ${by_hand}`,
  await serve((port) => run('/usr/bin/python3', ['-c', PYTHON, port])),
);
