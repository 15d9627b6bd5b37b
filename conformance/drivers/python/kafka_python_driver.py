"""A driver of the conformance tests around kafka-python."""

import logging
import re
import sys
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition, errors
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import KafkaError, UnknownTopicOrPartitionError

from driver_loop import serve, to_bytes, to_text

logging.disable(logging.CRITICAL)
TIMESTAMP_LOG_APPEND_TIME = 1


def must_be_ok(result):
    """kafka-python answers some requests with an error's name or text instead of raising it."""
    if result != "OK":
        number = re.match(r"\[Error (\d+)\]", result)
        raise (errors.for_code(int(number[1])) if number else getattr(errors, result))(result)


class Driver:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        self.member = None

    def code_of(self, error):
        code = getattr(error, "errno", None) if isinstance(error, KafkaError) else None
        return -1 if code is None else code

    def create_topic(self, topic, partitions, replication_factor, configs):
        self.admin.create_topics({topic: {
            "num_partitions": partitions,
            "replication_factor": replication_factor,
            "configs": configs,
        }})

    def delete_topic(self, topic):
        self.admin.delete_topics([topic])

    def list_topics(self):
        return {"topics": [entry["name"] for entry in self.admin.describe_topics()]}

    def count_partitions(self, topic):
        # Asking for all topics, because a request for one may create it.
        for entry in self.admin.describe_topics():
            if entry["name"] == topic:
                return {"partitions": len(entry["partitions"])}
        raise UnknownTopicOrPartitionError(topic)

    def create_partitions(self, topic, partitions):
        self.admin.create_partitions({topic: partitions})

    def get_config(self, topic, name):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        answer = self.admin.describe_configs([resource], config_filter="all")
        return {"value": answer["topic"][topic][name]["value"]}

    def set_config(self, topic, name, value):
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
        must_be_ok(self.admin.alter_configs([resource])["topic"][topic])

    def produce(self, topic, acks, compression, idempotent, records):
        producer = KafkaProducer(
            bootstrap_servers=self.bootstrap,
            acks="all" if acks == "all" else int(acks),
            compression_type=None if compression == "none" else compression,
            enable_idempotence=idempotent,
            max_request_size=4000000,
            linger_ms=5,
            delivery_timeout_ms=20000,
            request_timeout_ms=10000,
        )
        try:
            sent = [
                producer.send(
                    topic,
                    value=to_bytes(record.get("value")),
                    key=to_bytes(record.get("key")),
                    headers=[(name, to_bytes(value)) for name, value in record.get("headers", [])],
                    partition=record.get("partition"),
                    timestamp_ms=record.get("timestamp"),
                )
                for record in records
            ]
            producer.flush(30)
            done = [future.get(30) for future in sent]
            return {"offsets": [[place.partition, place.offset] for place in done]}
        finally:
            producer.close(30)

    def consumer(self, **more):
        settings = {
            "bootstrap_servers": self.bootstrap,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "max_partition_fetch_bytes": 4000000,
        }
        settings.update(more)
        return KafkaConsumer(**settings)

    def read(self, topic, partition, offset, count, timeout_ms, isolation):
        consumer = self.consumer(isolation_level=isolation)
        try:
            place = TopicPartition(topic, partition)
            consumer.assign([place])
            consumer.seek(place, offset)
            return {"records": self.records(consumer, count, timeout_ms)}
        finally:
            consumer.close()

    def records(self, consumer, count, timeout_ms):
        deadline = time.monotonic() + timeout_ms / 1000
        records = []
        while True:
            for batch in consumer.poll(timeout_ms=50).values():
                records.extend(self.to_json(record) for record in batch)
            if len(records) >= count or time.monotonic() >= deadline:
                return records

    def to_json(self, record):
        return {
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "append_time": record.timestamp_type == TIMESTAMP_LOG_APPEND_TIME,
            "key": to_text(record.key),
            "value": to_text(record.value),
            "headers": [[name, to_text(value)] for name, value in record.headers],
        }

    def offset(self, topic, partition, spec):
        place = TopicPartition(topic, partition)
        return self.admin.list_partition_offsets({place: spec})[place].offset

    def offsets(self, topic, partition):
        return {
            "earliest": self.offset(topic, partition, OffsetSpec.EARLIEST),
            "latest": self.offset(topic, partition, OffsetSpec.LATEST),
        }

    def offset_at(self, topic, partition, timestamp):
        return {"offset": self.offset(topic, partition, timestamp)}

    def join(self, group, topic, session_timeout_ms, instance=None):
        self.member = self.consumer(
            group_id=group,
            group_instance_id=instance,
            session_timeout_ms=session_timeout_ms,
            heartbeat_interval_ms=300,
            max_poll_records=10,
        )
        self.member.subscribe([topic])

    def poll(self, count, timeout_ms):
        records = self.records(self.member, count, timeout_ms)
        assignment = sorted(place.partition for place in self.member.assignment())
        return {"records": records, "assignment": assignment}

    def commit(self):
        self.member.commit()

    def leave(self):
        self.member.close()
        self.member = None

    def committed(self, group, topic, partition):
        place = TopicPartition(topic, partition)
        found = self.admin.list_group_offsets({group: None})[group].get(place)
        return {"offset": -1 if found is None else found.offset}

    def list_groups(self):
        return {"groups": [entry["group_id"] for entry in self.admin.list_groups()]}

    def describe_group(self, group):
        found = self.admin.describe_groups([group])[group]
        return {"state": found["group_state"], "members": len(found["members"])}

    def delete_group(self, group):
        must_be_ok(self.admin.delete_groups([group])[group])


if __name__ == "__main__":
    serve(Driver(sys.argv[1]))
