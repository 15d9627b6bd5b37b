//! Replay of broker and controller registrations.

use std::sync::Arc;

use crate::persistent_map::PersistentMap;
use ottla_messages::broker_registration_change_record::BrokerRegistrationChangeRecord;
use ottla_messages::register_broker_record::RegisterBrokerRecord;
use ottla_messages::register_controller_record::RegisterControllerRecord;
use ottla_messages::unregister_broker_record::UnregisterBrokerRecord;
use ottla_types::{NodeId, Uuid};

use super::ReplayError;
use crate::delta::Changes;
use crate::{Broker, Controller, Endpoint, MetadataImage, VersionRange};

impl MetadataImage {
    pub(super) fn register_broker(
        &mut self,
        record: &RegisterBrokerRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        if record.broker_id < 0 {
            return Err(ReplayError::new(format!(
                "a broker cannot have the id {}",
                record.broker_id
            )));
        }
        let id = NodeId(record.broker_id);
        let features = record.features.iter().map(|feature| {
            let range = VersionRange {
                minimum: feature.min_supported_version,
                maximum: feature.max_supported_version,
            };
            (Arc::<str>::from(&*feature.name), range)
        });
        let endpoints = record.end_points.iter().map(|endpoint| Endpoint {
            name: (&*endpoint.name).into(),
            host: (&*endpoint.host).into(),
            port: endpoint.port,
            security_protocol: endpoint.security_protocol,
        });
        let broker = Broker {
            id,
            epoch: record.broker_epoch,
            incarnation_id: record.incarnation_id,
            endpoints: endpoints.collect(),
            features: features.collect::<PersistentMap<_, _>>(),
            rack: record.rack.as_deref().map(Into::into),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            is_migrating_zk_broker: record.is_migrating_zk_broker,
            log_directories: ascending(&record.log_dirs),
            cordoned_log_directories: record.cordoned_log_dirs.clone(),
        };
        self.brokers.insert(id, Arc::new(broker));
        changes.brokers.insert(id);
        Ok(())
    }

    pub(super) fn unregister_broker(
        &mut self,
        record: &UnregisterBrokerRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let broker = self
            .broker_of_epoch(record.broker_id, record.broker_epoch)?
            .id;
        self.brokers.remove(&broker);
        changes.brokers.insert(broker);
        Ok(())
    }

    pub(super) fn fence(
        &mut self,
        broker: i32,
        epoch: i64,
        fenced: bool,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let mut changed = Broker::clone(self.broker_of_epoch(broker, epoch)?);
        changed.fenced = fenced;
        self.replace_broker(changed, changes);
        Ok(())
    }

    pub(super) fn change_broker(
        &mut self,
        record: &BrokerRegistrationChangeRecord,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let mut broker =
            Broker::clone(self.broker_of_epoch(record.broker_id, record.broker_epoch)?);
        match record.fenced {
            0 => {}
            1 => broker.fenced = true,
            -1 => broker.fenced = false,
            other => {
                return Err(ReplayError::new(format!("{other} is no change of fencing")));
            }
        }
        match record.in_controlled_shutdown {
            0 => {}
            1 => broker.in_controlled_shutdown = true,
            other => {
                return Err(ReplayError::new(format!(
                    "{other} is no change of controlled shutdown"
                )));
            }
        }
        if !record.log_dirs.is_empty() {
            broker.log_directories = ascending(&record.log_dirs);
        }
        if let Some(cordoned) = &record.cordoned_log_dirs {
            broker.cordoned_log_directories = Some(cordoned.clone());
        }
        self.replace_broker(broker, changes);
        Ok(())
    }

    pub(super) fn register_controller(
        &mut self,
        record: &RegisterControllerRecord,
        changes: &mut Changes,
    ) {
        let id = NodeId(record.controller_id);
        let features = record.features.iter().map(|feature| {
            let range = VersionRange {
                minimum: feature.min_supported_version,
                maximum: feature.max_supported_version,
            };
            (Arc::<str>::from(&*feature.name), range)
        });
        let endpoints = record.end_points.iter().map(|endpoint| Endpoint {
            name: (&*endpoint.name).into(),
            host: (&*endpoint.host).into(),
            port: endpoint.port,
            security_protocol: endpoint.security_protocol,
        });
        let controller = Controller {
            id,
            incarnation_id: record.incarnation_id,
            zk_migration_ready: record.zk_migration_ready,
            endpoints: endpoints.collect(),
            features: features.collect::<PersistentMap<_, _>>(),
        };
        self.controllers.insert(id, Arc::new(controller));
        changes.controllers.insert(id);
    }

    /// A record of metadata.version 33; harmless below it.
    pub(super) fn unregister_controller(
        &mut self,
        id: i32,
        changes: &mut Changes,
    ) -> Result<(), ReplayError> {
        let id = NodeId(id);
        if self.controllers.remove(&id).is_none() {
            return Err(ReplayError::new(format!(
                "controller {id} is unregistered but not registered"
            )));
        }
        changes.controllers.insert(id);
        Ok(())
    }

    fn broker_of_epoch(&self, id: i32, epoch: i64) -> Result<&Arc<Broker>, ReplayError> {
        let broker = self.brokers.get(&NodeId(id)).ok_or_else(|| {
            ReplayError::new(format!("broker {id} is changed but not registered"))
        })?;
        if broker.epoch != epoch {
            return Err(ReplayError::new(format!(
                "broker {id} is changed at epoch {epoch} but registered at {}",
                broker.epoch
            )));
        }
        Ok(broker)
    }

    fn replace_broker(&mut self, broker: Broker, changes: &mut Changes) {
        changes.brokers.insert(broker.id);
        self.brokers.insert(broker.id, Arc::new(broker));
    }
}

fn ascending(directories: &[Uuid]) -> Vec<Uuid> {
    let mut directories = directories.to_vec();
    directories.sort_unstable();
    directories
}
