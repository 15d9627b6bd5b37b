//! Our tables of API keys and errors, in the lines that `MessageOracle` prints of Kafka's.

use ottla_messages::{ApiKey, ErrorCode};

/// Numbers of errors that are looked for.
const ERRORS: std::ops::RangeInclusive<i16> = -1..=999;

/// One line per API key and error.
pub fn ours() -> Vec<String> {
    let keys = ApiKey::ALL.into_iter().map(|key| {
        let versions = key.valid_versions();
        let headers: String = versions
            .clone()
            .map(|version| {
                let request = key.request_header_version(version);
                let response = key.response_header_version(version);
                format!("{request}/{response},")
            })
            .collect();
        format!(
            "api {} {} {}-{} unstable={} broker={} controller={} headers={headers}",
            key as i16,
            key.name(),
            versions.start(),
            versions.end(),
            key.latest_version_unstable(),
            key.is_on_broker(),
            key.is_on_controller(),
        )
    });
    let errors = ERRORS.filter_map(|number| {
        let code = ErrorCode(number);
        let name = code.name()?;
        Some(format!(
            "error {number} {name} retriable={}",
            code.is_retriable()
        ))
    });
    keys.chain(errors).collect()
}

/// The lines that only one side has: ours after `-`, Kafka's after `+`.
pub fn differences(ours: &[String], theirs: &[String]) -> Vec<String> {
    let only = |these: &[String], those: &[String], sign: char| -> Vec<String> {
        these
            .iter()
            .filter(|line| !those.contains(line))
            .map(|line| format!("{sign} {line}"))
            .collect()
    };
    let mut differences = only(ours, theirs, '-');
    differences.extend(only(theirs, ours, '+'));
    differences
}
