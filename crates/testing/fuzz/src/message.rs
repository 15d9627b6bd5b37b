//! Messages and log records.

use bytes::Bytes;
use ottla_messages::group_coordinator_record::{GroupCoordinatorKey, GroupCoordinatorValue};
use ottla_messages::metadata_record::MetadataRecord;
use ottla_messages::share_coordinator_record::{ShareCoordinatorKey, ShareCoordinatorValue};
use ottla_messages::transaction_coordinator_record::{
    TransactionCoordinatorKey, TransactionCoordinatorValue,
};
use ottla_messages::{Message, Reader, Writer, for_each_message};

/// A message type: its name, its versions, and the check of bytes that claim to be such a message.
#[derive(Clone, Copy, Debug)]
pub struct MessageTarget {
    /// Kafka's name of the message.
    pub name: &'static str,
    /// Its first and last version.
    pub versions: (i16, i16),
    /// Whether the bytes are such a message at a version.
    ///
    /// # Panics
    /// When what was read is not written and read again as it was.
    pub check: fn(Bytes, i16) -> bool,
    /// The bytes of the message with every field at its default, where the version can say that.
    pub default: fn(i16) -> Option<Bytes>,
}

macro_rules! targets {
    ($($module:ident::$message:ident,)*) => {
        [$(target::<ottla_messages::$module::$message>()),*]
    };
}

/// Every message type.
pub static MESSAGES: &[MessageTarget] = &for_each_message!(targets);

const fn target<M: Message>() -> MessageTarget {
    MessageTarget {
        name: M::NAME,
        versions: (*M::VALID_VERSIONS.start(), *M::VALID_VERSIONS.end()),
        check: check::<M>,
        default: |version| {
            let mut writer = Writer::new();
            M::default().encode(&mut writer, version).ok()?;
            Some(writer.into_bytes())
        },
    }
}

fn check<M: Message>(bytes: Bytes, version: i16) -> bool {
    let Ok(read) = M::decode(&mut Reader::new(bytes), version) else {
        return false;
    };
    // Bytes are compared, not messages: not-a-number is not equal to itself.
    let written = encoded(&read, version);
    let again = M::decode(&mut Reader::new(written.clone()), version)
        .expect("what was written can be read");
    assert_eq!(encoded(&again, version), written, "{}", M::NAME);
    true
}

fn encoded<M: Message>(message: &M, version: i16) -> Bytes {
    let mut writer = Writer::new();
    message
        .encode(&mut writer, version)
        .expect("what was read at a version can be written at that version");
    writer.into_bytes()
}

/// Two bytes choose the message, one the version; the rest claims to be it.
///
/// # Panics
/// When what was read is not written and read again as it was.
#[must_use]
pub fn message(data: &[u8]) -> bool {
    let Some((&[high, low, version], rest)) = data.split_first_chunk() else {
        return false;
    };
    let chosen = usize::from(u16::from_be_bytes([high, low])) % MESSAGES.len();
    let Some(target) = MESSAGES.get(chosen) else {
        return false;
    };
    let (first, last) = target.versions;
    let version = first + i16::from(version) % (last - first + 1);
    (target.check)(Bytes::copy_from_slice(rest), version)
}

/// One byte chooses the log; the rest claims to be a value of the metadata log, or a coordinator's
/// key, or a coordinator's value of the type that the next byte says.
///
/// # Panics
/// When what was read cannot be written.
#[must_use]
pub fn log_record(data: &[u8]) -> bool {
    let Some((log, rest)) = data.split_first() else {
        return false;
    };
    let bytes = Bytes::copy_from_slice(rest);
    let typed = rest
        .split_first()
        .map(|(record_type, rest)| (i16::from(*record_type), Bytes::copy_from_slice(rest)));
    // Each arm: read, and write what was read.
    let written = match (log % 7, typed) {
        (0, _) => MetadataRecord::decode_value(bytes)
            .ok()
            .map(|(record, version)| record.encode_value(version)),
        (1, _) => GroupCoordinatorKey::decode_key(bytes)
            .ok()
            .flatten()
            .map(|key| key.encode_key()),
        (2, _) => TransactionCoordinatorKey::decode_key(bytes)
            .ok()
            .flatten()
            .map(|key| key.encode_key()),
        (3, _) => ShareCoordinatorKey::decode_key(bytes)
            .ok()
            .flatten()
            .map(|key| key.encode_key()),
        (4, Some((record_type, value))) => GroupCoordinatorValue::decode_value(record_type, value)
            .ok()
            .map(|(value, version)| value.encode_value(version)),
        (5, Some((record_type, value))) => {
            TransactionCoordinatorValue::decode_value(record_type, value)
                .ok()
                .map(|(value, version)| value.encode_value(version))
        }
        (_, Some((record_type, value))) => ShareCoordinatorValue::decode_value(record_type, value)
            .ok()
            .map(|(value, version)| value.encode_value(version)),
        (_, None) => None,
    };
    match written {
        None => false,
        Some(written) => {
            written.expect("what was read can be written");
            true
        }
    }
}

#[cfg(test)]
mod tests;
