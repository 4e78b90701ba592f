// Makes the recordings anew, with Debian's libactivemq-java (ActiveMQ's own broker and client) and Java 17:
//   cd packages/protocols/src/openwire/captures; L=/usr/share/activemq/lib
//   java -cp "$L/*:/usr/share/java/slf4j-nop.jar" Record.java
// clients.json: clients of a real broker, one connection for each wire format. structures.json: every data structure with
// every field set, as ActiveMQ's marshallers write it, one connection for each version and encoding.
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.jms.*;
import org.apache.activemq.ActiveMQConnection;
import org.apache.activemq.ActiveMQConnectionFactory;
import org.apache.activemq.broker.BrokerPlugin;
import org.apache.activemq.broker.BrokerService;
import org.apache.activemq.command.*;
import org.apache.activemq.openwire.DataStreamMarshaller;
import org.apache.activemq.openwire.OpenWireFormat;
import org.apache.activemq.security.AuthenticationUser;
import org.apache.activemq.security.SimpleAuthenticationPlugin;
import org.apache.activemq.util.ByteSequence;

public class Record {
    static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    static final String SW8 = "1-dHJhY2U=-c2Vn-4-a-b-c-d";
    static final List<List<String>> connections = new ArrayList<>();

    static void note(List<String> pieces, int direction, byte[] bytes, int length) {
        String text = Base64.getEncoder().encodeToString(Arrays.copyOf(bytes, length));
        synchronized (pieces) {
            pieces.add("[" + direction + ",\"" + text + "\"]");
        }
    }

    static void save(String file, String madeWith) throws Exception {
        StringBuilder out = new StringBuilder("{\"made_with\":\"" + madeWith + "\",\"connections\":[");
        for (int i = 0; i < connections.size(); i++) {
            out.append(i == 0 ? "[\n" : ",[\n").append(String.join(",\n", connections.get(i))).append("\n]");
        }
        Files.writeString(Path.of(file), out.append("]}\n").toString());
        connections.clear();
    }

    /** Forwards connections to a port of loopback and notes what passes. */
    static int proxy(int target) throws Exception {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread accepting = new Thread(() -> {
            try {
                while (true) {
                    Socket client = server.accept();
                    Socket broker = new Socket("127.0.0.1", target);
                    List<String> pieces = new ArrayList<>();
                    connections.add(pieces);
                    pump(client, broker, pieces, 0);
                    pump(broker, client, pieces, 1);
                }
            } catch (Exception e) {
                throw new RuntimeException(e);
            }
        });
        accepting.setDaemon(true);
        accepting.start();
        return server.getLocalPort();
    }

