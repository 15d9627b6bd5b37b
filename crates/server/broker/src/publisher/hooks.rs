//! What the publisher needs of the node around it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ottla_config::BrokerConfig;
use ottla_log::{RealStorage, Storage};
use ottla_messages::KafkaString;
use ottla_runtime::Notices;
use ottla_types::TopicId;

use crate::Replica;
use crate::groups;
use crate::logs::{OpenPlan, Opening, open_by_threads};
use crate::node::{Node, connection_bounds};
use crate::published::Published;
use crate::settings::Settings;

/// What a node does for its publisher. All of it is called on the quorum's thread.
pub trait PublisherHooks<S: Storage = RealStorage>: Send + Sync + 'static {
    /// The node's file and what was made of it.
    fn settings(&self) -> &Settings;
    /// The newest picture of the cluster.
    fn published(&self) -> Arc<Published<S>>;
    /// Shows a new one.
    fn publish(&self, published: Published<S>);
    /// Hands notices to whom they are for.
    fn deliver(&self, notices: Notices);
    /// What is set for this broker has changed.
    fn configure(&self, config: &BrokerConfig);
    /// Opens replicas; `threads` is `num.recovery.threads.per.data.dir`. Blocks until all are done.
    fn open_all(&self, plans: Vec<OpenPlan<S>>, threads: usize) -> Vec<Opening<S>>;
    /// Waits.
    fn wait(&self, duration: Duration);
    /// Has the coordinator on a partition of the offsets topic loaded.
    fn load_groups(&self, replica: &Arc<Replica<S>>);
    /// Tells the coordinators here that topics are gone.
    fn tell_groups(&self, deleted: &[(KafkaString, TopicId)]);
}

impl PublisherHooks for Arc<Node> {
    fn settings(&self) -> &Settings {
        Node::settings(self)
    }

    fn published(&self) -> Arc<Published> {
        Node::published(self)
    }

    fn publish(&self, published: Published) {
        Node::publish(self, published);
    }

    fn deliver(&self, notices: Notices) {
        Node::deliver(self, notices);
    }

    fn configure(&self, config: &BrokerConfig) {
        self.connections()
            .set_bounds(connection_bounds(&config.sockets));
    }

    fn open_all(&self, plans: Vec<OpenPlan>, threads: usize) -> Vec<Opening> {
        open_by_threads(plans, threads)
    }

    fn wait(&self, duration: Duration) {
        thread::sleep(duration);
    }

    fn load_groups(&self, replica: &Arc<Replica>) {
        groups::start_loading(self, replica);
    }

    fn tell_groups(&self, deleted: &[(KafkaString, TopicId)]) {
        let context = self.group_context();
        for notices in groups::on_topics_deleted(&Node::published(self), &context, deleted) {
            Node::deliver(self, notices);
        }
    }
}
