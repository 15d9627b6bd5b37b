//! Apache Kafka's own tools at work on the broker, and ottla's where it has the same.

use std::fs;

use anyhow::Context;

use super::{Scenario, Who};
use crate::conformance::bench::{Bench, expect, expect_equal};

pub(super) const TOPICS: Scenario = Scenario {
    name: "tool-topics",
    title: "kafka-topics: create, list, describe, alter, delete",
    needs: &[],
    run: Who::BothTools(topics),
};

pub(super) const CONSOLE: Scenario = Scenario {
    name: "tool-console",
    title: "kafka-console-producer and kafka-console-consumer, with keys and headers",
    needs: &[],
    run: Who::BothTools(console),
};

pub(super) const CONSOLE_GROUP: Scenario = Scenario {
    name: "tool-console-group",
    title: "kafka-console-consumer as a member of a group",
    needs: &[],
    run: Who::Tools(console_group),
};

pub(super) const OFFSETS: Scenario = Scenario {
    name: "tool-get-offsets",
    title: "kafka-get-offsets: latest, earliest, by time",
    needs: &[],
    run: Who::BothTools(offsets),
};

pub(super) const CONFIGS: Scenario = Scenario {
    name: "tool-configs",
    title: "kafka-configs: alter and describe a topic",
    needs: &[],
    run: Who::Tools(configs),
};

pub(super) const GROUPS: Scenario = Scenario {
    name: "tool-consumer-groups",
    title: "kafka-consumer-groups: list, describe, delete",
    needs: &[],
    run: Who::Tools(groups),
};

pub(super) const DUMP_LOG: Scenario = Scenario {
    name: "tool-dump-log",
    title: "kafka-dump-log reads the segment files, and its index checks pass",
    needs: &[],
    run: Who::Tools(dump_log),
};

pub(super) const CLUSTER: Scenario = Scenario {
    name: "tool-cluster",
    title: "kafka-broker-api-versions, kafka-cluster and kafka-log-dirs",
    needs: &[],
    run: Who::Tools(cluster),
};

fn topics(bench: &Bench<'_>) -> anyhow::Result<()> {
    let topic = bench.name("t");
    let create = [
        "--create",
        "--topic",
        &topic,
        "--partitions",
        "3",
        "--replication-factor",
        "1",
    ];
    let output = bench.tool("topics", &create, "")?;
    expect_equal(
        "output",
        &output.trim(),
        &format!("Created topic {topic}.").as_str(),
    )?;
    let list = bench.tool("topics", &["--list"], "")?;
    expect("it is listed", list.lines().any(|line| line == topic))?;
    let describe = bench.tool("topics", &["--describe", "--topic", &topic], "")?;
    expect(
        "three partitions",
        describe.contains("PartitionCount: 3\tReplicationFactor: 1"),
    )?;
    expect(
        "leader 1",
        describe.contains("Partition: 2\tLeader: 1\tReplicas: 1\tIsr: 1"),
    )?;
    bench.tool(
        "topics",
        &["--alter", "--topic", &topic, "--partitions", "4"],
        "",
    )?;
    let describe = bench.tool("topics", &["--describe", "--topic", &topic], "")?;
    expect("four partitions", describe.contains("PartitionCount: 4"))?;
    let (status, output, _) = bench.try_tool("topics", &create, "")?;
    expect_equal("the exit code of creating it again", &status, &1)?;
    expect(
        "the reason",
        output.contains(&format!("Topic '{topic}' already exists.")),
    )?;
    bench.tool("topics", &["--delete", "--topic", &topic], "")?;
    let list = bench.tool("topics", &["--list"], "")?;
    expect("it is gone", !list.lines().any(|line| line == topic))
}

fn console(bench: &Bench<'_>) -> anyhow::Result<()> {
    let topic = bench.name("t");
    let keyed = [
        "--topic",
        &topic,
        "--reader-property",
        "parse.key=true",
        "--reader-property",
        "parse.headers=true",
        "--compression-codec",
        "lz4",
    ];
    bench.tool(
        "console-producer",
        &keyed,
        "a:1,b:2\tk1\thello\nc:3\tk2\tworld\n",
    )?;
    let read = [
        "--topic",
        &topic,
        "--from-beginning",
        "--max-messages",
        "2",
        "--timeout-ms",
        "20000",
        "--formatter-property",
        "print.key=true",
        "--formatter-property",
        "print.headers=true",
    ];
    let output = bench.tool("console-consumer", &read, "")?;
    expect_equal(
        "what was read",
        &output.as_str(),
        &"a:1,b:2\tk1\thello\nc:3\tk2\tworld\n",
    )
}

fn console_group(bench: &Bench<'_>) -> anyhow::Result<()> {
    let (topic, group) = (bench.name("t"), bench.name("g"));
    bench.tool("console-producer", &["--topic", &topic], "hello\nworld\n")?;
    for value in ["hello\n", "world\n"] {
        let by_group = [
            "--topic",
            &topic,
            "--group",
            &group,
            "--from-beginning",
            "--max-messages",
            "1",
            "--timeout-ms",
            "20000",
        ];
        let output = bench.tool("console-consumer", &by_group, "")?;
        expect_equal("by group", &output.as_str(), &value)?;
    }
    Ok(())
}

