// OpenWire by ActiveMQ's own client: java -cp "/usr/share/activemq/lib/*" OpenWire.java PORT early|new. Every command that passes
// between the client and its transport is counted with the answer that came back.
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.jms.*;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.command.*;
import org.apache.activemq.transport.FutureResponse;
import org.apache.activemq.transport.ResponseCallback;
import org.apache.activemq.transport.Transport;
import org.apache.activemq.transport.TransportFilter;

public class OpenWire {
    static final Map<String, Integer> counts = new TreeMap<>();
    static final List<Integer> ports = Collections.synchronizedList(new ArrayList<>());
    /** Of destinations that were named before the agent, only a number is sent. */
    static volatile boolean early;
    static volatile boolean counting;

    static void did(String type, String resource, boolean failed) {
        String outcome = failed ? "server_error" : "ok";
        String key = "\"request_type\":\"" + type + "\",\"request_resource\":\"" + resource + "\",\"outcome\":\"" + outcome
            + "\",\"code\":null,\"note\":\"\"";
        if (counting) {
            synchronized (counts) {
                counts.merge(key, 1, Integer::sum);
            }
        }
    }

    static String place(Object command) {
        ActiveMQDestination found = null;
        if (command instanceof org.apache.activemq.command.Message message) found = message.getDestination();
        else if (command instanceof MessageDispatch dispatch) found = dispatch.getDestination();
        else if (command instanceof MessageAck ack) found = ack.getDestination();
        else if (command instanceof ConsumerInfo info) found = info.getDestination();
        else if (command instanceof ProducerInfo info) found = info.getDestination();
        else if (command instanceof DestinationInfo info) found = info.getDestination();
        else if (command instanceof MessagePull pull) found = pull.getDestination();
        else if (command instanceof ConsumerControl control) found = control.getDestination();
        String name = found == null ? "" : found.getPhysicalName();
        return early && name.startsWith("before") ? "" : name;
    }

    static void note(Object command, Object answer) {
        did(command.getClass().getSimpleName(), place(command), answer instanceof ExceptionResponse);
    }

    static class Counting extends TransportFilter {
        Counting(Transport next) {
            super(next);
        }

        @Override
        public void oneway(Object command) throws IOException {
            note(command, null);
            super.oneway(command);
        }

        @Override
        public Object request(Object command) throws IOException {
            Object answer = super.request(command);
            note(command, answer);
            return answer;
        }

        @Override
        public Object request(Object command, int timeout) throws IOException {
            Object answer = super.request(command, timeout);
            note(command, answer);
            return answer;
        }

        @Override
        public FutureResponse asyncRequest(Object command, ResponseCallback callback) throws IOException {
            return super.asyncRequest(command, done -> {
                try {
                    note(command, done.getResult());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                callback.onCompletion(done);
            });
        }

        @Override
        public void onCommand(Object command) {
            note(command, null);
            super.onCommand(command);
        }
    }

    static ActiveMQConnection connect(int port, String format, String id) throws Exception {
        String url = "tcp://127.0.0.1:" + port + "?wireFormat.maxInactivityDuration=0" + format;
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(url) {
            @Override
            protected Transport createTransport() throws JMSException {
                return new Counting(super.createTransport());
            }
        };
        factory.setWatchTopicAdvisories(false);
        ActiveMQConnection connection = (ActiveMQConnection) factory.createConnection();
        // The offer of a format, which the client makes below what is counted; the broker's is counted there.
        did("WireFormatInfo", "", false);
        ports.add(connection.getTransport().narrow(Socket.class).getLocalPort());
        if (id != null) connection.setClientID(id);
        return connection;
    }

    /** Persistent messages are answered, others are not; each is delivered and acknowledged. */
    static void exchange(ActiveMQConnection connection, String name, int messages, int mode) throws Exception {
        Session session = connection.createSession(false, mode);
        Queue queue = session.createQueue(name);
        MessageProducer producer = session.createProducer(queue);
        MessageConsumer consumer = session.createConsumer(queue);
        CountDownLatch all = new CountDownLatch(messages);
        consumer.setMessageListener(message -> {
            try {
                message.acknowledge();
                all.countDown();
            } catch (JMSException e) {
                throw new AssertionError(e);
            }
        });
        Session sending = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageProducer sender = sending.createProducer(queue);
        for (int i = 0; i < messages; i++) {
            sender.setDeliveryMode(i % 3 == 0 ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT);
            javax.jms.Message message;
            if (i % 50 == 7) {
                BytesMessage bytes = sending.createBytesMessage();
                bytes.writeBytes(new byte[100_000]);
                message = bytes;
            } else {
                message = sending.createTextMessage("hidden order ".repeat(i % 40));
            }
            message.setStringProperty("shop", "a");
            sender.send(message);
        }
        if (!all.await(30, TimeUnit.SECONDS)) throw new AssertionError("messages are missing");
        sender.close();
        sending.close();
        producer.close();
        consumer.close();
        session.close();
    }

