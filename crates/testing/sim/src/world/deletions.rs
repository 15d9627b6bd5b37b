//! Requests on their way to the controller, and the planted bug that deletes what it has not
//! decided yet.

use std::path::Path;

use ottla_controller::RequestBody;
use ottla_log::{LogDirectory, ReplicaState, Storage};
use ottla_types::Uuid;

use super::{Event, Node, World};
use crate::broker::LOG_DIRECTORY;
use crate::bugs::Bug;
use crate::network::Asker;
use crate::topics::{partition_directory, topic_partition};

impl World {
    /// A change has reached the node.
    pub(super) fn on_change(&mut self, asker: Asker, body: RequestBody) {
        let is_held_back = match &body {
            RequestBody::DeleteTopics(request)
                if self.plan.bug == Some(Bug::DeletesBeforeCommit) =>
            {
                let names = request.topics.iter().filter_map(|topic| topic.name.clone());
                let names: Vec<String> = names.map(|name| name.as_str().to_owned()).collect();
                for name in names {
                    self.delete_at_once(&name);
                }
                true
            }
            _ => false,
        };
        if is_held_back {
            let later = self.random_duration(600_000);
            let event = Event::Change(self.run, asker, Box::new(body));
            return self.schedule(later, event);
        }
        self.change(asker, body);
    }

    /// The controller is to decide.
    pub(super) fn change(&mut self, asker: Asker, body: RequestBody) {
        if let Node::Up(broker) = &mut self.node {
            broker.accept_change(asker, body);
        }
    }

    /// Removes a topic's files, and leaves empty directories in their place.
    fn delete_at_once(&mut self, name: &str) {
        let files = self.disk.files();
        let directory = LogDirectory::new(files.clone(), LOG_DIRECTORY);
        for partition in 0..crate::clients::PARTITIONS_MAX {
            let at = topic_partition(name, partition);
            let unique = Uuid(self.random.uuid().0);
            let retired = directory.retire_replica(&at, ReplicaState::Delete, unique);
            if retired.is_ok() {
                let path = partition_directory(name, partition);
                let made = files
                    .create_directory(&path)
                    .and_then(|()| files.sync_directory(Path::new(LOG_DIRECTORY)));
                made.expect("a file system in memory takes a directory");
            }
        }
    }
}
