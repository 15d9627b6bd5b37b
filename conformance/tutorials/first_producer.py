"""What a newcomer writes first: orders as JSON, the customer as key, topics that appear on use."""

import json
import os

from kafka import KafkaProducer

producer = KafkaProducer(
    bootstrap_servers=os.environ["BOOTSTRAP"],
    acks="all",
    enable_idempotence=True,
    retries=5,
    value_serializer=lambda value: json.dumps(value).encode(),
)
for order in range(10):
    customer = f"customer-{order % 4}"
    value = {"id": order, "sum": 12.5 * order}
    producer.send("tutorial-orders", key=customer.encode(), value=value)
producer.send("tutorial-visits", value={"page": "/basket"})
producer.flush()
print("wrote 11 records")
