//! The language of the schema files that the wire crate is generated from: model, reader, printer.

mod directory;
mod model;
mod text;
mod versions;

pub use directory::{Area, read_directory};
pub use model::{Field, FieldType, Kind, MessageSchema, StructSchema, Tag};
pub use text::{parse, print};
pub use versions::Versions;
