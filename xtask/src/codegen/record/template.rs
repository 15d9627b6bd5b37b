//! The texts that the modules of log records are made of. `ENUM` stands for the name of the enum.

/// Functions of every enum of records.
pub const DECODE: &str = "
    /// Reads the body of a record of a known type and version.
    ///
    /// # Errors
    /// When the type or the version is unknown, or the bytes are not such a record.
    pub fn decode(
        record_type: i16,
        reader: &mut Reader,
        version: i16,
    ) -> Result<Self, DecodeError> {
        Ok(match record_type {
ARMS            unknown => return Err(DecodeError::UnknownRecordType(unknown)),
        })
    }
";

/// As above.
pub const ENCODE: &str = "
    /// Writes the body of the record.
    ///
    /// # Errors
    /// When a field is set that the version lacks, or is too long.
    pub fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        match self {
ARMS        }
    }
";

/// As above.
pub const RECORD_TYPE: &str = "\
    /// The number of its type of record.
    #[must_use]
    pub fn record_type(&self) -> i16 {
        match self {
ARMS        }
    }
";

/// As above.
pub const VALID_VERSIONS: &str = "
    /// The versions of a type of record; `None` for an unknown number.
    #[must_use]
    pub fn valid_versions(record_type: i16) -> Option<RangeInclusive<i16>> {
        Some(match record_type {
ARMS            _ => return None,
        })
    }
";

/// Functions of records in a frame.
pub const FRAMED: &str = "
    /// Reads a record's value: frame version, type, version, body. Returns the version too.
    ///
    /// # Errors
    /// When anything of it is unknown, or bytes are left over.
    pub fn decode_value(value: Bytes) -> Result<(Self, i16), DecodeError> {
        decode_frame(value, Self::decode)
    }

    /// Writes a record's value: frame version, type, version, body.
    ///
    /// # Errors
    /// When a field is set that the version lacks, or is too long.
    pub fn encode_value(&self, version: i16) -> Result<Bytes, EncodeError> {
        encode_frame(self.record_type(), version, |writer| {
            self.encode(writer, version)
        })
    }
";

/// Functions of a coordinator's keys.
pub const KEY: &str = "
    /// Reads a key: type, body. `None` for an unknown type, which a loader skips.
    ///
    /// # Errors
    /// When the bytes are not such a key.
    pub fn decode_key(key: Bytes) -> Result<Option<Self>, DecodeError> {
        let mut reader = Reader::new(key);
        match Self::decode(reader.read_i16()?, &mut reader, 0) {
            Ok(key) => Ok(Some(key)),
            Err(DecodeError::UnknownRecordType(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a key: type, body.
    ///
    /// # Errors
    /// When a field is too long.
    pub fn encode_key(&self) -> Result<Bytes, EncodeError> {
        let mut writer = Writer::new();
        writer.write_i16(self.record_type());
        self.encode(&mut writer, 0)?;
        Ok(writer.into_bytes())
    }
";

/// Functions of a coordinator's values.
pub const VALUE: &str = "
    /// Reads the value that follows a key of `record_type`: version, body. Returns the version
    /// too.
    ///
    /// # Errors
    /// When the type or the version is unknown, or the bytes are not such a value.
    pub fn decode_value(record_type: i16, value: Bytes) -> Result<(Self, i16), DecodeError> {
        let mut reader = Reader::new(value);
        let version = reader.read_i16()?;
        Ok((Self::decode(record_type, &mut reader, version)?, version))
    }

    /// Writes a value: version, body.
    ///
    /// # Errors
    /// When a field is set that the version lacks, or is too long.
    pub fn encode_value(&self, version: i16) -> Result<Bytes, EncodeError> {
        let mut writer = Writer::new();
        writer.write_i16(version);
        self.encode(&mut writer, version)?;
        Ok(writer.into_bytes())
    }
";

/// What makes a message a record of the enum.
pub const CONVERSION: &str = "
impl MESSAGE {
    /// The number of this type of record.
    pub const RECORD_TYPE: i16 = NUMBER;
}

impl From<MESSAGE> for ENUM {
    fn from(record: MESSAGE) -> Self {
        ENUM::VARIANT(record)
    }
}
";
