//! Record batches: header, read, build, compress, checksum.