fn offsets(bench: &Bench<'_>) -> anyhow::Result<()> {
    let topic = bench.name("t");
    bench.tool(
        "topics",
        &["--create", "--topic", &topic, "--partitions", "2"],
        "",
    )?;
    bench.tool(
        "console-producer",
        &["--topic", &topic],
        "one\ntwo\nthree\n",
    )?;
    let sum = |output: &str| -> i64 {
        output
            .lines()
            .filter_map(|line| line.rsplit(':').next()?.parse::<i64>().ok())
            .sum()
    };
    let latest = bench.tool("get-offsets", &["--topic", &topic], "")?;
    expect_equal("lines", &latest.lines().count(), &2)?;
    expect_equal("records", &sum(&latest), &3)?;
    let earliest = bench.tool(
        "get-offsets",
        &["--topic", &topic, "--time", "earliest"],
        "",
    )?;
    let zeros = format!("{topic}:0:0\n{topic}:1:0\n");
    expect_equal("earliest", &earliest, &zeros)?;
    let by_time = bench.tool("get-offsets", &["--topic", &topic, "--time", "1"], "")?;
    expect_equal("the first since 1970", &sum(&by_time), &0)?;
    let (status, _, errors) = bench.try_tool("get-offsets", &["--topic", "no-such-topic"], "")?;
    expect_equal("the exit code for no topic", &status, &1)?;
    expect(
        "the reason",
        errors.contains("Could not match any topic-partitions"),
    )
}

fn configs(bench: &Bench<'_>) -> anyhow::Result<()> {
    let topic = bench.name("t");
    bench.tool("topics", &["--create", "--topic", &topic], "")?;
    let entity = ["--entity-type", "topics", "--entity-name", &topic];
    let set = [
        "--alter",
        "--add-config",
        "retention.ms=7200000,max.message.bytes=2000000",
    ];
    bench.tool("configs", &[&entity[..], &set].concat(), "")?;
    let output = bench.tool("configs", &[&entity[..], &["--describe"]].concat(), "")?;
    expect(
        "retention.ms",
        output.contains("retention.ms=7200000 sensitive=false"),
    )?;
    expect(
        "max.message.bytes",
        output.contains("max.message.bytes=2000000"),
    )?;
    let unset = ["--alter", "--delete-config", "max.message.bytes"];
    bench.tool("configs", &[&entity[..], &unset].concat(), "")?;
    let output = bench.tool("configs", &[&entity[..], &["--describe"]].concat(), "")?;
    expect("it is unset", !output.contains("max.message.bytes"))
}

fn groups(bench: &Bench<'_>) -> anyhow::Result<()> {
    let (topic, group) = (bench.name("t"), bench.name("g"));
    bench.tool(
        "console-producer",
        &["--topic", &topic],
        "one\ntwo\nthree\n",
    )?;
    let read = [
        "--topic",
        &topic,
        "--group",
        &group,
        "--from-beginning",
        "--max-messages",
        "2",
        "--timeout-ms",
        "20000",
    ];
    bench.tool("console-consumer", &read, "")?;
    let list = bench.tool("consumer-groups", &["--list"], "")?;
    expect("it is listed", list.lines().any(|line| line == group))?;
    let output = bench.tool("consumer-groups", &["--describe", "--group", &group], "")?;
    let line = output
        .lines()
        .find(|line| line.starts_with(&group))
        .context("a line")?;
    let words: Vec<&str> = line.split_whitespace().skip(1).take(5).collect();
    expect_equal(
        "topic to lag",
        &words,
        &vec![topic.as_str(), "0", "2", "3", "1"],
    )?;
    bench.tool("consumer-groups", &["--delete", "--group", &group], "")?;
    let list = bench.tool("consumer-groups", &["--list"], "")?;
    expect("it is gone", !list.lines().any(|line| line == group))
}

fn dump_log(bench: &Bench<'_>) -> anyhow::Result<()> {
    let topic = bench.name("t");
    // Small segments, so that there are several, each with its indexes.
    let create = [
        "--create",
        "--topic",
        &topic,
        "--config",
        "segment.bytes=1048576",
        "--config",
        "index.interval.bytes=1000",
    ];
    bench.tool("topics", &create, "")?;
    let lines: String = (0..30_000)
        .map(|n| format!("line {n} ").repeat(8) + "\n")
        .collect();
    bench.tool(
        "console-producer",
        &["--topic", &topic, "--batch-size", "4000"],
        &lines,
    )?;
    let directory = bench.broker.data.join(format!("{topic}-0"));
    let mut files = Vec::new();
    for entry in fs::read_dir(&directory)? {
        let path = entry?.path();
        let extension = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if ["log", "index", "timeindex"].contains(&extension.as_str()) {
            files.push(path.to_string_lossy().into_owned());
        }
    }
    files.sort();
    expect("several segments", files.len() >= 6)?;
    let names = files.join(",");
    let output = bench.tool("dump-log", &["--deep-iteration", "--files", &names], "")?;
    let records: usize = output
        .lines()
        .filter_map(|line| {
            line.split("count: ")
                .nth(1)?
                .split(' ')
                .next()?
                .parse::<usize>()
                .ok()
        })
        .sum();
    expect_equal("records in all segments", &records, &30_000)?;
    expect("every batch is valid", !output.contains("isvalid: false"))?;
    expect(
        "the indexes point where they should",
        !output.contains("mismatches in"),
    )?;
    expect(
        "no index is corrupt",
        !output.to_lowercase().contains("corrupt"),
    )
}

fn cluster(bench: &Bench<'_>) -> anyhow::Result<()> {
    let output = bench.tool("broker-api-versions", &[], "")?;
    expect("Produce", output.contains("Produce(0): "))?;
    let output = bench.tool("cluster", &["cluster-id"], "")?;
    expect(
        "its id",
        output.contains("Cluster ID: b3R0bGEtY29uZm9ybWFuYw"),
    )?;
    let topic = bench.name("t");
    bench.tool("console-producer", &["--topic", &topic], "one\n")?;
    let output = bench.tool("log-dirs", &["--describe", "--topic-list", &topic], "")?;
    expect(
        "the partition",
        output.contains(&format!("\"partition\":\"{topic}-0\"")),
    )
}
