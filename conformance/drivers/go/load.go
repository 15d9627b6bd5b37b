// Loads: numbered records under restarts of the broker, and files line by line.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// load writes the numbers 0, 1, 2, … and remembers which failed. It tries again for ever.
type load struct {
	client *kgo.Client
	stop   context.CancelFunc
	done   chan struct{}
	sent   int64
	acked  atomic.Int64
	lock   sync.Mutex
	failed []int64
}

func (d *driver) loads(ctx context.Context, r *request) (answer, error) {
	switch r.Op {
	case "load_start":
		return nil, d.startLoad(r)
	case "load_status":
		return answer{"acked": d.load.acked.Load()}, nil
	case "load_stop":
		d.load.stop()
		<-d.load.done
		err := d.load.client.Flush(ctx)
		d.load.client.Close()
		failed := append([]int64{}, d.load.failed...)
		return answer{"sent": d.load.sent, "failed": failed}, err
	case "numbers":
		return d.numbers(ctx, r)
	default:
		return d.produceLines(ctx, r)
	}
}

func (d *driver) startLoad(r *request) error {
	options := []kgo.Opt{
		kgo.SeedBrokers(d.bootstrap), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(2*time.Millisecond),
		kgo.MaxBufferedRecords(5000), kgo.UnknownTopicRetries(-1),
		kgo.MetadataMinAge(100*time.Millisecond), kgo.DialTimeout(2*time.Second),
		kgo.RetryBackoffFn(func(int) time.Duration { return 30 * time.Millisecond }),
	}
	// The client allows an idempotent producer its own number or this one.
	if r.OneInFlight {
		options = append(options, kgo.MaxProduceRequestsInflightPerBroker(1))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	d.load = &load{client: client, stop: stop, done: make(chan struct{})}
	go d.load.run(ctx, r)
	return nil
}

// run paces itself in steps of ten milliseconds.
func (l *load) run(ctx context.Context, r *request) {
	defer close(l.done)
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for ctx.Err() == nil {
		<-pace.C
		for range max(1, r.Rate/100) {
			number := l.sent
			record := kgo.KeySliceRecord(nil, []byte(strconv.FormatInt(number, 10)))
			record.Topic, record.Partition = r.Topic, int32(number%int64(r.Partitions))
			l.sent++
			l.client.Produce(context.Background(), record, func(_ *kgo.Record, err error) {
				if err == nil {
					l.acked.Add(1)
					return
				}
				l.lock.Lock()
				defer l.lock.Unlock()
				l.failed = append(l.failed, number)
			})
		}
	}
}

// numbers reads a topic from its beginning to its present end.
func (d *driver) numbers(ctx context.Context, r *request) (answer, error) {
	ends, err := d.admin.ListEndOffsets(ctx, r.Topic)
	if err != nil {
		return nil, err
	}
	left := int64(0)
	places := map[int32]kgo.Offset{}
	for partition := range r.Partitions {
		end, _ := ends.Lookup(r.Topic, partition)
		if end.Err != nil {
			return nil, end.Err
		}
		left += end.Offset
		places[partition] = kgo.NewOffset().At(0)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(d.bootstrap),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{r.Topic: places}))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	found := make([][]int64, r.Partitions)
	for left > 0 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%d records are missing at the end of the log", left)
		}
		fetches.EachRecord(func(record *kgo.Record) {
			left--
			number, err := strconv.ParseInt(string(record.Value), 10, 64)
			if err != nil {
				number = -1
			}
			found[record.Partition] = append(found[record.Partition], number)
		})
	}
	return answer{"partitions": found}, nil
}

// produceLines writes each line of the files of a list; the key is the file's path.
func (d *driver) produceLines(ctx context.Context, r *request) (answer, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(d.bootstrap), kgo.ProducerBatchCompression(codecs[r.Compression]),
		kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(100_000))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	list, err := os.ReadFile(r.List)
	if err != nil {
		return nil, err
	}
	var records, size int64
	var failure atomic.Value
	for _, line := range strings.Split(strings.TrimSpace(string(list)), "\n") {
		key, path, _ := strings.Cut(line, "\t")
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for len(content) > 0 {
			var value []byte
			value, content, _ = bytes.Cut(content, []byte{'\n'})
			record := &kgo.Record{Topic: r.Topic, Key: []byte(key), Value: value}
			client.Produce(ctx, record, func(_ *kgo.Record, err error) {
				if err != nil {
					failure.CompareAndSwap(nil, err)
				}
			})
			records++
			size += int64(len(value))
		}
	}
	if err := client.Flush(ctx); err != nil {
		return nil, err
	}
	err, _ = failure.Load().(error)
	return answer{"records": records, "bytes": size}, err
}
