//! Keys of listeners, sockets, connections and requests.

use super::columns::*;

keys! {
    public:
    "advertised.listeners", List, Null, NullableNonEmptyListOf(&[]), High, ReadOnly, Honoured,
        "The addresses clients are told to connect to; the listeners themselves when absent.";
    "background.threads", Int, Is("10"), AtLeast(1), High, ClusterWide, WithoutMeaning,
        "Threads for background work; ottla sizes its own pools.";
    "connections.max.idle.ms", Long, Is("600000"), Any, Medium, ReadOnly, Honoured,
        "Milliseconds after which an idle connection is closed.";
    "controller.socket.timeout.ms", Int, Is("30000"), Any, Medium, ReadOnly, WithoutMeaning,
        "Milliseconds a request to the controller may take.";
    "delete.records.purgatory.purge.interval.requests", Int, Is("1"),
        Any, Medium, ReadOnly, WithoutMeaning,
        "How often waiting DeleteRecords requests are tidied; ottla keeps none behind.";
    "early.start.listeners", List, Null, NullableListOf(&[]), High, ReadOnly, WithoutMeaning,
        "Listeners opened before the node has caught up; the controllers' listeners when absent.";
    "fetch.max.bytes", Int, Is("57671680"), AtLeast(1024), Medium, ReadOnly, Honoured,
        "The most bytes one Fetch answer carries, whatever the client asks for.";
    "fetch.purgatory.purge.interval.requests", Int, Is("1000"),
        Any, Medium, ReadOnly, WithoutMeaning,
        "How often waiting fetches are tidied; ottla keeps none behind.";
    "listener.security.protocol.map", String,
        Is("SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT"),
        Any, Low, PerBroker, Honoured,
        "The security protocol of each listener name.";
    "listeners", List, Is("PLAINTEXT://:9092"), NonEmptyListOf(&[]), High, PerBroker, Honoured,
        "The addresses the server listens on, each as NAME://host:port; an empty host means all \
        interfaces.";
    "max.connection.creation.rate", Int, Is("2147483647"),
        AtLeast(0), Medium, ClusterWide, Protects,
        "How many connections per second are accepted.";
    "max.connections", Int, Is("2147483647"), AtLeast(0), Medium, ClusterWide, Honoured,
        "How many connections the broker accepts at a time.";
    "max.connections.per.ip", Int, Is("2147483647"), AtLeast(0), Medium, ClusterWide, Honoured,
        "How many connections one address may hold at a time.";
    "max.connections.per.ip.overrides", String, Is(""), Any, Medium, ClusterWide, Protects,
        "Limits of connections for single addresses, as address:limit.";
    "max.incremental.fetch.session.cache.slots", Int, Is("1000"),
        AtLeast(0), Medium, ReadOnly, Honoured,
        "How many incremental fetch sessions the broker remembers.";
    "max.request.partition.size.limit", Int, Is("2000"), AtLeast(1), Medium, ReadOnly, Honoured,
        "How many partitions one DescribeTopicPartitions answer may list.";
    "num.io.threads", Int, Is("8"), AtLeast(1), High, ClusterWide, WithoutMeaning,
        "Threads that carry out requests; ottla carries them out on its reactors.";
    "num.network.threads", Int, Is("3"), AtLeast(1), High, ClusterWide, WithoutMeaning,
        "Threads that read and write sockets; ottla has one reactor per core instead.";
    "producer.purgatory.purge.interval.requests", Int, Is("1000"),
        Any, Medium, ReadOnly, WithoutMeaning,
        "How often waiting produce requests are tidied; ottla keeps none behind.";
    "queued.max.request.bytes", Long, Is("-1"), Any, Medium, ReadOnly, WithoutMeaning,
        "Bytes of requests waiting between network and request threads; ottla has no such queue.";
    "queued.max.requests", Int, Is("500"), AtLeast(1), High, ReadOnly, WithoutMeaning,
        "Requests waiting between network and request threads; ottla has no such queue.";
    "request.timeout.ms", Int, Is("30000"), Any, High, ReadOnly, Honoured,
        "Milliseconds a request between nodes, or a topic creation, may take.";
    "socket.connection.setup.timeout.max.ms", Long, Is("30000"), Any, Medium, ReadOnly, NotYet,
        "The longest a repeated attempt to connect to another node may take, in milliseconds.";
    "socket.connection.setup.timeout.ms", Long, Is("10000"), Any, Medium, ReadOnly, NotYet,
        "Milliseconds the first attempt to connect to another node may take.";
    "socket.listen.backlog.size", Int, Is("50"), AtLeast(1), Medium, ReadOnly, Honoured,
        "How many connections may wait to be accepted.";
    "socket.receive.buffer.bytes", Int, Is("102400"), Any, High, ReadOnly, Honoured,
        "The receive buffer of accepted sockets in bytes; -1 leaves it to the system.";
    "socket.request.max.bytes", Int, Is("104857600"), AtLeast(1), High, ReadOnly, Honoured,
        "The largest request accepted, in bytes.";
    "socket.send.buffer.bytes", Int, Is("102400"), Any, High, ReadOnly, Honoured,
        "The send buffer of accepted sockets in bytes; -1 leaves it to the system.";
}