    static void pump(Socket from, Socket to, List<String> pieces, int direction) {
        Thread pumping = new Thread(() -> {
            byte[] buffer = new byte[65536];
            try (InputStream in = from.getInputStream(); OutputStream out = to.getOutputStream()) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    note(pieces, direction, buffer, n);
                    out.write(buffer, 0, n);
                    out.flush();
                }
            } catch (Exception e) {
                // The other side went away.
            }
        });
        pumping.setDaemon(true);
        pumping.start();
    }

    static ActiveMQConnection connect(int port, String options, String id) throws Exception {
        String url = "tcp://127.0.0.1:" + port + "?wireFormat.maxInactivityDuration=0" + options;
        ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory("seller", "hidden-word", url);
        factory.setWatchTopicAdvisories(false);
        factory.setUseAsyncSend(false);
        ActiveMQConnection connection = (ActiveMQConnection) factory.createConnection();
        connection.setClientID(id);
        connection.start();
        return connection;
    }

    /** A little of everything that a client does. */
    static void use(ActiveMQConnection connection, int size) throws Exception {
        Session session = connection.createSession(false, Session.CLIENT_ACKNOWLEDGE);
        Queue queue = session.createQueue("orders");
        MessageProducer producer = session.createProducer(queue);
        TextMessage text = session.createTextMessage("hidden order");
        text.setStringProperty("traceparent", TRACEPARENT);
        text.setStringProperty("shop", "a");
        text.setIntProperty("n", 7);
        text.setJMSCorrelationID("c-77");
        producer.send(text);
        BytesMessage bytes = session.createBytesMessage();
        bytes.writeBytes("hidden ".repeat(size / 7).getBytes());
        bytes.setStringProperty("sw8", SW8);
        producer.send(bytes);
        MapMessage map = session.createMapMessage();
        map.setString("hidden", "hidden");
        producer.send(map);
        MessageConsumer consumer = session.createConsumer(queue);
        for (int i = 0; i < 3; i++) consumer.receive(2000).acknowledge();
        consumer.close();
        QueueBrowser browser = session.createBrowser(queue);
        browser.getEnumeration().hasMoreElements();
        browser.close();
        TopicSubscriber subscriber = session.createDurableSubscriber(session.createTopic("news"), "paper");
        subscriber.close();
        session.unsubscribe("paper");
        TemporaryQueue temporary = session.createTemporaryQueue();
        temporary.delete();
        try {
            session.createDurableSubscriber(session.createTopic("news"), "paper", "not a selector ((", false);
        } catch (JMSException e) {
            // Wanted: an ExceptionResponse.
        }
        try {
            session.unsubscribe("nobody's");
        } catch (JMSException e) {
            // Wanted, too.
        }
        Session transacted = connection.createSession(true, Session.SESSION_TRANSACTED);
        MessageProducer other = transacted.createProducer(transacted.createQueue("bills"));
        other.send(transacted.createMessage());
        transacted.commit();
        other.send(transacted.createObjectMessage("hidden"));
        transacted.rollback();
        StreamMessage stream = transacted.createStreamMessage();
        stream.writeString("hidden");
        other.send(stream);
        transacted.commit();
        transacted.close();
        session.close();
    }

    static void clients() throws Exception {
        BrokerService broker = new BrokerService();
        broker.setPersistent(false);
        broker.setUseJmx(false);
        broker.setBrokerName("hall");
        broker.setAdvisorySupport(false);
        AuthenticationUser user = new AuthenticationUser("seller", "hidden-word", "users");
        broker.setPlugins(new BrokerPlugin[] {new SimpleAuthenticationPlugin(List.of(user))});
        int usual = broker.addConnector("tcp://127.0.0.1:0").getConnectUri().getPort();
        String bare = "tcp://127.0.0.1:0?wireFormat.sizePrefixDisabled=true";
        int without = broker.addConnector(bare).getConnectUri().getPort();
        broker.start();
        int port = proxy(usual);
        int barePort = proxy(without);
        String[] formats = {
            "",
            "&wireFormat.tightEncodingEnabled=false",
            "&wireFormat.cacheEnabled=false",
            "&wireFormat.tightEncodingEnabled=false&wireFormat.cacheEnabled=false&wireFormat.stackTraceEnabled=false",
            "&wireFormat.version=9",
            "&wireFormat.version=3&wireFormat.tightEncodingEnabled=false",
            "&wireFormat.version=1",
        };
        for (int i = 0; i < formats.length; i++) {
            ActiveMQConnection connection = connect(port, formats[i], "client-" + i);
            use(connection, i == 0 ? 4900 : 70);
            connection.close();
        }
        for (String tight : new String[] {"true", "false"}) {
            String options = "&wireFormat.sizePrefixDisabled=true&wireFormat.tightEncodingEnabled=" + tight;
            ActiveMQConnection connection = connect(barePort, options, "bare-" + tight);
            use(connection, 70);
            connection.close();
        }
        // Refused, and with keep-alives and a pull.
        try {
            String url = "tcp://127.0.0.1:" + port;
            new ActiveMQConnectionFactory("seller", "hidden-other-word", url).createConnection().start();
        } catch (JMSException e) {
            // Wanted.
        }
        String quick = "wireFormat.maxInactivityDuration=900&wireFormat.maxInactivityDurationInitalDelay=100";
        String url = "tcp://127.0.0.1:" + port + "?" + quick + "&jms.prefetchPolicy.all=0";
        ActiveMQConnection slow =
            (ActiveMQConnection) new ActiveMQConnectionFactory("seller", "hidden-word", url).createConnection();
        slow.start();
        Session session = slow.createSession(false, Session.AUTO_ACKNOWLEDGE);
        MessageConsumer consumer = session.createConsumer(session.createQueue("bills"));
        consumer.receive(500);
        consumer.receiveNoWait();
        Thread.sleep(1500);
        slow.close();
        Thread.sleep(200);
        broker.stop();
        save("clients.json", "ActiveMQ 5.17.2, broker and client");
    }

    /** The structures that ActiveMQ knows, by type. */
    static Map<Integer, DataStructure> structures(int version) throws Exception {
        Method create = Class.forName("org.apache.activemq.openwire.v" + version + ".MarshallerFactory")
            .getMethod("createMarshallerMap", OpenWireFormat.class);
        DataStreamMarshaller[] all = (DataStreamMarshaller[]) create.invoke(null, new OpenWireFormat(version));
        Map<Integer, DataStructure> found = new TreeMap<>();
        for (DataStreamMarshaller one : all) {
            if (one != null) found.put((int) one.getDataStructureType(), one.createObject());
        }
        return found;
    }

    static int count = 0;

    /** A value for a field; numbers of every width in turn. */
    static Object value(Class<?> type, int depth) throws Exception {
        count++;
        if (type == boolean.class) return count % 2 == 0;
        if (type == byte.class) return (byte) count;
        if (type == short.class) return (short) count;
        if (type == int.class) return count * 1000;
        if (type == long.class) return new long[] {0, 77, 70_000, 5_000_000_000L}[count % 4];
        if (type == String.class) return count % 5 == 0 ? "gr\u00fcn " + count : "text " + count;
        if (type == byte[].class) return new byte[] {1, 2, 3, (byte) count};
        if (type == ByteSequence.class) return new ByteSequence(new byte[] {0, 0, 0, 0});
        if (type == Throwable.class) return new RuntimeException("broken", new RuntimeException("deep"));
        if (type == ActiveMQDestination.class) return count % 2 == 0 ? new ActiveMQQueue("q " + count) : new ActiveMQTopic("t");
        if (type == TransactionId.class && count % 2 == 0) return fill(new XATransactionId(), depth + 1);
        if (type == TransactionId.class) return fill(new LocalTransactionId(), depth + 1);
        if (type == DataStructure.class) return fill(new ConsumerId(), depth + 1);
        if (type == org.apache.activemq.command.Message.class) return fill(new ActiveMQTextMessage(), depth + 1);
        if (type.isArray() && depth < 3) {
            Object array = Array.newInstance(type.getComponentType(), 2);
            for (int i = 0; i < 2; i++) Array.set(array, i, value(type.getComponentType(), depth + 1));
            return array;
        }
        if (DataStructure.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers()) && depth < 4) {
            return fill((DataStructure) type.getConstructor().newInstance(), depth + 1);
        }
        return null;
    }

    static DataStructure fill(DataStructure structure, int depth) throws Exception {
        if (structure instanceof XATransactionId xa) {
            xa.setFormatId(7);
            xa.setGlobalTransactionId(new byte[] {1, 2, 3});
            xa.setBranchQualifier(new byte[] {4});
            return xa;
        }
        if (structure instanceof ActiveMQDestination destination) {
            destination.setPhysicalName("name " + ++count);
            return destination;
        }
        Method[] methods = structure.getClass().getMethods();
        Arrays.sort(methods, Comparator.comparing(Method::getName).thenComparing(m -> Arrays.toString(m.getParameterTypes())));
        for (Method set : methods) {
            if (!set.getName().startsWith("set") || set.getParameterCount() != 1) continue;
            if (Modifier.isStatic(set.getModifiers()) || set.getName().matches("set(JMS|Object|Text|Data$|Bytes|Properties).*")) continue;
            Class<?> type = set.getParameterTypes()[0];
            if (set.getName().equals("setData") && !type.isArray()) continue;
            try {
                Object one = value(type, depth);
                if (one != null) set.invoke(structure, one);
            } catch (java.lang.reflect.InvocationTargetException e) {
                // A setter that wants more than a value.
            }
        }
        return structure;
    }

    static void types() throws Exception {
        for (int version : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}) {
            for (boolean tight : new boolean[] {true, false}) {
                if (!tight && version % 3 != 0) continue;
                List<String> pieces = new ArrayList<>();
                connections.add(pieces);
                OpenWireFormat format = new OpenWireFormat(version);
                WireFormatInfo info = new WireFormatInfo();
                info.setVersion(version);
                info.setTightEncodingEnabled(tight);
                info.setCacheEnabled(version % 2 == 0);
                info.setStackTraceEnabled(version % 3 != 0);
                info.setSizePrefixDisabled(false);
                info.setMaxFrameSize(Long.MAX_VALUE);
                ByteSequence first = new OpenWireFormat(version).marshal(info);
                note(pieces, 0, first.data, first.length);
                note(pieces, 1, first.data, first.length);
                format.setPreferedWireFormatInfo(info);
                format.renegotiateWireFormat(info);
                count = version;
                for (DataStructure one : structures(version).values()) {
                    boolean command = one instanceof Command && !(one instanceof WireFormatInfo);
                    if (!command && !(one instanceof PartialCommand) && !(one instanceof DiscoveryEvent) && !(one instanceof SubscriptionInfo)) continue;
                    ByteSequence out = format.marshal(fill(one, 0));
                    note(pieces, count % 2, out.data, out.length);
                }
            }
        }
        save("structures.json", "ActiveMQ 5.17.2, marshallers of OpenWire 1 to 12");
    }

    public static void main(String[] arguments) throws Exception {
        System.setProperty("activemq.idgenerator.hostname", "client");
        types();
        clients();
        System.exit(0);
    }
}
