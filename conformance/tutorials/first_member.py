"""What a newcomer writes second: a member of a group that commits after each record by hand."""

import json
import os

from kafka import KafkaConsumer

consumer = KafkaConsumer(
    "tutorial-orders",
    bootstrap_servers=[os.environ["BOOTSTRAP"]],
    group_id="tutorial-billing",
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=6000,
    value_deserializer=lambda raw: json.loads(raw),
)
total = 0
for record in consumer:
    total += record.value["sum"]
    print(record.partition, record.offset, record.key.decode(), record.value["sum"])
    consumer.commit()
consumer.close()
print("total", total)
