// A driver of the conformance tests around kafkajs: JSON lines in, JSON lines out.
//
// kafkajs reads by group only: a read from an offset is a group of its own that seeks.

const readline = require('readline');
const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, logLevel } =
  require('kafkajs');
const { PartitionAssigners: assigners } = require('kafkajs');
const lz4 = require('lz4-napi');
const snappy = require('snappyjs');
const zstd = require('@bokuweb/zstd-wasm');

const codec = (compress, decompress) => () => ({
  compress: async (encoder) => Buffer.from(await compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(await decompress(buffer)),
});

// Java frames snappy in blocks behind a magic; what kafkajs writes is one plain block.
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const unsnappy = (buffer) => {
  if (!buffer.subarray(0, 8).equals(XERIAL)) return snappy.uncompress(buffer);
  const blocks = [];
  for (let at = 16; at < buffer.length; ) {
    const size = buffer.readInt32BE(at);
    blocks.push(Buffer.from(snappy.uncompress(buffer.subarray(at + 4, at + 4 + size))));
    at += 4 + size;
  }
  return Buffer.concat(blocks);
};
CompressionCodecs[CompressionTypes.Snappy] = codec(snappy.compress, unsnappy);
CompressionCodecs[CompressionTypes.LZ4] = codec(lz4.compressFrameSync, lz4.decompressFrameSync);
CompressionCodecs[CompressionTypes.ZSTD] = codec((raw) => zstd.compress(raw), zstd.decompress);

const CODECS = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' };
const toBytes = (text) => (text == null ? null : Buffer.from(text, 'base64'));
const toText = (raw) => (raw == null ? null : raw.toString('base64'));
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const kafka = new Kafka({
  clientId: 'driver',
  brokers: [process.argv[2]],
  logLevel: logLevel.NOTHING,
  retry: { retries: 5, initialRetryTime: 50 },
});
const admin = kafka.admin();
let member = null;

// A consumer whose records wait in a queue until they are asked for.
async function startConsumer(settings, topic, seek) {
  const queue = [];
  const state = { consumer: kafka.consumer(settings), queue, assignment: [], position: new Map() };
  state.consumer.on(state.consumer.events.GROUP_JOIN, ({ payload }) => {
    state.assignment = [...(payload.memberAssignment[topic] || [])].sort((a, b) => a - b);
    state.position.clear();
  });
  state.consumer.on(state.consumer.events.REBALANCING, () => {
    state.assignment = [];
    queue.length = 0;
  });
  const { GROUP_JOIN } = state.consumer.events;
  const joined = new Promise((resolve) => state.consumer.on(GROUP_JOIN, resolve));
  await state.consumer.connect();
  await state.consumer.subscribe({ topic, fromBeginning: true });
  await state.consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch, isStale, isRunning }) => {
      if (isStale() || !isRunning()) return;
      for (const message of batch.messages) queue.push({ partition: batch.partition, message });
    },
  });
  if (seek) {
    // A consumer that found no coordinator starts again by itself, and cannot seek before.
    await joined;
    state.consumer.seek(seek);
  }
  return state;
}

async function take(state, count, timeout) {
  const deadline = Date.now() + timeout;
  const records = [];
  do {
    while (state.queue.length > 0 && records.length < Math.max(count, 10)) {
      const { partition, message } = state.queue.shift();
      state.position.set(partition, Number(message.offset) + 1);
      records.push(toJson(partition, message));
    }
    if (records.length >= count) break;
    await sleep(20);
  } while (Date.now() < deadline);
  return records;
}

function toJson(partition, message) {
  const headers = [];
  for (const [name, values] of Object.entries(message.headers || {})) {
    for (const value of [].concat(values)) headers.push([name, toText(value)]);
  }
  return {
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    append_time: message.batchContext ? message.batchContext.timestampType === 1 : null,
    key: toText(message.key),
    value: toText(message.value),
    headers,
  };
}

function toMessage(record) {
  const headers = {};
  for (const [name, value] of record.headers || []) {
    headers[name] = headers[name] || [];
    headers[name].push(value == null ? null : toBytes(value));
  }
  const message = { key: toBytes(record.key), value: toBytes(record.value), headers };
  if (record.partition != null) message.partition = record.partition;
  if (record.timestamp != null) message.timestamp = String(record.timestamp);
  return message;
}

async function topics() {
  return (await admin.fetchTopicMetadata()).topics;
}

// kafkajs's own wait fails at once on a broker that has not heard of the topic yet.
async function waitForLeaders(topic, partitions) {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = (await topics()).find((entry) => entry.name === topic);
    const led = found ? found.partitions.filter(({ leader }) => leader >= 0) : [];
    if (led.length === partitions) return;
    await sleep(50);
  }
  throw new Error(`the leaders of ${topic} are never seen`);
}

async function partitionOffsets({ topic, partition }) {
  const found = await admin.fetchTopicOffsets(topic);
  return found.find((entry) => entry.partition === partition);
}

