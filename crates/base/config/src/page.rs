//! The page that tells users which keys there are and what ottla makes of each.

use std::fmt::Write as _;

use crate::dynamic::is_file_only;
use crate::key::{Key, Preset, Status, UpdateMode};
use crate::table::{broker_keys, client_metrics_keys, group_keys, throttles, topic_keys};

const OPENING: &str = "# Configuration\n\n\
     Written from the table of keys in `crates/base/config`; `UPDATE=1 cargo test -p \
     ottla-config` writes it anew.\n\n\
     ottla reads Kafka's `server.properties` with Kafka's keys, defaults and checks. What it \
     makes of a key is its status:\n\n\
     * **honoured**: it does what it does in Kafka.\n\
     * **honoured in part**: it does what it does in Kafka but for what its meaning says; the \
     log warns where that is asked for.\n\
     * **without meaning here**: it steers something that ottla does not have; it is accepted, \
     and nothing is lost.\n\
     * **not yet**: it has no effect; a start that finds it set to anything but its default \
     warns.\n\
     * **protects**: it protects the node or its data and is not implemented; a start that \
     finds it set to anything but its default is refused. A key of TLS or SASL (`ssl.*`, \
     `sasl.*`) protects nothing as long as no listener uses them: then a start warns. A \
     listener that does is refused.\n\n\
     A key that is in no table gets a warning with the name that may have been meant. Changed \
     *while running* means through `kafka-configs`.\n";

/// The text of `docs/configuration.md`.
#[must_use]
pub fn configuration_page() -> String {
    let mut page = String::from(OPENING);
    let visible = |key: &&Key| !key.internal;
    let (own, kafkas): (Vec<&Key>, Vec<&Key>) = broker_keys()
        .filter(visible)
        .partition(|key| key.name.starts_with("ottla."));
    write_table(&mut page, "Keys of ottla's own", &own);
    write_table(
        &mut page,
        "Keys of a topic",
        &topic_keys().filter(visible).collect::<Vec<_>>(),
    );
    for (status, title) in [
        (
            Status::Honoured,
            "Keys of a broker or controller that are honoured",
        ),
        (
            Status::HonouredInPart,
            "Keys of a broker or controller that are honoured in part",
        ),
        (
            Status::Protects,
            "Keys of a broker or controller that protect and refuse the start",
        ),
        (
            Status::NotYet,
            "Keys of a broker or controller that have no effect yet",
        ),
        (
            Status::WithoutMeaning,
            "Keys of a broker or controller without meaning here",
        ),
    ] {
        let keys: Vec<&Key> = kafkas
            .iter()
            .copied()
            .filter(|key| key.status == status)
            .collect();
        write_table(&mut page, title, &keys);
    }
    for (title, keys) in [
        (
            "Keys of a broker that can be set only while it runs",
            throttles().collect::<Vec<_>>(),
        ),
        ("Keys of a group", group_keys().collect()),
        (
            "Keys of a subscription of client metrics",
            client_metrics_keys().collect(),
        ),
    ] {
        write_table(&mut page, title, &keys);
    }
    page
}

fn write_table(page: &mut String, title: &str, keys: &[&Key]) {
    let say = "writing to a String never fails";
    write!(page, "\n## {title}\n\n").expect(say);
    page.push_str(
        "| key | type | default | changed | status | meaning |\n|---|---|---|---|---|---|\n",
    );
    for key in keys {
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            key.name,
            key.kind.name().to_lowercase(),
            preset(key),
            changed(key),
            status(key.status),
            key.documentation.replace('|', "\\|"),
        )
        .expect(say);
    }
}

fn preset(key: &Key) -> String {
    match key.preset {
        Preset::Required => "(required)".to_owned(),
        Preset::Null => "(none)".to_owned(),
        Preset::Is("") => "(empty)".to_owned(),
        Preset::Is(text) => format!("`{text}`"),
    }
}

fn changed(key: &Key) -> &'static str {
    let is_brokers = broker_keys().any(|one| std::ptr::eq(one, key));
    match key.update_mode {
        _ if !is_brokers => "while running",
        UpdateMode::ReadOnly => "at start",
        _ if is_file_only(key.name) => "at start",
        UpdateMode::PerBroker => "while running, per broker",
        UpdateMode::ClusterWide => "while running",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Honoured => "honoured",
        Status::HonouredInPart => "honoured in part",
        Status::WithoutMeaning => "without meaning here",
        Status::NotYet => "not yet",
        Status::Protects => "protects",
    }
}

#[cfg(test)]
mod tests;
