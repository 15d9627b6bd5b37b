//! Groups: members come and go, offsets stay.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Scenario, Who};
use crate::conformance::bench::{
    Bench, expect, expect_equal, expect_error, expect_records, is_balanced, settle,
};
use crate::conformance::clients::Ability;
use crate::driver::{Driver, Record, Writing};

pub(super) const COMMIT_AND_RESUME: Scenario = Scenario {
    name: "commit-and-resume",
    title: "a group commits and goes on where it was",
    needs: &[Ability::Groups],
    run: Who::Client(commit_and_resume),
};

pub(super) const MEMBERS: Scenario = Scenario {
    name: "members",
    title: "members come and go",
    needs: &[Ability::Groups, Ability::Members],
    run: Who::Client(members),
};

pub(super) const STATIC_MEMBERS: Scenario = Scenario {
    name: "static-members",
    title: "a static member restarts without a rebalance",
    needs: &[Ability::Groups, Ability::Members, Ability::StaticMembers],
    run: Who::Client(static_members),
};

pub(super) const ADMINISTRATION: Scenario = Scenario {
    name: "group-administration",
    title: "list, describe and delete groups",
    needs: &[Ability::Groups, Ability::GroupAdministration],
    run: Who::Client(administration),
};

const PARTITIONS: i64 = 4;

fn numbered(range: std::ops::Range<usize>) -> Vec<Record> {
    range
        .map(|n| Record::of(n as i64 % PARTITIONS, format!("value {n}")))
        .collect()
}

/// Waits for so many records of a member.
fn take(driver: &mut Driver, count: usize) -> anyhow::Result<Vec<Record>> {
    driver.poll(count, 20_000)?;
    Ok(driver.polled()?.records)
}

fn commit_and_resume(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", 1, &[])?;
    let group = bench.name("g");
    let written: Vec<Record> = (0..20)
        .map(|n| Record::of(0, format!("value {n}")))
        .collect();
    driver.produce(&topic, &written, Writing::default())?;
    driver.join(&group, &topic, None)?;
    let (first, second) = written.split_at(10);
    expect_records(&take(driver, 10)?, first)?;
    driver.call(&json!({ "op": "commit" }))?;
    driver.call(&json!({ "op": "leave" }))?;
    if let Driver::Program(_) = driver {
        let committed =
            json!({ "op": "committed", "group": group, "topic": topic, "partition": 0 });
        expect_equal("committed", &driver.number(&committed, "offset")?, &10)?;
    }
    let mut other = bench.driver()?;
    other.join(&group, &topic, None)?;
    expect_records(&take(&mut other, 10)?, second)?;
    other.call(&json!({ "op": "leave" }))?;
    Ok(())
}

fn members(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", PARTITIONS as u32, &[])?;
    let group = bench.name("g");
    let balanced = |assignments: &[Vec<i64>]| is_balanced(assignments, PARTITIONS as usize);
    driver.produce(&topic, &numbered(0..40), Writing::default())?;
    driver.join(&group, &topic, None)?;
    let mut seen = settle(&mut [driver], balanced)?;
    while values(&seen).len() < 40 {
        seen.extend(take(driver, 1)?);
    }
    driver.call(&json!({ "op": "commit" }))?;

    let mut second = bench.driver()?;
    second.join(&group, &topic, None)?;
    seen.extend(settle(&mut [driver, &mut second], balanced)?);
    bench
        .driver()?
        .produce(&topic, &numbered(40..80), Writing::default())?;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while values(&seen).len() < 80 && std::time::Instant::now() < deadline {
        seen.extend(settle(&mut [driver, &mut second], balanced)?);
    }
    expect_equal("values that both saw", &values(&seen).len(), &80)?;
    driver.call(&json!({ "op": "commit" }))?;
    second.call(&json!({ "op": "commit" }))?;

    second.call(&json!({ "op": "leave" }))?;
    settle(&mut [driver], balanced)?;
    driver.call(&json!({ "op": "leave" }))?;
    Ok(())
}

fn values(records: &[Record]) -> BTreeSet<Vec<u8>> {
    records
        .iter()
        .filter_map(|record| record.value.clone())
        .collect()
}

fn static_members(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    let topic = bench.topic(driver, "t", PARTITIONS as u32, &[])?;
    let group = bench.name("g");
    let balanced = |assignments: &[Vec<i64>]| is_balanced(assignments, PARTITIONS as usize);
    driver.join(&group, &topic, Some("first"))?;
    let mut second = bench.driver()?;
    second.join(&group, &topic, Some("second"))?;
    settle(&mut [driver, &mut second], balanced)?;
    second.poll(0, 100)?;
    let owned = second.polled()?.assignment;
    // It goes without a word: nobody takes its partitions while its session lasts.
    drop(second);
    let mut again = bench.driver()?;
    again.join(&group, &topic, Some("second"))?;
    driver.poll(0, 500)?;
    let untouched = driver.polled()?.assignment;
    settle(&mut [driver, &mut again], balanced)?;
    again.poll(0, 100)?;
    expect_equal(
        "what it owns after its return",
        &again.polled()?.assignment,
        &owned,
    )?;
    expect("the other keeps its own", untouched.len() == 2)?;
    again.call(&json!({ "op": "leave" }))?;
    driver.call(&json!({ "op": "leave" }))?;
    Ok(())
}

fn administration(bench: &Bench<'_>, driver: &mut Driver) -> anyhow::Result<()> {
    const GROUP_ID_NOT_FOUND: i64 = 69;
    const NON_EMPTY_GROUP: i64 = 68;
    let topic = bench.topic(driver, "t", 1, &[])?;
    let group = bench.name("g");
    let describe = json!({ "op": "describe_group", "group": group });
    let delete = json!({ "op": "delete_group", "group": group });
    driver.produce(&topic, &[Record::of(0, "one")], Writing::default())?;
    driver.join(&group, &topic, None)?;
    take(driver, 1)?;
    driver.call(&json!({ "op": "commit" }))?;
    let found = driver.call(&describe)?;
    expect_equal(
        "the group",
        &found,
        &json!({ "state": "Stable", "members": 1 }),
    )?;
    expect(
        "it is listed",
        driver.names("list_groups", "groups")?.contains(&group),
    )?;
    expect_error(
        "deleting it with its member",
        driver.call(&delete),
        &[NON_EMPTY_GROUP],
    )?;
    driver.call(&json!({ "op": "leave" }))?;
    let found = driver.call(&describe)?;
    expect_equal(
        "the group",
        &found,
        &json!({ "state": "Empty", "members": 0 }),
    )?;
    driver.call(&delete)?;
    expect(
        "it is gone",
        !driver.names("list_groups", "groups")?.contains(&group),
    )?;
    expect_error(
        "deleting it again",
        driver.call(&delete),
        &[GROUP_ID_NOT_FOUND],
    )
}
