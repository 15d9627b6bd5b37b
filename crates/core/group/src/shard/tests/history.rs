//! Random histories: nothing that clients send breaks a shard, and the log alone gives its state
//! again (a `World` compares that as it goes).

use ottla_coordinator::Entry;
use ottla_machine::Random;
use ottla_script::Command;

use super::world::{LogEntry, World, replay};

/// What may happen, with choices in braces.
const DEEDS: &[&str] = &[
    "join {group} version={3|4|9} member={member} protocols={range|range,sticky|sticky,range} \
     session={6000|30000} rebalance={5000|60000} topics={t|t,u}",
    "join {group} version=9 member={member} session=10000",
    "join {group} version=3 rebalance=4000",
    "join {group} version={5|9} instance={i1|i2} protocols={range|sticky,range}",
    "join {group} member={member} instance={i1|i2}",
    "sync {group} member={member} generation={1|2|3|4|5} assign={member}:a,{member}:b",
    "sync {group} member={member} generation={1|2|3|4|5} protocol={range|sticky}",
    "heartbeat {group} member={member} generation={1|2|3|4|5}",
    "heartbeat {group} member={member} generation={1|2|3} instance={i1|i2}",
    "leave {group} member={member}",
    "leave {group} member={member} instance={i1|i2}",
    "commit {group} member={member} generation={-1|1|2|3|4} {t-0|t-1|u-0}={1|2|3}",
    "commit {group} {t-0|t-1|u-0}={4|5} id={0|7} retention={-1|1000}",
    "commit {group} t-0={-1|9223372036854775807} \
     retention={-2|9223372036854775807|-9223372036854775808}",
    "join {group} version={0|3} member={member} rebalance={-5|2147483647} session=1800000",
    "heartbeat {group} member={member} generation={-2147483648|2147483647}",
    "fetch {group}",
    "delete {group}",
    "delete-offsets {group} t-0 u-0",
    "delete-topic {t|u} id={7|8}",
    "wait ms={1|1000|5000|60000}",
    "wait ms={100|3000}",
    "wait ms=600000",
    "list",
    "describe g h i",
];
const TRANSACTIONS: &[&str] = &[
    "transaction {group} producer={1|2} {t-0|t-1}={6|7}",
    "transaction end producer={1|2}",
    "transaction end producer={1|2} abort=yes",
];

fn choose<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    let index = random.below(from.len() as u64);
    from[usize::try_from(index).expect("it is below the length")]
}

fn deed(random: &mut Random, pattern: &str) -> Command {
    let mut line = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (choices, after) = after.split_once('}').expect("a brace is closed");
        line += before;
        match choices {
            "group" => line += choose(random, &["g", "h", "i"]),
            "member" => line += &format!("m{}", 1 + random.below(12)),
            choices => line += choose(random, &choices.split('|').collect::<Vec<_>>()),
        }
        rest = after;
    }
    Command::parse(&(line + rest))
}

/// Two answers of a group that is at rest: what it is, and its offsets.
fn picture(world: &mut World) -> Vec<String> {
    let ask = |world: &mut World, line: &str| {
        let answer = world.run(&Command::parse(line));
        let (_, told) = answer.split_once(": ").expect("an answer");
        told.to_owned()
    };
    let mut pictures = Vec::new();
    for group in ["g", "h", "i"] {
        let told = ask(world, &format!("describe {group}"));
        let is_at_rest = told.contains("NONE Stable") || told.contains("NONE Empty");
        pictures.push(if is_at_rest {
            told
        } else {
            "restless".to_owned()
        });
        pictures.push(ask(world, &format!("fetch {group}")));
    }
    pictures
}

/// The last record of every key, without tombstones.
fn compacted(entries: &[LogEntry]) -> Vec<LogEntry> {
    let key = |entry: &LogEntry| match &entry.1 {
        Entry::Record((key, _)) => key.clone(),
        other => panic!("{other:?} in a log without transactions"),
    };
    let is_last = |index: usize, entry: &LogEntry| {
        entries[index + 1..]
            .iter()
            .all(|later| key(later) != key(entry))
    };
    let has_value = |entry: &LogEntry| matches!(&entry.1, Entry::Record((_, Some(_))));
    let kept = entries.iter().enumerate();
    kept.filter(|(index, entry)| has_value(entry) && is_last(*index, entry))
        .map(|(_, entry)| entry.clone())
        .collect()
}

#[test]
fn the_log_gives_every_history_again() {
    for seed in 0..40 {
        let mut random = Random::from_seed(seed);
        let mut world = World::with_seed(seed);
        world.replays_every = 10;
        let has_transactions = seed % 2 == 0;
        world.run(&Command::parse("configure delay=0"));
        for _ in 0..250 {
            let pattern = if has_transactions && random.below(6) == 0 {
                choose(&mut random, TRANSACTIONS)
            } else {
                choose(&mut random, DEEDS)
            };
            world.run(&deed(&mut random, pattern));
        }
        let lived = picture(&mut world);
        if !has_transactions {
            let compacted = replay(&compacted(&world.log.entries));
            let hard = world.coordinator.hard();
            assert!(
                compacted.hard() == hard,
                "seed {seed}: compaction takes nothing away"
            );
        }
        world.reload();
        let loaded = picture(&mut world);
        for (lived, loaded) in lived.iter().zip(&loaded) {
            if lived != "restless" {
                assert_eq!(lived, loaded, "seed {seed}");
            }
        }
    }
}

#[test]
fn refused_appends_leave_a_shard_that_goes_on() {
    for seed in 100..130 {
        let mut random = Random::from_seed(seed);
        let mut world = World::with_seed(seed);
        world.replays_every = 10;
        world.run(&Command::parse("configure delay=0"));
        for _ in 0..250 {
            let appends = choose(&mut random, &["refuse-appends", "accept-appends"]);
            world.run(&Command::parse(appends));
            let pattern = choose(&mut random, DEEDS);
            world.run(&deed(&mut random, pattern));
        }
        world.reload();
    }
}

#[test]
fn expiry_goes_in_steps_and_ends() {
    let mut world = World::new();
    world.replays_every = 500;
    for partition in 0..2_500 {
        world.run(&Command::parse(&format!(
            "commit g t-{partition}=1 retention=1000"
        )));
    }
    let before = world.log.entries.len();
    world.wait(600_000);
    let steps = world.log.entries.len() - before;
    assert_eq!(steps, 1_000, "the first step is full");
    world.wait(49);
    assert_eq!(
        world.log.entries.len() - before,
        1_000,
        "requests are served meanwhile"
    );
    world.wait(100);
    assert_eq!(
        world.log.entries.len() - before,
        2_501,
        "all offsets, and the group"
    );
    let listed = world.run(&Command::parse("list"));
    assert!(listed.ends_with("ListGroups NONE []\n"), "{listed}");
}

#[test]
fn ids_that_never_come_back_have_a_limit() {
    let mut world = World::new();
    world.replays_every = u64::MAX;
    let join = Command::parse("join g");
    for _ in 0..10_000 {
        let answer = world.run(&join);
        assert!(answer.contains("MEMBER_ID_REQUIRED"), "{answer}");
    }
    let answer = world.run(&join);
    assert!(answer.contains("GROUP_MAX_SIZE_REACHED"), "{answer}");
    // Their sessions end, and there is room again.
    world.wait(10_000);
    let answer = world.run(&join);
    assert!(answer.contains("MEMBER_ID_REQUIRED"), "{answer}");
}
