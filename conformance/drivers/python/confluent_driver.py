"""A driver of the conformance tests around confluent-kafka (librdkafka)."""

import sys
import time

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from driver_loop import KafkaFailure, serve, to_bytes, to_text

TIMESTAMP_LOG_APPEND_TIME = 2


class Driver:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
        self.member = None

    def code_of(self, error):
        if isinstance(error, KafkaFailure):
            return error.code
        if isinstance(error, KafkaException):
            return error.args[0].code()
        return -1

    def create_topic(self, topic, partitions, replication_factor, configs):
        new = NewTopic(topic, partitions, replication_factor, config=configs)
        self.admin.create_topics([new])[topic].result()

    def delete_topic(self, topic):
        self.admin.delete_topics([topic])[topic].result()

    def list_topics(self):
        return {"topics": list(self.admin.list_topics(timeout=20).topics)}

    def count_partitions(self, topic):
        # Asking for all topics, because librdkafka's request for one topic creates it.
        found = self.admin.list_topics(timeout=20).topics.get(topic)
        if found is None:
            raise KafkaFailure(3, "no such topic")
        return {"partitions": len(found.partitions)}

    def create_partitions(self, topic, partitions):
        self.admin.create_partitions([NewPartitions(topic, partitions)])[topic].result()

    def get_config(self, topic, name):
        resource = ConfigResource(ResourceType.TOPIC, topic)
        entries = self.admin.describe_configs([resource])[resource].result()
        return {"value": entries[name].value}

    def set_config(self, topic, name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        self.admin.incremental_alter_configs([resource])[resource].result()

    def produce(self, topic, acks, compression, idempotent, records):
        producer = Producer({
            "bootstrap.servers": self.bootstrap,
            "acks": acks,
            "compression.type": compression,
            "enable.idempotence": idempotent,
            "message.max.bytes": 4000000,
            "linger.ms": 5,
            "delivery.timeout.ms": 20000,
            "log_level": 0,
        })
        offsets = [None] * len(records)
        failures = []

        def delivered(index):
            def report(error, message):
                if error is not None:
                    failures.append(error)
                else:
                    offset = message.offset()
                    offsets[index] = [message.partition(), -1 if offset is None else offset]
            return report

        for index, record in enumerate(records):
            place = {}
            if record.get("partition") is not None:
                place["partition"] = record["partition"]
            if record.get("timestamp") is not None:
                place["timestamp"] = record["timestamp"]
            headers = [(name, to_bytes(value)) for name, value in record.get("headers", [])]
            producer.produce(
                topic, value=to_bytes(record.get("value")), key=to_bytes(record.get("key")),
                headers=headers, on_delivery=delivered(index), **place)
            producer.poll(0)
        producer.flush(30)
        if failures:
            raise KafkaException(failures[0])
        return {"offsets": offsets}

    def consumer(self, **more):
        settings = {
            "bootstrap.servers": self.bootstrap,
            "group.id": "no-group",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": 4000000,
            "log_level": 0,
        }
        settings.update(more)
        return Consumer(settings)

    def read(self, topic, partition, offset, count, timeout_ms, isolation):
        consumer = self.consumer(**{"isolation.level": isolation})
        try:
            consumer.assign([TopicPartition(topic, partition, offset)])
            return {"records": self.records(consumer, count, timeout_ms)}
        finally:
            consumer.close()

    def records(self, consumer, count, timeout_ms):
        deadline = time.monotonic() + timeout_ms / 1000
        records = []
        while True:
            for message in consumer.consume(10, timeout=0.05):
                if message.error():
                    raise KafkaException(message.error())
                records.append(self.to_json(message))
            if len(records) >= count or time.monotonic() >= deadline:
                return records

    def to_json(self, message):
        kind, timestamp = message.timestamp()
        headers = message.headers() or []
        return {
            "partition": message.partition(),
            "offset": message.offset(),
            "timestamp": timestamp,
            "append_time": kind == TIMESTAMP_LOG_APPEND_TIME,
            "key": to_text(message.key()),
            "value": to_text(message.value()),
            "headers": [[name, to_text(value)] for name, value in headers],
        }

    def offset(self, topic, partition, spec):
        where = TopicPartition(topic, partition)
        asked = self.admin.list_offsets(
            {where: spec}, isolation_level=IsolationLevel.READ_UNCOMMITTED)
        return asked[where].result().offset

    def offsets(self, topic, partition):
        return {
            "earliest": self.offset(topic, partition, OffsetSpec.earliest()),
            "latest": self.offset(topic, partition, OffsetSpec.latest()),
        }

    def offset_at(self, topic, partition, timestamp):
        spec = OffsetSpec.for_timestamp(timestamp)
        return {"offset": self.offset(topic, partition, spec)}

    def join(self, group, topic, session_timeout_ms, instance=None):
        settings = {
            "group.id": group,
            "session.timeout.ms": session_timeout_ms,
            "heartbeat.interval.ms": 300,
            "partition.assignment.strategy": "range",
        }
        if instance is not None:
            settings["group.instance.id"] = instance
        self.member = self.consumer(**settings)
        self.member.subscribe([topic])

    def poll(self, count, timeout_ms):
        records = self.records(self.member, count, timeout_ms)
        assignment = sorted(place.partition for place in self.member.assignment())
        return {"records": records, "assignment": assignment}

    def commit(self):
        self.member.commit(asynchronous=False)

    def leave(self):
        self.member.close()
        self.member = None

    def committed(self, group, topic, partition):
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition)])
        answer = self.admin.list_consumer_group_offsets([asked])[group].result()
        return {"offset": max(-1, answer.topic_partitions[0].offset)}

    def list_groups(self):
        listing = self.admin.list_consumer_groups().result()
        return {"groups": [group.group_id for group in listing.valid]}

    def describe_group(self, group):
        found = self.admin.describe_consumer_groups([group])[group].result()
        state = found.state.name.title().replace("_", "")
        return {"state": state, "members": len(found.members)}

    def delete_group(self, group):
        self.admin.delete_consumer_groups([group])[group].result()


if __name__ == "__main__":
    serve(Driver(sys.argv[1]))
