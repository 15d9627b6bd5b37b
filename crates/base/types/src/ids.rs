//! Identifiers of nodes, producers and requests.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), none = $none:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// What Kafka's wire and files write where there is none.
            pub const NONE: $name = $name($none);
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                $name(value)
            }
        }
    };
}
pub(crate) use id;

id! {
    /// The id of a broker or controller (`node.id`); never negative for a real node.
    NodeId(i32), none = -1
}
id! {
    /// The id of an idempotent or transactional producer.
    ProducerId(i64), none = -1
}
id! {
    /// The epoch of a producer id; a higher one fences the lower ones.
    ProducerEpoch(i16), none = -1
}
id! {
    /// Names one request between a shell and a machine; unique per machine, chosen by the shell.
    RequestId(u64), none = u64::MAX
}
