// A driver of the conformance tests around franz-go: JSON lines in, JSON lines out.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

type header struct {
	Key   string
	Value []byte
}

func (h header) MarshalJSON() ([]byte, error) { return json.Marshal([]any{h.Key, h.Value}) }

func (h *header) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(raw, &[]any{&h.Key, &h.Value})
}

// record is one record as the requests and answers spell it; bytes are base64 or null.
type record struct {
	Partition  *int32   `json:"partition"`
	Offset     int64    `json:"offset"`
	Timestamp  *int64   `json:"timestamp"`
	AppendTime bool     `json:"append_time"`
	Key        []byte   `json:"key"`
	Value      []byte   `json:"value"`
	Headers    []header `json:"headers"`
}

type request struct {
	Op                string            `json:"op"`
	Topic             string            `json:"topic"`
	Partition         int32             `json:"partition"`
	Partitions        int32             `json:"partitions"`
	ReplicationFactor int16             `json:"replication_factor"`
	Configs           map[string]string `json:"configs"`
	Name              string            `json:"name"`
	Value             string            `json:"value"`
	Acks              string            `json:"acks"`
	Compression       string            `json:"compression"`
	Idempotent        bool              `json:"idempotent"`
	Records           []record          `json:"records"`
	Offset            int64             `json:"offset"`
	Count             int               `json:"count"`
	TimeoutMs         int64             `json:"timeout_ms"`
	Isolation         string            `json:"isolation"`
	Timestamp         int64             `json:"timestamp"`
	Group             string            `json:"group"`
	SessionTimeoutMs  int64             `json:"session_timeout_ms"`
	Instance          string            `json:"instance"`
	Rate              int               `json:"rate"`
	OneInFlight       bool              `json:"one_in_flight"`
	List              string            `json:"list"`
}

type answer map[string]any

type driver struct {
	bootstrap string
	client    *kgo.Client
	admin     *kadm.Client
	member    *member
	load      *load
}

// member is the one group member of this process and what it was given.
type member struct {
	client   *kgo.Client
	lock     sync.Mutex
	assigned map[int32]bool
}

func main() {
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d := &driver{bootstrap: os.Args[1], client: client, admin: kadm.NewClient(client)}
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			_ = out.Encode(answer{"error": answer{"code": -1, "message": err.Error()}})
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience(r.Op))
		found, err := d.answer(ctx, &r)
		cancel()
		if err != nil {
			_ = out.Encode(answer{"error": answer{"code": code(err), "message": err.Error()}})
			continue
		}
		if found == nil {
			found = answer{}
		}
		_ = out.Encode(answer{"ok": found})
	}
}

// patience is longer for what moves whole logs.
func patience(op string) time.Duration {
	switch op {
	case "produce_lines", "numbers", "load_stop":
		return time.Hour
	}
	return 40 * time.Second
}

func code(err error) int16 {
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		return kafka.Code
	}
	return -1
}

func (d *driver) answer(ctx context.Context, r *request) (answer, error) {
	switch r.Op {
	case "create_topic", "delete_topic", "list_topics", "count_partitions", "create_partitions",
		"get_config", "set_config":
		return d.topics(ctx, r)
	case "produce":
		return d.produce(ctx, r)
	case "read":
		return d.read(ctx, r)
	case "offsets", "offset_at":
		return d.offsets(ctx, r)
	case "join":
		return nil, d.join(r)
	case "poll":
		records := poll(ctx, d.member.client, r)
		return answer{"records": records, "assignment": d.member.assignment()}, nil
	case "commit":
		return nil, d.member.client.CommitUncommittedOffsets(ctx)
	case "leave":
		d.member.client.Close()
		d.member = nil
		return nil, nil
	case "committed", "list_groups", "describe_group", "delete_group":
		return d.groups(ctx, r)
	case "load_start", "load_status", "load_stop", "numbers", "produce_lines":
		return d.loads(ctx, r)
	}
	return nil, fmt.Errorf("unknown op %q", r.Op)
}

