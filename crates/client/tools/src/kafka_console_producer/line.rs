//! The command line of kafka-console-producer.

use crate::failure::Failure;
use crate::flags::{Argument, Flag, Flags, switch, value};
use crate::output::say;
use crate::settings::{read_file, read_words};

/// The flags, as Kafka's tool has them.
pub(super) const FLAGS: &[Flag] = &[
    value(
        "batch-size",
        "Integer: size",
        "batch.size: bytes of a batch. (default: 16384)",
    ),
    value(
        "bootstrap-server",
        "String: server to connect to",
        "REQUIRED: host:port of some brokers, separated by commas.",
    ),
    value(
        "command-config",
        "String: config file",
        "A properties file with settings of the producer; --command-property goes before it.",
    ),
    value(
        "command-property",
        "String: producer_prop",
        "A setting of the producer: key=value.",
    ),
    Flag {
        name: "compression-codec",
        argument: Argument::Optional("String: compression-codec"),
        help: "none, gzip, snappy, lz4 or zstd; without a value gzip.",
    },
    switch("help", "Print usage information."),
    value(
        "line-reader",
        "String: reader_class",
        "The class that splits lines; only org.apache.kafka.tools.LineMessageReader is there.",
    ),
    value(
        "max-block-ms",
        "Long: max block on send",
        "max.block.ms: how long sending may wait. (default: 60000)",
    ),
    value(
        "max-memory-bytes",
        "Long: total memory in bytes",
        "buffer.memory: bytes of records that may wait. (default: 33554432)",
    ),
    value(
        "max-partition-memory-bytes",
        "Integer: memory in bytes per partition",
        "(DEPRECATED) As --batch-size.",
    ),
    value(
        "message-send-max-retries",
        "Integer",
        "retries: how often a batch is sent again. (default: 3)",
    ),
    value(
        "metadata-expiry-ms",
        "Long: metadata expiration interval",
        "metadata.max.age.ms: when metadata are asked for anew. (default: 300000)",
    ),
    value(
        "producer-property",
        "String: producer_prop",
        "(DEPRECATED) As --command-property.",
    ),
    value(
        "producer.config",
        "String: config file",
        "(DEPRECATED) As --command-config.",
    ),
    value(
        "property",
        "String: prop",
        "(DEPRECATED) As --reader-property.",
    ),
    value(
        "reader-config",
        "String: config file",
        "A properties file for the line reader; --reader-property goes before it.",
    ),
    value(
        "reader-property",
        "String: prop",
        "How lines are split, as key=value: parse.key, key.separator, parse.headers, \
         headers.delimiter, headers.separator, headers.key.separator, null.marker, ignore.error. \
         With both, a line is headers, key, value: h1:v1,h2:v2<tab>key<tab>value.",
    ),
    value(
        "request-required-acks",
        "String: request required acks",
        "acks: who must have a record. (default: -1)",
    ),
    value(
        "request-timeout-ms",
        "Integer: request timeout ms",
        "request.timeout.ms: how long an answer may take. (default: 1500)",
    ),
    value(
        "retry-backoff-ms",
        "Long",
        "retry.backoff.ms: the wait before a retry. (default: 100)",
    ),
    value(
        "socket-buffer-size",
        "Integer: size",
        "send.buffer.bytes: of the socket. (default: 102400)",
    ),
    switch("sync", "Wait for every record before the next one is sent."),
    value(
        "timeout",
        "Long: timeout_ms",
        "linger.ms: how long a record waits for others of its batch. (default: 1000)",
    ),
    value("topic", "String: topic", "REQUIRED: The topic to write to."),
    switch("version", "Print the version of Kafka."),
];

/// Old spellings and what replaces them.
const RENAMED: [(&str, &str); 3] = [
    ("property", "reader-property"),
    ("producer-property", "command-property"),
    ("producer.config", "command-config"),
];

/// The reader that is there, under the two names Kafka accepts.
const READERS: [&str; 2] = [
    "org.apache.kafka.tools.LineMessageReader",
    "LineMessageReader",
];

