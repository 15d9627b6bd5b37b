//! The frame around a record of the metadata log: frame version, type, version, body (KIP-631).

use bytes::Bytes;

use crate::{DecodeError, EncodeError, Reader, Writer};

const FRAME_VERSION: u32 = 1;

/// Reads a framed record and its version with `decode(record_type, reader, version)`.
pub(crate) fn decode_frame<Record>(
    value: Bytes,
    decode: impl FnOnce(i16, &mut Reader, i16) -> Result<Record, DecodeError>,
) -> Result<(Record, i16), DecodeError> {
    let mut reader = Reader::new(value);
    let frame_version = reader.read_unsigned_varint()?;
    if frame_version != FRAME_VERSION {
        return Err(DecodeError::UnknownFrameVersion(frame_version));
    }
    let record_type = read_short(&mut reader)?;
    let version = read_short(&mut reader)?;
    let record = decode(record_type, &mut reader, version)?;
    match reader.remaining() {
        0 => Ok((record, version)),
        left => Err(DecodeError::BytesLeft(left)),
    }
}

fn read_short(reader: &mut Reader) -> Result<i16, DecodeError> {
    let number = reader.read_unsigned_varint()?;
    i16::try_from(number).map_err(|_| DecodeError::InvalidLength(i64::from(number)))
}

/// Writes a framed record whose body `encode` writes.
pub(crate) fn encode_frame(
    record_type: i16,
    version: i16,
    encode: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
) -> Result<Bytes, EncodeError> {
    let mut writer = Writer::new();
    writer.write_unsigned_varint(FRAME_VERSION);
    // Neither is negative: types are the generated ones, and `encode` refuses unknown versions.
    writer.write_unsigned_varint(u32::from(record_type.unsigned_abs()));
    writer.write_unsigned_varint(u32::from(version.unsigned_abs()));
    encode(&mut writer)?;
    Ok(writer.into_bytes())
}
