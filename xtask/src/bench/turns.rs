//! Two nodes that run side by side and are measured in turns.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use super::Options;
use super::compare::Pair;
use crate::node::{Node, Server};
use crate::workspace;

/// The two nodes of a run, the subject first. Both run throughout, so that both are warm; one is
/// idle while the other is measured.
pub struct Turns {
    nodes: [Node; 2],
    /// Measurements of each that are not kept, before the next pairs.
    warm_ups: usize,
}

/// Before the first row: a just-in-time compiler wants to have seen some gigabytes.
const FIRST_WARM_UPS: usize = 3;

impl Turns {
    /// Formats and starts both.
    ///
    /// # Errors
    /// When one does not start.
    pub fn start(options: &Options, servers: [&Server; 2]) -> anyhow::Result<Turns> {
        let directory = workspace::target().join("bench").join("nodes");
        clear(&directory)?;
        let [subject, against] = servers;
        let start = |server: &Server, name: &str| -> anyhow::Result<Node> {
            let settings = options.durability.settings(server);
            let mut node = Node::format(server.clone(), &directory.join(name), &settings)?;
            node.start()?;
            Ok(node)
        };
        Ok(Turns {
            nodes: [start(subject, "subject")?, start(against, "against")?],
            warm_ups: FIRST_WARM_UPS,
        })
    }

    /// Measures each without keeping it, then in pairs: A B, B A, A B …
    ///
    /// # Errors
    /// When a measurement fails.
    pub fn measure(
        &mut self,
        pairs: usize,
        mut measurement: impl FnMut(&Node, u32) -> anyhow::Result<Value>,
    ) -> anyhow::Result<Vec<Pair>> {
        let [subject, against] = &self.nodes;
        let mut one = |node: &Node| {
            let process = node.process_id().context("the node runs")?;
            measurement(node, process)
                .with_context(|| format!("measuring {}", node.server().name()))
        };
        for _ in 0..self.warm_ups {
            one(subject)?;
            one(against)?;
        }
        self.warm_ups = 1;
        let mut measured = Vec::new();
        for number in 0..pairs {
            measured.push(if number % 2 == 0 {
                let first = one(subject)?;
                [first, one(against)?]
            } else {
                let first = one(against)?;
                [one(subject)?, first]
            });
        }
        Ok(measured)
    }
}

/// Removes what an earlier run left.
///
/// # Errors
/// When it cannot be removed.
pub fn clear(directory: &Path) -> anyhow::Result<()> {
    if directory.exists() {
        std::fs::remove_dir_all(directory)
            .with_context(|| format!("removing {}", directory.display()))?;
    }
    Ok(())
}
