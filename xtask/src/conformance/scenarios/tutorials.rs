//! The first programs and commands that people try, as they stand in tutorials. Topics are not
//! created before.

use anyhow::Context;

use super::{Scenario, Who, run_to_end};
use crate::conformance::bench::{Bench, expect, expect_equal};
use crate::{packages, workspace};

pub(super) const COMMANDS: Scenario = Scenario {
    name: "tutorial-commands",
    title: "the commands of tutorials",
    needs: &[],
    run: Who::BothTools(commands),
};

pub(super) const PYTHON: Scenario = Scenario {
    name: "tutorial-python",
    title: "the first Python programs of tutorials: a producer, and a group member",
    needs: &[],
    run: Who::Tools(python),
};

fn commands(bench: &Bench<'_>) -> anyhow::Result<()> {
    let topic = bench.name("t");
    let create = [
        "--create",
        "--topic",
        &topic,
        "--partitions",
        "3",
        "--replication-factor",
        "1",
    ];
    bench.tool("kafka-topics.sh", &create, "")?;
    expect(
        "list",
        bench
            .tool("kafka-topics.sh", &["--list"], "")?
            .contains(&topic),
    )?;
    let output = bench.tool("kafka-topics.sh", &["--describe", "--topic", &topic], "")?;
    expect_equal("lines of describe", &output.lines().count(), &4)?;
    let keys = ["--topic", &topic, "--property", "parse.key=true"];
    let keys = [&keys[..], &["--property", "key.separator=:"]].concat();
    bench.tool("kafka-console-producer.sh", &keys, "k1:hello\nk2:world\n")?;
    let read = ["--topic", &topic, "--from-beginning", "--max-messages", "2"];
    let output = bench.tool("kafka-console-consumer.sh", &read, "")?;
    let mut lines: Vec<&str> = output.lines().collect();
    lines.sort_unstable();
    expect_equal("values", &lines, &vec!["hello", "world"])?;
    bench.tool("kafka-topics.sh", &["--delete", "--topic", &topic], "")?;
    Ok(())
}

fn python(bench: &Bench<'_>) -> anyhow::Result<()> {
    let drivers = workspace::root().join("conformance/drivers/python");
    let python = packages::python(&drivers.join("requirements.txt"))?;
    let run = |name: &str| {
        let program = workspace::root().join("conformance/tutorials").join(name);
        let mut command = std::process::Command::new(&python);
        command
            .arg(program)
            .env("BOOTSTRAP", &bench.broker.bootstrap);
        run_to_end(&mut command, "")
    };
    let (status, output, errors) = run("first_producer.py")?;
    expect_equal(&errors, &status, &0)?;
    expect_equal("the producer", &output.trim(), &"wrote 11 records")?;
    let (status, output, errors) = run("first_member.py")?;
    expect_equal(&errors, &status, &0)?;
    let last = output.lines().last().context("the member prints")?;
    expect_equal("the member", &last, &"total 562.5")?;
    let (status, output, errors) = run("first_member.py")?;
    expect_equal(&errors, &status, &0)?;
    expect_equal(
        "the second run finds all committed",
        &output.trim(),
        &"total 0",
    )
}
