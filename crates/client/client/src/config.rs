//! Settings of clients: Kafka's names, defaults and checks, as typed fields.
//!
//! A setting can be given three ways: as a field, by a method of its name (`linger_ms(…)`), or by
//! Kafka's name as text (`set("linger.ms", "20")`), which is how property files come in.

mod client;
mod consumer;
mod producer;
mod value;

pub use client::{AdminConfig, ClientConfig};
pub use consumer::{ConsumerConfig, IsolationLevel, OffsetResetPolicy};
pub use producer::{Acks, ProducerConfig};
pub use value::ConfigError;

pub(crate) use value::FromText;

/// Whether a setting given by name has an effect.
///
/// ```
/// use ottla_client::{Applied, ProducerConfig};
///
/// let mut config = ProducerConfig::new("localhost:9092");
/// assert_eq!(config.set("linger.ms", "20")?, Applied::Used);
/// assert!(config.set("linger.ms", "soon").is_err());
/// assert_eq!(config.set("metric.reporters", "")?, Applied::NotUsed);
/// # Ok::<(), ottla_client::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was taken over.
    Used,
    /// No setting of this client has that name, or it changes nothing here. Kafka's clients warn of
    /// such settings and go on.
    NotUsed,
}

/// Declares a group of settings: the struct, its defaults, one method per setting, and `set`.
macro_rules! settings {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$doc:meta])* $field:ident: $kind:ty = $default:expr, $key:literal; )*
        }
        $( within $outer:ident: $outer_kind:ty )?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(
                /// What all clients have.
                pub $outer: $outer_kind,
            )?
            $( $(#[$doc])* pub $field: $kind, )*
        }

        impl Default for $name {
            fn default() -> Self {
                $name {
                    $( $outer: <$outer_kind>::default(), )?
                    $( $field: $default, )*
                }
            }
        }

        impl $name {
            $(
                #[doc = concat!("Sets `", $key, "`.")]
                #[must_use]
                pub fn $field(mut self, value: $kind) -> Self {
                    self.$field = value;
                    self
                }
            )*

            /// Sets one setting by Kafka's name.
            ///
            /// # Errors
            /// When the value is none of that setting's, or the setting asks for protection or
            /// behaviour that this client does not have.
            pub fn set(
                &mut self,
                key: &str,
                value: &str,
            ) -> Result<$crate::config::Applied, $crate::ConfigError> {
                use $crate::config::{Applied, FromText};
                match key {
                    $( $key => self.$field = FromText::from_text(key, value)?, )*
                    _ => {
                        $( return self.$outer.set(key, value); )?
                        #[allow(unreachable_code)]
                        return $crate::config::value::refuse(key, value)
                            .map(|()| Applied::NotUsed);
                    }
                }
                Ok(Applied::Used)
            }
        }
    };
}
use settings;

#[cfg(test)]
mod tests;