    static void transactions(ActiveMQConnection connection) throws Exception {
        Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
        MessageProducer producer = session.createProducer(session.createQueue("bought"));
        for (int i = 0; i < 20; i++) {
            for (int j = 0; j < 5; j++) producer.send(session.createTextMessage("x"));
            if (i % 2 == 0) session.commit();
            else session.rollback();
        }
        MessageConsumer consumer = session.createConsumer(session.createQueue("bought"));
        for (int i = 0; i < 50; i++) {
            if (consumer.receive(10_000) == null) throw new AssertionError("a message is missing");
        }
        session.commit();
        session.close();
    }

    interface Step {
        void run() throws Exception;
    }

    static void refused(int times, Step step) throws Exception {
        for (int i = 0; i < times; i++) {
            try {
                step.run();
            } catch (JMSException e) {
                continue;
            }
            throw new AssertionError("that was accepted");
        }
    }

    static void errors(ActiveMQConnection connection) throws Exception {
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE);
        Topic news = session.createTopic("news");
        refused(10, () -> session.unsubscribe("nobody"));
        TemporaryQueue temporary = session.createTemporaryQueue();
        MessageConsumer consumer = session.createConsumer(temporary);
        session.createProducer(temporary).send(session.createTextMessage("x"));
        if (consumer.receive(10_000) == null) throw new AssertionError("a message is missing");
        consumer.close();
        temporary.delete();
        MessageConsumer subscriber = session.createDurableSubscriber(news, "paper");
        refused(5, () -> session.unsubscribe("paper"));
        subscriber.close();
        session.unsubscribe("paper");
        session.close();
    }

    static void work(int port) throws Exception {
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        String[] formats = {"", "&wireFormat.tightEncodingEnabled=false", "&wireFormat.cacheEnabled=false", "&wireFormat.version=9"};
        List<ActiveMQConnection> connections = new ArrayList<>();
        for (String format : formats) connections.add(connect(port, format, null));
        connections.get(0).setAlwaysSyncSend(true);
        for (ActiveMQConnection connection : connections) connection.start();
        ActiveMQConnection named = connect(port, "", "reader");
        named.start();
        for (int i = 0; i < formats.length; i++) {
            ActiveMQConnection connection = connections.get(i);
            String name = "orders" + i;
            threads.add(new Thread(() -> {
                try {
                    exchange(connection, name, 300, Session.AUTO_ACKNOWLEDGE);
                    exchange(connection, name, 100, Session.CLIENT_ACKNOWLEDGE);
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) thread.start();
        for (Thread thread : threads) thread.join();
        if (!failures.isEmpty()) throw new AssertionError(failures.get(0));
        transactions(connections.get(1));
        errors(named);
        // A name that is taken.
        refused(3, () -> connect(port, "", "reader"));
        connections.add(named);
        for (ActiveMQConnection connection : connections) connection.close();
    }

    static void go() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        sun.misc.Signal.handle(new sun.misc.Signal("HUP"), signal -> asked.countDown());
        System.out.println("ready");
        asked.await();
    }

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        if (args[1].equals("early")) {
            ActiveMQConnection connection = connect(port, "", null);
            connection.start();
            exchange(connection, "before", 10, Session.AUTO_ACKNOWLEDGE);
            go();
            early = true;
            counting = true;
            exchange(connection, "before", 100, Session.AUTO_ACKNOWLEDGE);
            exchange(connection, "later", 100, Session.CLIENT_ACKNOWLEDGE);
            connection.close();
        } else {
            counting = true;
            work(port);
        }
        List<String> rows = new ArrayList<>();
        counts.forEach((key, n) -> rows.add("{" + key + ",\"n\":" + n + "}"));
        System.out.println("{\"ports\":" + ports + ",\"rows\":[" + String.join(",", rows) + "]}");
        System.exit(0);
    }
}
