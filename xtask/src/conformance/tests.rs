//! Tests of the tables: names are unique and what is accepted exists.

use std::collections::BTreeSet;

use super::accepted::DIFFERENCES;
use super::clients::CLIENTS;
use super::page;
use super::scenarios::SCENARIOS;

#[test]
fn scenarios_and_clients_have_names_of_their_own() {
    let scenarios: BTreeSet<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    assert_eq!(scenarios.len(), SCENARIOS.len());
    let clients: BTreeSet<&str> = CLIENTS.iter().map(|client| client.name).collect();
    assert_eq!(clients.len(), CLIENTS.len());
}

#[test]
fn every_accepted_difference_names_a_scenario_and_a_client() {
    for difference in DIFFERENCES {
        assert!(
            SCENARIOS
                .iter()
                .any(|scenario| scenario.name == difference.scenario)
        );
        let named = CLIENTS
            .iter()
            .any(|client| client.name == difference.client);
        assert!(named || difference.client == "tools");
    }
}

#[test]
fn the_page_has_a_row_for_every_scenario() {
    let page = page::page();
    for scenario in SCENARIOS {
        assert!(page.contains(scenario.title), "{}", scenario.name);
    }
}

#[test]
fn the_page_in_docs_is_fresh() {
    let fails_when_stale = std::env::var_os("UPDATE").is_none();
    let tally = page::check(fails_when_stale).unwrap();
    assert_eq!(
        tally.failed, 0,
        "stale: UPDATE=1 cargo test -p xtask conformance"
    );
}
