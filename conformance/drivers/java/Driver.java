// A driver of the conformance tests around Kafka's Java client: requests as JSON lines on standard
// input, answers on standard output. The words are described in conformance/README.md.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public final class Driver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final String bootstrap;
    private final Admin admin;
    private KafkaConsumer<byte[], byte[]> member;

    private Driver(String bootstrap) {
        this.bootstrap = bootstrap;
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("default.api.timeout.ms", "20000");
        properties.put("request.timeout.ms", "10000");
        this.admin = Admin.create(properties);
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader requests =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Driver driver = new Driver(arguments[0]);
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            ObjectNode answer = JSON.createObjectNode();
            try {
                answer.set("ok", driver.answer(JSON.readTree(line)));
            } catch (Throwable thrown) {
                Throwable cause = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
                ObjectNode error = answer.putObject("error");
                error.put("code", Errors.forException(cause).code());
                error.put("message", String.valueOf(cause));
            }
            answers.println(JSON.writeValueAsString(answer));
            answers.flush();
        }
        System.exit(0);
    }

    private ObjectNode answer(JsonNode request) throws Exception {
        switch (request.get("op").asText()) {
            case "create_topic": return createTopic(request);
            case "delete_topic":
                admin.deleteTopics(List.of(topic(request))).all().get();
                return JSON.createObjectNode();
            case "list_topics": return strings("topics", admin.listTopics().names().get());
            case "count_partitions": return countPartitions(request);
            case "create_partitions": return createPartitions(request);
            case "get_config": return getConfig(request);
            case "set_config": return setConfig(request);
            case "produce": return produce(request);
            case "transact": return transact(request);
            case "read": return read(request);
            case "offsets": return offsets(request);
            case "offset_at": return offsetAt(request);
            case "join": return join(request);
            case "poll": return poll(request);
            case "digest": return digest(request);
            case "commit":
                member.commitSync();
                return JSON.createObjectNode();
            case "leave":
                member.close();
                member = null;
                return JSON.createObjectNode();
            case "committed": return committed(request);
            case "list_groups": return listGroups();
            case "describe_group": return describeGroup(request);
            case "delete_group":
                admin.deleteConsumerGroups(List.of(request.get("group").asText())).all().get();
                return JSON.createObjectNode();
            default: throw new IllegalArgumentException("unknown op in " + request);
        }
    }

    private static String topic(JsonNode request) {
        return request.get("topic").asText();
    }

    private static TopicPartition partition(JsonNode request) {
        return new TopicPartition(topic(request), request.get("partition").asInt());
    }

    private static ObjectNode strings(String name, Iterable<String> values) {
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode list = answer.putArray(name);
        values.forEach(list::add);
        return answer;
    }

    private ObjectNode createTopic(JsonNode request) throws Exception {
        Map<String, String> configs = new HashMap<>();
        request.path("configs").properties()
                .forEach(entry -> configs.put(entry.getKey(), entry.getValue().asText()));
        short replicas = (short) request.get("replication_factor").asInt();
        NewTopic topic = new NewTopic(topic(request), request.get("partitions").asInt(), replicas);
        admin.createTopics(List.of(topic.configs(configs))).all().get();
        return JSON.createObjectNode();
    }

    private ObjectNode countPartitions(JsonNode request) throws Exception {
        String topic = topic(request);
        int count = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic)
                .partitions().size();
        return JSON.createObjectNode().put("partitions", count);
    }

    private ObjectNode createPartitions(JsonNode request) throws Exception {
        NewPartitions count = NewPartitions.increaseTo(request.get("partitions").asInt());
        admin.createPartitions(Map.of(topic(request), count)).all().get();
        return JSON.createObjectNode();
    }

    private ObjectNode getConfig(JsonNode request) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic(request));
        ConfigEntry entry = admin.describeConfigs(List.of(resource)).all().get().get(resource)
                .get(request.get("name").asText());
        return JSON.createObjectNode().put("value", entry.value());
    }

    private ObjectNode setConfig(JsonNode request) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic(request));
        String value = request.get("value").asText();
        ConfigEntry entry = new ConfigEntry(request.get("name").asText(), value);
        AlterConfigOp set = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
        return JSON.createObjectNode();
    }

    private ObjectNode produce(JsonNode request) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("acks", request.get("acks").asText());
        properties.put("compression.type", request.get("compression").asText());
        properties.put("enable.idempotence", request.get("idempotent").asBoolean());
        properties.put("max.request.size", "4000000");
        properties.put("linger.ms", "5");
        properties.put("delivery.timeout.ms", "20000");
        properties.put("request.timeout.ms", "10000");
        properties.put("max.block.ms", "20000");
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode offsets = answer.putArray("offsets");
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : request.get("records")) {
                sent.add(producer.send(toRecord(topic(request), record)));
            }
            producer.flush();
            for (Future<RecordMetadata> future : sent) {
                RecordMetadata metadata = future.get();
                offsets.addArray().add(metadata.partition()).add(metadata.offset());
            }
        }
        return answer;
    }

    // Writes records in a transaction, and commits or aborts it.
    private ObjectNode transact(JsonNode request) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("transactional.id", request.get("transactional_id").asText());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            for (JsonNode record : request.get("records")) {
                producer.send(toRecord(topic(request), record));
            }
            producer.flush();
            if (request.get("commit").asBoolean()) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
        }
        return JSON.createObjectNode();
    }

    private static ProducerRecord<byte[], byte[]> toRecord(String topic, JsonNode record) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : record.path("headers")) {
            headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
        }
        JsonNode partition = record.path("partition");
        JsonNode timestamp = record.path("timestamp");
        return new ProducerRecord<>(topic,
                partition.isNumber() ? (Integer) partition.asInt() : null,
                timestamp.isNumber() ? (Long) timestamp.asLong() : null,
                bytes(record.path("key")), bytes(record.path("value")), headers);
    }

    private static byte[] bytes(JsonNode text) {
        return text.isTextual() ? Base64.getDecoder().decode(text.asText()) : null;
    }

    private KafkaConsumer<byte[], byte[]> consumer(Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("enable.auto.commit", "false");
        properties.put("auto.offset.reset", "earliest");
        properties.put("max.partition.fetch.bytes", "4000000");
        properties.put("default.api.timeout.ms", "20000");
        properties.put("request.timeout.ms", "10000");
        properties.putAll(more);
        return new KafkaConsumer<>(
                properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private ObjectNode read(JsonNode request) {
        TopicPartition partition = partition(request);
        Map<String, String> isolation =
                Map.of("isolation.level", request.path("isolation").asText("read_uncommitted"));
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(isolation)) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, request.get("offset").asLong());
            return records(consumer, request);
        }
    }

    private static ObjectNode records(KafkaConsumer<byte[], byte[]> consumer, JsonNode request) {
        long deadline = System.nanoTime() + request.get("timeout_ms").asLong() * 1_000_000;
        int count = request.get("count").asInt();
        ObjectNode answer = JSON.createObjectNode();
        ArrayNode records = answer.putArray("records");
        do {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                records.add(toJson(record));
            }
        } while (records.size() < count && System.nanoTime() < deadline);
        return answer;
    }

    private static ObjectNode toJson(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode json = JSON.createObjectNode();
        json.put("partition", record.partition());
        json.put("offset", record.offset());
        json.put("timestamp", record.timestamp());
        json.put("append_time", record.timestampType() == TimestampType.LOG_APPEND_TIME);
        json.put("key", text(record.key()));
        json.put("value", text(record.value()));
        ArrayNode headers = json.putArray("headers");
        for (Header header : record.headers()) {
            headers.addArray().add(header.key()).add(text(header.value()));
        }
        return json;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }

    private ObjectNode offsets(JsonNode request) throws Exception {
        return JSON.createObjectNode()
                .put("earliest", offset(partition(request), OffsetSpec.earliest()))
                .put("latest", offset(partition(request), OffsetSpec.latest()));
    }

    private ObjectNode offsetAt(JsonNode request) throws Exception {
        OffsetSpec time = OffsetSpec.forTimestamp(request.get("timestamp").asLong());
        return JSON.createObjectNode().put("offset", offset(partition(request), time));
    }

    private long offset(TopicPartition partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset();
    }

    private ObjectNode join(JsonNode request) {
        Map<String, String> properties = new HashMap<>();
        properties.put("group.id", request.get("group").asText());
        properties.put("session.timeout.ms", request.get("session_timeout_ms").asText());
        properties.put("heartbeat.interval.ms", "300");
        properties.put("max.poll.records", request.path("max_poll_records").asText("10"));
        properties.put("partition.assignment.strategy",
                "org.apache.kafka.clients.consumer.RangeAssignor");
        if (request.path("instance").isTextual()) {
            properties.put("group.instance.id", request.get("instance").asText());
        }
        member = consumer(properties);
        member.subscribe(List.of(topic(request)));
        return JSON.createObjectNode();
    }

    private ObjectNode poll(JsonNode request) {
        ObjectNode answer = records(member, request);
        ArrayNode assignment = answer.putArray("assignment");
        member.assignment().stream().mapToInt(TopicPartition::partition).sorted()
                .forEach(assignment::add);
        return answer;
    }

    // Reads until nothing more comes: how many values each key has, and a hash of them in order.
    private ObjectNode digest(JsonNode request) {
        Map<String, long[]> keys = new HashMap<>();
        long idle = request.get("idle_ms").asLong() * 1_000_000;
        long last = System.nanoTime();
        while (System.nanoTime() - last < idle) {
            for (ConsumerRecord<byte[], byte[]> record : member.poll(Duration.ofMillis(100))) {
                String key = new String(record.key(), StandardCharsets.UTF_8);
                long[] digest = keys.computeIfAbsent(key, absent -> new long[] {0, FNV_OFFSET});
                digest[0]++;
                digest[1] = fnv(digest[1], record.value());
                last = System.nanoTime();
            }
        }
        member.commitSync();
        ObjectNode answer = JSON.createObjectNode();
        ObjectNode found = answer.putObject("keys");
        keys.forEach((key, digest) ->
                found.putArray(key).add(digest[0]).add(Long.toHexString(digest[1])));
        return answer;
    }

    // FNV-1a of 64 bits, with a line feed after each value.
    private static long fnv(long hash, byte[] value) {
        for (byte each : value) {
            hash = (hash ^ (each & 0xff)) * FNV_PRIME;
        }
        return (hash ^ '\n') * FNV_PRIME;
    }

    private ObjectNode committed(JsonNode request) throws Exception {
        OffsetAndMetadata offset =
                admin.listConsumerGroupOffsets(request.get("group").asText())
                        .partitionsToOffsetAndMetadata().get().get(partition(request));
        return JSON.createObjectNode().put("offset", offset == null ? -1 : offset.offset());
    }

    private ObjectNode listGroups() throws Exception {
        List<String> groups = new ArrayList<>();
        for (GroupListing group : admin.listGroups().all().get()) {
            groups.add(group.groupId());
        }
        return strings("groups", groups);
    }

    private ObjectNode describeGroup(JsonNode request) throws Exception {
        String group = request.get("group").asText();
        ConsumerGroupDescription description =
                admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        return JSON.createObjectNode()
                .put("state", description.groupState().toString())
                .put("members", description.members().size());
    }
}
