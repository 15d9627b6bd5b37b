"""librdkafka through confluent-kafka: produces or consumes records, prints the rate as JSON.

Arguments: produce|consume, bootstrap servers, topic, batch bytes, records, bytes of a record.
"""

import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition


def produce(bootstrap, topic, batch_bytes, records, record_bytes):
    failures = []
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "batch.size": batch_bytes,
            "linger.ms": 5,
            "queue.buffering.max.kbytes": 1 << 20,
            "queue.buffering.max.messages": 1_000_000,
            "delivery.report.only.error": True,
            "on_delivery": lambda error, message: failures.append(str(error)),
        }
    )
    value = bytes(place * 31 % 251 for place in range(record_bytes))
    started = time.perf_counter()
    for number in range(records):
        while True:
            try:
                producer.produce(topic, value)
                break
            except BufferError:
                producer.poll(0.01)
        if number % 1000 == 0:
            producer.poll(0)
    left = producer.flush(120)
    if left or failures:
        raise SystemExit(f"{left} records left, failures: {failures[:3]}")
    return time.perf_counter() - started


def consume(bootstrap, topic, _batch_bytes, records, _record_bytes):
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 100,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    started = time.perf_counter()
    count = 0
    while count < records:
        messages = consumer.consume(10_000, 30)
        if not messages:
            raise SystemExit(f"only {count} of {records} records came")
        for message in messages:
            if message.error():
                raise SystemExit(str(message.error()))
        count += len(messages)
    elapsed = time.perf_counter() - started
    consumer.close()
    return elapsed


def main():
    what, bootstrap, topic = sys.argv[1:4]
    batch_bytes, records, record_bytes = (int(text) for text in sys.argv[4:7])
    work = {"produce": produce, "consume": consume}[what]
    elapsed = work(bootstrap, topic, batch_bytes, records, record_bytes)
    print(json.dumps({"megabytes_per_second": records * record_bytes / 1e6 / elapsed}))


main()
