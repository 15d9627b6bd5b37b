//! Zig-zag variable-length integers, and a reader of slices that never panics.

/// Appends `value` as a varint or varlong (their bytes are the same for values that fit both).
pub(crate) fn write_varlong(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The bytes that [`write_varlong`] takes for `value`.
pub(crate) fn size_of_varlong(value: i64) -> usize {
    let zigzag = ((value << 1) ^ (value >> 63)) as u64;
    let bits = 64 - (zigzag | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Reads forward over a slice; `None` means that the bytes end early or are malformed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SliceReader<'a> {
    rest: &'a [u8],
}

impl SliceReader<'static> {
    pub(crate) const EMPTY: SliceReader<'static> = SliceReader { rest: &[] };
}

impl<'a> SliceReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        SliceReader { rest: bytes }
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    #[inline]
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// A varint of at most five bytes.
    #[inline]
    pub(crate) fn varint(&mut self) -> Option<i32> {
        let raw = self.uvarlong(5)?;
        let raw = u32::try_from(raw).ok()?;
        Some((raw >> 1) as i32 ^ -((raw & 1) as i32))
    }

    /// A varlong of at most ten bytes.
    #[inline]
    pub(crate) fn varlong(&mut self) -> Option<i64> {
        let raw = self.uvarlong(10)?;
        Some((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// Numbers of one and two bytes are nearly all that batches have, so they are read without a
    /// loop.
    #[inline(always)]
    fn uvarlong(&mut self, bytes_max: u32) -> Option<u64> {
        match *self.rest {
            [first, ref rest @ ..] if first < 0x80 => {
                self.rest = rest;
                Some(u64::from(first))
            }
            [first, second, ref rest @ ..] if second < 0x80 => {
                self.rest = rest;
                Some(u64::from(first & 0x7f) | u64::from(second) << 7)
            }
            _ => self.uvarlong_of_many_bytes(bytes_max),
        }
    }

    #[inline(never)]
    fn uvarlong_of_many_bytes(&mut self, bytes_max: u32) -> Option<u64> {
        let mut value = 0;
        for position in 0..bytes_max {
            let byte = self.byte()?;
            // The tenth byte of a 64-bit number holds one bit.
            if position == 9 && byte > 1 {
                return None;
            }
            value |= u64::from(byte & 0x7f) << (7 * position);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A length of a nullable field: `Some(None)` for -1, `None` for anything below.
    #[inline]
    pub(crate) fn nullable(&mut self) -> Option<Option<&'a [u8]>> {
        match self.varint()? {
            -1 => Some(None),
            length => Some(Some(self.take(usize::try_from(length).ok()?)?)),
        }
    }
}

#[cfg(test)]
mod tests;
