//! What anybody who can connect may cost a process: lines in its log, and memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use ottla_messages::ErrorCode;
use ottla_messages::KafkaString;
use ottla_messages::api_versions_request::ApiVersionsRequest;
use ottla_messages::init_producer_id_request::InitProducerIdRequest;
use ottla_messages::join_group_request::{JoinGroupRequest, JoinGroupRequestProtocol};
use ottla_messages::metadata_request::MetadataRequest;
use ottla_records::BatchOptions;
use ottla_test_node::{
    Client, batch_with, fetch_request, only_produced, produce_request, request_frame,
};
use ottla_types::{ProducerEpoch, ProducerId};
use tempfile::TempDir;

/// Bytes whose appearance in the log would be a leak.
const CANARY: &str = "canary-in-the-payload";

/// A process that serves, with what it says in a file.
struct Process {
    home: TempDir,
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start() -> Process {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("server.properties");
        let log = home.path().join("log").display().to_string();
        let properties = format!(
            "process.roles=broker,controller\n\
             node.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0\n\
             controller.listener.names=CONTROLLER\n\
             controller.quorum.bootstrap.servers=127.0.0.1:1\n\
             offsets.topic.num.partitions=1\n\
             ottla.durability=os\n\
             log.dirs={log}\n"
        );
        fs::write(&file, properties).unwrap();
        let formatted = Command::new(env!("CARGO_BIN_EXE_ottla"))
            .args(["kafka-storage", "format", "--standalone", "--cluster-id"])
            .args(["b3R0bGEtZGlyZWN0b3JpZXM", "--config"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(formatted.status.success(), "{formatted:?}");
        let ready = home.path().join("ready");
        let mut child = Command::new(env!("CARGO_BIN_EXE_ottla"))
            .arg("start")
            .arg(&file)
            .arg("--ready-file")
            .arg(&ready)
            .stderr(Stdio::from(File::create(home.path().join("said")).unwrap()))
            .spawn()
            .unwrap();
        while !ready.exists() {
            assert!(child.try_wait().unwrap().is_none(), "it has ended");
            std::thread::yield_now();
        }
        let listeners = fs::read_to_string(ready).unwrap();
        let address = listeners
            .lines()
            .find_map(|line| line.strip_prefix("PLAINTEXT="));
        Process {
            address: address.unwrap().parse().unwrap(),
            child,
            home,
        }
    }

    fn client(&self) -> Client {
        Client::connect(self.address)
    }

    fn said(&self) -> String {
        fs::read_to_string(self.home.path().join("said")).unwrap()
    }

    /// Bytes that it has in memory.
    fn resident(&self) -> u64 {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let status = fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap() << 10
    }

    /// Asserts that it has grown by at most so many bytes.
    fn assert_growth(&self, before: u64, limit: u64) {
        let growth = self.resident().saturating_sub(before);
        assert!(growth <= limit, "grown by {growth}, more than {limit}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn garbage_in_a_loop_writes_a_few_lines_without_what_it_was() {
    let process = Process::start();
    let quiet = process.said().lines().count();
    let mut frame = b"\0\0\0\x40\x7f\xff".to_vec();
    frame.extend(CANARY.as_bytes());
    frame.resize(0x44, 0);
    for garbage in [
        frame,
        format!("GET /{CANARY} HTTP/1.1\r\n\r\n").into_bytes(),
        [&[0xff; 4][..], CANARY.as_bytes()].concat(),
    ] {
        for _ in 0..500 {
            let mut stream = TcpStream::connect(process.address).unwrap();
            stream.write_all(&garbage).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
    process.client().call(0, &ApiVersionsRequest::default());
    let said = process.said();
    let lines = said.lines().count() - quiet;
    assert!((2..100).contains(&lines), "{lines} lines: {said}");
    assert!(!said.contains(CANARY), "{said}");
}

#[test]
fn frames_that_declare_much_and_bring_little_take_little() {
    const CONNECTIONS: u64 = 500;
    const BROUGHT: usize = 20 << 10;
    let process = Process::start();
    process.client().call(0, &ApiVersionsRequest::default());
    let before = process.resident();
    let declared = (100_i32 << 20).to_be_bytes();
    let brought = [&declared[..], &[1; BROUGHT]].concat();
    let slow: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = TcpStream::connect(process.address).unwrap();
            stream.write_all(&brought).unwrap();
            stream
        })
        .collect();
    for _ in 0..10 {
        process.client().call(0, &ApiVersionsRequest::default());
    }
    process.assert_growth(before, CONNECTIONS * ((64 << 10) + 2 * BROUGHT as u64));
    drop(slow);
}

#[test]
fn ids_for_producers_cost_nothing_and_producers_little() {
    const IDS: i64 = 20_000;
    let process = Process::start();
    let mut client = process.client();
    client.create_topic("orders", 1, &[]);
    client.idempotent_batch();
    let before = process.resident();
    for _ in 0..IDS {
        client.call(
            5,
            &InitProducerIdRequest {
                producer_id: -1,
                producer_epoch: -1,
                ..InitProducerIdRequest::default()
            },
        );
    }
    process.assert_growth(before, 4 << 20);
    for producer in 0..IDS {
        let options = BatchOptions {
            producer_id: ProducerId(producer),
            producer_epoch: ProducerEpoch(0),
            base_sequence: 0,
            ..BatchOptions::default()
        };
        let request = produce_request("orders", 0, 1, batch_with(options, &["v"]));
        let produced = only_produced(client.call(9, &request));
        assert_eq!(ErrorCode(produced.error_code), ErrorCode::NONE);
    }
    process.assert_growth(before, 1024 * IDS as u64);
}

#[test]
fn groups_that_are_only_asked_for_cost_little() {
    const GROUPS: u64 = 10_000;
    let process = Process::start();
    let mut client = process.client();
    client.find_coordinator("readers");
    let before = process.resident();
    for group in 0..GROUPS {
        let request = JoinGroupRequest {
            group_id: KafkaString::from(format!("group-{group}")),
            session_timeout_ms: 1_800_000,
            rebalance_timeout_ms: i32::MAX,
            protocol_type: KafkaString::from("consumer"),
            protocols: vec![JoinGroupRequestProtocol {
                name: KafkaString::from("range"),
                metadata: vec![7; 10_000].into(),
            }],
            ..JoinGroupRequest::default()
        };
        let joined = client.call(9, &request);
        let error = ErrorCode(joined.error_code);
        assert_eq!(error, ErrorCode::MEMBER_ID_REQUIRED);
    }
    process.assert_growth(before, 4096 * GROUPS);
    client.call(13, &MetadataRequest::default());
}

#[test]
fn readers_who_ask_for_much_and_read_nothing_take_little() {
    const READERS: u64 = 600;
    const MUCH: i32 = 50_000_000;
    let process = Process::start();
    let mut client = process.client();
    client.create_topic("load", 1, &[]);
    let value = "v".repeat(60_000);
    for _ in 0..400 {
        client.produce_values("load", 0, &[&value]);
    }
    let mut request = fetch_request("load", 0, 0);
    request.max_bytes = MUCH;
    request.topics[0].partitions[0].partition_max_bytes = MUCH;
    let frame = request_frame(1, 12, &request);
    let size = (frame.len() as i32).to_be_bytes();
    let frames = [&size[..], &frame].concat().repeat(10);
    let before = process.resident();
    let idle: Vec<TcpStream> = (0..READERS)
        .map(|_| {
            let mut stream = TcpStream::connect(process.address).unwrap();
            stream.write_all(&frames).unwrap();
            stream
        })
        .collect();
    for mut stream in &idle {
        // Its first answer is on its way: what it may cost, it costs by now.
        stream.read_exact(&mut [0; 4]).unwrap();
    }
    process.assert_growth(before, (600 << 20) + READERS * (256 << 10));
}
