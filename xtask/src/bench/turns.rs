//! Two nodes that run side by side and are measured in turns.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::compare::Pair;
use super::{Memory, Options, figures, memory};
use crate::node::{Node, Server};
use crate::workspace;

/// The two nodes of a run, the subject first. Both run throughout, so that both are warm; one is
/// idle while the other is measured.
pub struct Turns {
    nodes: [Node; 2],
    loader: PathBuf,
    memory: Memory,
    /// Topics that were made, on either node.
    topics: usize,
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
    pub fn start(options: &Options, loader: &Path, servers: [&Server; 2]) -> anyhow::Result<Turns> {
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
            loader: loader.to_path_buf(),
            memory: options.memory,
            topics: 0,
            warm_ups: FIRST_WARM_UPS,
        })
    }

    /// Measures each without keeping it, then in pairs: A B, B A, A B … Every measurement has a
    /// topic of its own; they are deleted together at the end, so that none frees memory for the
    /// next one.
    ///
    /// # Errors
    /// When a measurement fails.
    pub fn measure(
        &mut self,
        pairs: usize,
        mut measurement: impl FnMut(&Node, u32, &str) -> anyhow::Result<Value>,
    ) -> anyhow::Result<Vec<Pair>> {
        if self.memory == Memory::Recycled {
            memory::recycle(&workspace::target().join("bench"))?;
        }
        let [subject, against] = &self.nodes;
        let mut made: [Vec<String>; 2] = Default::default();
        let mut one = |side: usize, node: &Node| -> anyhow::Result<Value> {
            memory::settle()?;
            self.topics += 1;
            let topic = format!("bench-{}", self.topics);
            let process = node.process_id().context("the node runs")?;
            let figures = measurement(node, process, &topic)
                .with_context(|| format!("measuring {}", node.server().name()))?;
            made.get_mut(side)
                .context("there are two sides")?
                .push(topic);
            Ok(figures)
        };
        for _ in 0..self.warm_ups {
            one(0, subject)?;
            one(1, against)?;
        }
        self.warm_ups = 1;
        let mut measured = Vec::new();
        for number in 0..pairs {
            measured.push(if number % 2 == 0 {
                let first = one(0, subject)?;
                [first, one(1, against)?]
            } else {
                let first = one(1, against)?;
                [one(0, subject)?, first]
            });
        }
        for (node, topics) in self.nodes.iter().zip(&made) {
            self.delete(node, topics)?;
        }
        Ok(measured)
    }

    fn delete(&self, node: &Node, topics: &[String]) -> anyhow::Result<()> {
        let mut command = Command::new(&self.loader);
        command.args(["delete", "--bootstrap", &node.bootstrap()]);
        for topic in topics {
            command.args(["--topic", topic]);
        }
        figures(&mut command)?;
        memory::await_deletion(&node.data())
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