/// Refuses an old spelling beside the new one, warns of an old one alone.
pub(super) fn check(flags: &Flags) -> Result<(), Failure> {
    for (old, new) in RENAMED {
        if flags.has(old) && flags.has(new) {
            let message = format!("Options --{new} and --{old} cannot be specified together.");
            return Err(Failure::Use(message));
        }
        if flags.has(old) {
            say!(
                "Warning: --{old} is deprecated and will be removed in a future version. Use \
                 --{new} instead."
            );
        }
    }
    if flags.has("max-partition-memory-bytes") {
        say!(
            "Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache \
             Kafka 5.0. Use --batch-size instead."
        );
    }
    let servers = flags.value("bootstrap-server")?.unwrap_or_default();
    if !servers.split(',').all(has_port) {
        let message = "Please provide valid host:port like host1:9091,host2:9092\n";
        return Err(Failure::Use(message.to_owned()));
    }
    match flags.value("line-reader")? {
        Some(class) if !READERS.contains(&class) => Err(Failure::Thrown(
            "java.lang.ClassNotFoundException",
            class.to_owned(),
        )),
        _ => Ok(()),
    }
}

fn has_port(server: &str) -> bool {
    let port = server.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    matches!(port, Some(Ok(_)))
}

/// What the line reader is told.
pub(super) fn reader_properties(flags: &Flags) -> Result<Vec<(String, String)>, Failure> {
    let mut entries = match flags.value("reader-config")? {
        Some(path) => read_file(path)?,
        None => Vec::new(),
    };
    entries.extend(read_words(
        flags
            .values("reader-property")
            .chain(flags.values("property")),
    ));
    Ok(entries)
}

/// Flags that set a setting, with the default of this tool.
const SETTINGS: [(&str, &str, &str); 10] = [
    ("request-required-acks", "acks", "-1"),
    ("batch-size", "batch.size", "16384"),
    ("max-memory-bytes", "buffer.memory", "33554432"),
    ("timeout", "linger.ms", "1000"),
    ("max-block-ms", "max.block.ms", "60000"),
    ("metadata-expiry-ms", "metadata.max.age.ms", "300000"),
    ("request-timeout-ms", "request.timeout.ms", "1500"),
    ("message-send-max-retries", "retries", "3"),
    ("retry-backoff-ms", "retry.backoff.ms", "100"),
    ("socket-buffer-size", "send.buffer.bytes", "102400"),
];

/// The producer's settings: defaults of this tool, then file, then words, then flags.
pub(super) fn producer_properties(flags: &Flags) -> Result<Vec<(String, String)>, Failure> {
    let owned = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut entries = vec![owned("client.id", "console-producer")];
    entries.extend(SETTINGS.iter().map(|(_, key, default)| owned(key, default)));
    for name in ["command-config", "producer.config"] {
        if let Some(path) = flags.value(name)? {
            entries.extend(read_file(path)?);
        }
    }
    let words = flags
        .values("command-property")
        .chain(flags.values("producer-property"));
    entries.extend(read_words(words));
    for (flag, key, _) in SETTINGS {
        if let Some(text) = number_text(flags, flag)? {
            entries.push(owned(key, &text));
        }
    }
    if let Some(size) = number_text(flags, "max-partition-memory-bytes")? {
        entries.push(owned("batch.size", &size));
    }
    if flags.has("compression-codec") {
        let codec = flags
            .value("compression-codec")?
            .filter(|codec| !codec.is_empty());
        entries.push(owned("compression.type", codec.unwrap_or("gzip")));
    }
    let servers = flags.value("bootstrap-server")?.unwrap_or_default();
    entries.push(owned("bootstrap.servers", servers));
    Ok(entries)
}

/// The text of a flag's value, checked to be a number unless it is the acks.
fn number_text(flags: &Flags, flag: &str) -> Result<Option<String>, Failure> {
    if flag != "request-required-acks" {
        flags
            .number::<i64>(flag)
            .map_err(|error| Failure::Line(Failure::from(error).message()))?;
    }
    Ok(flags.value(flag)?.map(str::to_owned))
}