func (d *driver) topics(ctx context.Context, r *request) (answer, error) {
	switch r.Op {
	case "create_topic":
		configs := map[string]*string{}
		for name, value := range r.Configs {
			configs[name] = &value
		}
		_, err := d.admin.CreateTopic(ctx, r.Partitions, r.ReplicationFactor, configs, r.Topic)
		return nil, err
	case "delete_topic":
		_, err := d.admin.DeleteTopic(ctx, r.Topic)
		return nil, err
	case "list_topics":
		listed, err := d.admin.ListTopics(ctx)
		if err != nil {
			return nil, err
		}
		return answer{"topics": listed.Names()}, nil
	case "count_partitions":
		listed, err := d.admin.ListTopics(ctx, r.Topic)
		if err != nil {
			return nil, err
		}
		topic := listed[r.Topic]
		return answer{"partitions": len(topic.Partitions)}, topic.Err
	case "create_partitions":
		done, err := d.admin.UpdatePartitions(ctx, int(r.Partitions), r.Topic)
		if err != nil {
			return nil, err
		}
		return nil, done.Error()
	case "get_config":
		found, err := d.admin.DescribeTopicConfigs(ctx, r.Topic)
		if err != nil {
			return nil, err
		}
		for _, config := range found[0].Configs {
			if config.Key == r.Name {
				return answer{"value": config.MaybeValue()}, nil
			}
		}
		return nil, fmt.Errorf("no config %s: %w", r.Name, found[0].Err)
	default:
		change := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: r.Name, Value: &r.Value}}
		done, err := d.admin.AlterTopicConfigs(ctx, change, r.Topic)
		if err != nil {
			return nil, err
		}
		return nil, done[0].Err
	}
}

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func (d *driver) produce(ctx context.Context, r *request) (answer, error) {
	acks := map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck(), "all": kgo.AllISRAcks()}
	options := []kgo.Opt{
		kgo.SeedBrokers(d.bootstrap), kgo.RequiredAcks(acks[r.Acks]),
		kgo.ProducerBatchCompression(codecs[r.Compression]), kgo.ProducerLinger(5 * time.Millisecond),
		kgo.ProducerBatchMaxBytes(2_000_000), kgo.RecordPartitioner(partitioner{}),
		kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(50),
	}
	if !r.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	records := make([]*kgo.Record, len(r.Records))
	for index, each := range r.Records {
		records[index] = toRecord(r.Topic, each)
	}
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, err
	}
	offsets := make([][2]int64, len(records))
	for index, each := range records {
		offset := each.Offset
		if r.Acks == "0" {
			offset = -1
		}
		offsets[index] = [2]int64{int64(each.Partition), offset}
	}
	return answer{"offsets": offsets}, nil
}

func toRecord(topic string, from record) *kgo.Record {
	to := &kgo.Record{Topic: topic, Key: from.Key, Value: from.Value, Partition: -1}
	if from.Partition != nil {
		to.Partition = *from.Partition
	}
	if from.Timestamp != nil {
		to.Timestamp = time.UnixMilli(*from.Timestamp)
	}
	for _, each := range from.Headers {
		to.Headers = append(to.Headers, kgo.RecordHeader{Key: each.Key, Value: each.Value})
	}
	return to
}

// partitioner takes the partition of the record, or else that of franz-go's own choice.
type partitioner struct{}

type topicPartitioner struct{ kgo.TopicPartitioner }

func (partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return topicPartitioner{kgo.StickyKeyPartitioner(nil).ForTopic(topic)}
}

func (t topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || t.TopicPartitioner.RequiresConsistency(r)
}

func (t topicPartitioner) Partition(r *kgo.Record, count int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return t.TopicPartitioner.Partition(r, count)
}

func (d *driver) read(ctx context.Context, r *request) (answer, error) {
	isolation := kgo.ReadUncommitted()
	if r.Isolation == "read_committed" {
		isolation = kgo.ReadCommitted()
	}
	place := map[string]map[int32]kgo.Offset{
		r.Topic: {r.Partition: kgo.NewOffset().At(r.Offset)},
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(d.bootstrap), kgo.ConsumePartitions(place),
		kgo.FetchIsolationLevel(isolation), kgo.FetchMaxWait(200*time.Millisecond))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return answer{"records": poll(ctx, client, r)}, nil
}

func poll(ctx context.Context, client *kgo.Client, r *request) []record {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.TimeoutMs)*time.Millisecond)
	defer cancel()
	records := []record{}
	for {
		client.PollRecords(ctx, 10).EachRecord(func(each *kgo.Record) {
			records = append(records, fromRecord(each))
		})
		if len(records) >= r.Count && r.Count > 0 || ctx.Err() != nil {
			return records
		}
	}
}

