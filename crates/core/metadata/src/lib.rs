//! Metadata records to image and delta.
