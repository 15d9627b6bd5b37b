//! Ids that nobody else has.

use std::fs::File;
use std::io::{self, Read};

use ottla_types::Uuid;

/// A random id in the form Kafka makes them: version 4, not reserved, its text not starting with a
/// dash, so that it can stand on a command line.
///
/// # Errors
/// If the system gives no random bytes.
pub fn random_uuid() -> io::Result<Uuid> {
    let mut source = File::open("/dev/urandom")?;
    loop {
        let mut bytes = [0; 16];
        source.read_exact(&mut bytes)?;
        let bits = u128::from_be_bytes(bytes);
        let bits = (bits & !(0xf << 76)) | (0x4 << 76);
        let id = Uuid((bits & !(0x3 << 62)) | (0x2 << 62));
        if !id.is_reserved() && !id.to_string().starts_with('-') {
            return Ok(id);
        }
    }
}