const operations = {
  async create_topic({ topic, partitions, replication_factor, configs }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const entry = { topic, numPartitions: partitions, configEntries };
    const topics = [{ ...entry, replicationFactor: replication_factor }];
    if (!(await admin.createTopics({ topics, waitForLeaders: false }))) {
      throw Object.assign(new Error('the topic exists'), { code: 36 });
    }
    await waitForLeaders(topic, partitions);
  },
  delete_topic: async ({ topic }) => admin.deleteTopics({ topics: [topic] }),
  list_topics: async () => ({ topics: await admin.listTopics() }),
  async count_partitions({ topic }) {
    const found = (await topics()).find((entry) => entry.name === topic);
    if (!found) throw Object.assign(new Error('no such topic'), { code: 3 });
    return { partitions: found.partitions.length };
  },
  create_partitions: async ({ topic, partitions }) =>
    admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] }),
  async get_config({ topic, name }) {
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }];
    const answer = await admin.describeConfigs({ includeSynonyms: false, resources });
    return { value: answer.resources[0].configEntries[0].configValue };
  },
  async produce({ topic, acks, compression, idempotent, records }) {
    const maxInFlightRequests = idempotent ? 1 : undefined;
    const producer = kafka.producer({ idempotent, maxInFlightRequests });
    await producer.connect();
    try {
      const sent = await producer.send({
        topic,
        acks: acks === 'all' ? -1 : Number(acks),
        compression: CompressionTypes[CODECS[compression]],
        messages: records.map(toMessage),
      });
      return { offsets: offsetsOf(records, sent) };
    } finally {
      await producer.disconnect();
    }
  },
  async read({ topic, partition, offset, count, timeout_ms, isolation }) {
    const groupId = `read-${topic}-${partition}-${process.pid}-${Date.now()}`;
    const readUncommitted = isolation === 'read_uncommitted';
    const fetching = { maxBytesPerPartition: 4000000, maxWaitTimeInMs: 100 };
    const settings = { groupId, readUncommitted, ...fetching };
    const seek = { topic, partition, offset: String(offset) };
    const state = await startConsumer(settings, topic, seek);
    try {
      const records = await take(state, count, timeout_ms);
      return { records: records.filter((record) => record.partition === partition) };
    } finally {
      await state.consumer.disconnect();
    }
  },
  async offsets(request) {
    const { low, high } = await partitionOffsets(request);
    return { earliest: Number(low), latest: Number(high) };
  },
  async offset_at({ topic, partition, timestamp }) {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, timestamp);
    return { offset: Number(found.find((entry) => entry.partition === partition).offset) };
  },
  async join({ group, topic, session_timeout_ms }) {
    const settings = {
      groupId: group,
      sessionTimeout: session_timeout_ms,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 200,
      rebalanceTimeout: 10000,
      partitionAssigners: [assigners.roundRobin],
    };
    member = await startConsumer(settings, topic, null);
    member.topic = topic;
  },
  async poll({ count, timeout_ms }) {
    const records = await take(member, count, timeout_ms);
    return { records, assignment: member.assignment };
  },
  async commit() {
    const { topic } = member;
    const offsets = [...member.position].map(([partition, offset]) => ({
      topic,
      partition,
      offset: String(offset),
    }));
    await member.consumer.commitOffsets(offsets);
  },
  async leave() {
    await member.consumer.disconnect();
    member = null;
  },
  async committed({ group, topic, partition }) {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const place = found.partitions.find((entry) => entry.partition === partition);
    return { offset: place ? Number(place.offset) : -1 };
  },
  list_groups: async () => ({
    groups: (await admin.listGroups()).groups.map((entry) => entry.groupId),
  }),
  async describe_group({ group }) {
    const found = (await admin.describeGroups([group])).groups[0];
    return { state: found.state, members: found.members.length };
  },
  delete_group: async ({ group }) => {
    await admin.deleteGroups([group]);
  },
};

// kafkajs answers with the first offset of each partition: the rest follow it in order.
function offsetsOf(records, sent) {
  const next = new Map(sent.map((entry) => [entry.partition, Number(entry.baseOffset ?? -1)]));
  return records.map((record) => {
    const partition = record.partition ?? sent[0]?.partition ?? 0;
    const offset = next.get(partition) ?? -1;
    if (offset >= 0) next.set(partition, offset + 1);
    return [partition, offset];
  });
}

function failureOf(error) {
  const cause = error.errors?.[0] ?? error.groups?.[0]?.error ?? error.cause ?? error;
  const code = Number.isInteger(cause.code) ? cause.code : -1;
  return { code, message: `${error.name}: ${error.message}` };
}

async function main() {
  await zstd.init();
  await admin.connect();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { op, ...request } = JSON.parse(line);
    let answer;
    try {
      answer = { ok: (await operations[op](request)) ?? {} };
    } catch (error) {
      answer = { error: failureOf(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

process.on('unhandledRejection', () => {});
main();