func fromRecord(from *kgo.Record) record {
	timestamp := from.Timestamp.UnixMilli()
	to := record{
		Partition: &from.Partition, Offset: from.Offset, Timestamp: &timestamp,
		AppendTime: from.Attrs.TimestampType() == 1, Key: from.Key, Value: from.Value,
		Headers: []header{},
	}
	for _, each := range from.Headers {
		to.Headers = append(to.Headers, header{each.Key, each.Value})
	}
	return to
}

func (d *driver) offsets(ctx context.Context, r *request) (answer, error) {
	list := func(listed kadm.ListedOffsets, err error) (int64, error) {
		if err != nil {
			return 0, err
		}
		found, _ := listed.Lookup(r.Topic, r.Partition)
		return found.Offset, found.Err
	}
	if r.Op == "offset_at" {
		offset, err := d.offsetAt(ctx, r)
		return answer{"offset": offset}, err
	}
	earliest, err := list(d.admin.ListStartOffsets(ctx, r.Topic))
	if err != nil {
		return nil, err
	}
	latest, err := list(d.admin.ListEndOffsets(ctx, r.Topic))
	return answer{"earliest": earliest, "latest": latest}, err
}

// offsetAt is -1 where no record is that young; kadm then gives the end of the log.
func (d *driver) offsetAt(ctx context.Context, r *request) (int64, error) {
	listed, err := d.admin.ListOffsetsAfterMilli(ctx, r.Timestamp, r.Topic)
	if err != nil {
		return 0, err
	}
	found, _ := listed.Lookup(r.Topic, r.Partition)
	if found.Timestamp == -1 {
		return -1, found.Err
	}
	return found.Offset, found.Err
}

func (d *driver) join(r *request) error {
	m := &member{assigned: map[int32]bool{}}
	options := []kgo.Opt{
		kgo.SeedBrokers(d.bootstrap), kgo.ConsumerGroup(r.Group), kgo.ConsumeTopics(r.Topic),
		kgo.DisableAutoCommit(), kgo.Balancers(kgo.RangeBalancer()),
		kgo.SessionTimeout(time.Duration(r.SessionTimeoutMs) * time.Millisecond),
		kgo.HeartbeatInterval(300 * time.Millisecond), kgo.FetchMaxWait(200 * time.Millisecond),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(m.changed(true)),
		kgo.OnPartitionsRevoked(m.changed(false)), kgo.OnPartitionsLost(m.changed(false)),
	}
	if r.Instance != "" {
		options = append(options, kgo.InstanceID(r.Instance))
	}
	client, err := kgo.NewClient(options...)
	m.client = client
	d.member = m
	return err
}

func (m *member) changed(added bool) func(context.Context, *kgo.Client, map[string][]int32) {
	return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
		m.lock.Lock()
		defer m.lock.Unlock()
		for _, partitions := range changed {
			for _, partition := range partitions {
				if added {
					m.assigned[partition] = true
				} else {
					delete(m.assigned, partition)
				}
			}
		}
	}
}

func (m *member) assignment() []int32 {
	m.lock.Lock()
	defer m.lock.Unlock()
	partitions := []int32{}
	for partition := range m.assigned {
		partitions = append(partitions, partition)
	}
	sort.Slice(partitions, func(i, j int) bool { return partitions[i] < partitions[j] })
	return partitions
}

func (d *driver) groups(ctx context.Context, r *request) (answer, error) {
	switch r.Op {
	case "committed":
		fetched, err := d.admin.FetchOffsets(ctx, r.Group)
		if err != nil {
			return nil, err
		}
		found, there := fetched.Lookup(r.Topic, r.Partition)
		if !there {
			return answer{"offset": -1}, nil
		}
		return answer{"offset": found.At}, found.Err
	case "list_groups":
		listed, err := d.admin.ListGroups(ctx)
		if err != nil {
			return nil, err
		}
		return answer{"groups": listed.Groups()}, nil
	case "describe_group":
		described, err := d.admin.DescribeGroups(ctx, r.Group)
		if err != nil {
			return nil, err
		}
		group := described[r.Group]
		return answer{"state": group.State, "members": len(group.Members)}, group.Err
	default:
		_, err := d.admin.DeleteGroup(ctx, r.Group)
		return nil, err
	}
}
