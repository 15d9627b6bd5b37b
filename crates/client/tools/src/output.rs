//! What commands print. Nobody may be listening any more (`… | head`): that is no failure, as with
//! Kafka's tools.

/// `println!` that does not mind a closed output.
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($argument)*);
    }};
}
pub(crate) use say;
