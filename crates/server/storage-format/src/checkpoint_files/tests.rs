//! Files that Kafka 4.3.1 has formatted, byte by byte. Kafka takes the time anew for every batch.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ottla_metadata::MetadataVersion;

use super::*;
use crate::{FeatureLevels, bootstrap_records, parse_initial_controllers};

const BOOTSTRAP_CHECKPOINT: &str = "\
    0000000000000000000000470000000002c65afb4b002000000000000001a1f9\
    4de23c000001a1f94de23cffffffffffffffffffffffffffff000000012a0000\
    000800000003160000000000000000000000000000000000000001000000f100\
    000000029053b8e2000000000005000001a1f94de283000001a1f94de283ffff\
    ffffffffffffffffffffffff000000063a000000012e010c00116d6574616461\
    74612e76657273696f6e001e00005a000002014e010c0021656c696769626c65\
    2e6c65616465722e7265706c696361732e76657273696f6e0001000034000004\
    0128010c000e67726f75702e76657273696f6e00010000340000060128010c00\
    0e73686172652e76657273696f6e0001000038000008012c010c001073747265\
    616d732e76657273696f6e000100004000000a0134010c00147472616e736163\
    74696f6e2e76657273696f6e0002000000000000000000070000003f00000000\
    02d2741e37002000000000000001a1f94de284000001a1f94de284ffffffffff\
    ffffffffffffffffff000000011a00000008000000040600000000";

const BOOTSTRAP_SNAPSHOT: &str = "\
    00000000000000000000009a000000000285b46022002000000002000001a1f9\
    4de297000001a1f94de297ffffffffffffffffffffffffffff000000032a0000\
    000800000003160000000001a1f94de28e00001e00000208000000050a000000\
    010000820100000408000000066e00000200000001aba1669eb717464099843e\
    872274a8c1020b434f4e54524f4c4c45520a3132372e302e302e317384000000\
    00010000000000000000000000030000003f000000000238a18a990020000000\
    00000001a1f94de29d000001a1f94de29dffffffffffffffffffffffffffff00\
    0000011a00000008000000040600000000";

fn hex(parts: &[&[u8]]) -> String {
    let mut shown = String::new();
    for byte in parts.concat() {
        write!(shown, "{byte:02x}").unwrap();
    }
    shown
}

#[test]
fn the_bootstrap_checkpoint_is_kafkas() {
    let latest = MetadataVersion::LATEST_PRODUCTION;
    let levels = FeatureLevels::new(None, &BTreeMap::new(), true, latest).unwrap();
    let records = bootstrap_records(&levels);
    let (first, second, third) = (1_795_183_993_404, 1_795_183_993_475, 1_795_183_993_476);
    let header = bootstrap_checkpoint(&records, TimestampMs(first));
    let data = data_batch(&records, TimestampMs(second));
    let footer = footer_batch(Offset(7), TimestampMs(third));
    assert_eq!(hex(&[&header[..83], &data, &footer]), BOOTSTRAP_CHECKPOINT);
    let whole = bootstrap_checkpoint(&records, TimestampMs(first));
    assert_eq!(whole.len() * 2, BOOTSTRAP_CHECKPOINT.len());
}

#[test]
fn the_snapshot_of_the_voters_is_kafkas() {
    let voters = parse_initial_controllers("1@127.0.0.1:29572:q6FmnrcXRkCZhD6HInSowQ").unwrap();
    let (formatted_at, now) = (1_795_183_993_486, 1_795_183_993_495);
    let batch = voters_batch(
        &voters,
        "controller",
        TimestampMs(formatted_at),
        TimestampMs(now),
    );
    let footer = footer_batch(Offset(3), TimestampMs(1_795_183_993_501));
    assert_eq!(hex(&[&batch, &footer]), BOOTSTRAP_SNAPSHOT);
    let whole = bootstrap_snapshot(&voters, "CONTROLLER", TimestampMs(now));
    assert_eq!(whole.len() * 2, BOOTSTRAP_SNAPSHOT.len());
}
