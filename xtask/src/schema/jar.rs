//! Reads members of a jar (a zip file), as far as Maven's jars go: stored or deflated, no zip64.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};

const END_OF_DIRECTORY: [u8; 4] = *b"PK\x05\x06";
const DIRECTORY_ENTRY: [u8; 4] = *b"PK\x01\x02";
const LOCAL_HEADER_LENGTH: usize = 30;

/// The members of the jar whose path `wanted` accepts, as (path, content).
pub fn read_members(
    jar: &Path,
    wanted: impl Fn(&str) -> bool,
) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let bytes = fs::read(jar).with_context(|| jar.display().to_string())?;
    members(&bytes, wanted).with_context(|| format!("{} is not a jar", jar.display()))
}

fn members(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let end = bytes
        .windows(4)
        .rposition(|window| window == END_OF_DIRECTORY)
        .context("no end of central directory")?;
    let count = number(bytes, end + 10, 2)?;
    let mut position = number(bytes, end + 16, 4)?;
    let mut found = Vec::new();
    for _ in 0..count {
        if slice(bytes, position, 4)? != DIRECTORY_ENTRY {
            bail!("no directory entry at {position}");
        }
        let name_length = number(bytes, position + 28, 2)?;
        let name = String::from_utf8_lossy(slice(bytes, position + 46, name_length)?).into_owned();
        if wanted(&name) {
            found.push((name, content(bytes, position)?));
        }
        position +=
            46 + name_length + number(bytes, position + 30, 2)? + number(bytes, position + 32, 2)?;
    }
    Ok(found)
}

fn content(bytes: &[u8], entry: usize) -> anyhow::Result<Vec<u8>> {
    let method = number(bytes, entry + 10, 2)?;
    let length = number(bytes, entry + 20, 4)?;
    let local = number(bytes, entry + 42, 4)?;
    let start =
        local + LOCAL_HEADER_LENGTH + number(bytes, local + 26, 2)? + number(bytes, local + 28, 2)?;
    let packed = slice(bytes, start, length)?;
    match method {
        0 => Ok(packed.to_vec()),
        8 => {
            let mut content = Vec::new();
            flate2::read::DeflateDecoder::new(packed).read_to_end(&mut content)?;
            Ok(content)
        }
        other => bail!("compression method {other}"),
    }
}

fn slice(bytes: &[u8], start: usize, length: usize) -> anyhow::Result<&[u8]> {
    bytes
        .get(start..start + length)
        .context("the file ends too early")
}

fn number(bytes: &[u8], start: usize, width: usize) -> anyhow::Result<usize> {
    let digits = slice(bytes, start, width)?;
    Ok(digits
        .iter()
        .rev()
        .fold(0, |value, digit| value << 8 | usize::from(*digit)))
}
