//! One replica of a partition: marks, high watermark, producer state, waiting producers.
