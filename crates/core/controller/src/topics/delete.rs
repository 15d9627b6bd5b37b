//! DeleteTopics, by name or by id.

use std::collections::{BTreeMap, BTreeSet};

use ottla_coordinator::Rejection;
use ottla_messages::ErrorCode;
use ottla_messages::delete_topics_request::DeleteTopicsRequest;
use ottla_messages::delete_topics_response::{DeletableTopicResult, DeleteTopicsResponse};
use ottla_messages::remove_topic_record::RemoveTopicRecord;
use ottla_types::{TopicId, Uuid};

use crate::ControllerRequest;
use crate::deciding::{Decided, Deciding, message, refuse, refuse_plainly, text};

/// Below this version clients do not know TOPIC_DELETION_DISABLED.
const FIRST_VERSION_WITH_DELETION_DISABLED: i16 = 3;

/// What a request names, each thing once; and the answers for whatever is named wrongly.
#[derive(Debug, Default)]
struct Named {
    names: BTreeSet<String>,
    ids: BTreeSet<TopicId>,
    duplicate_ids: BTreeSet<TopicId>,
    responses: Vec<DeletableTopicResult>,
}

impl Deciding<'_> {
    pub(crate) fn delete_topics(
        &mut self,
        asked: &ControllerRequest,
        request: &DeleteTopicsRequest,
    ) -> Decided<DeleteTopicsResponse> {
        if !self.context.settings.delete_topic_enable {
            return Err(
                if asked.api_version < FIRST_VERSION_WITH_DELETION_DISABLED {
                    let why = "This version does not support topic deletion.";
                    refuse(ErrorCode::INVALID_REQUEST, why)
                } else {
                    refuse_plainly(ErrorCode::TOPIC_DELETION_DISABLED)
                },
            );
        }
        let Named {
            names,
            ids,
            duplicate_ids,
            mut responses,
        } = named(request);
        let mut found: BTreeMap<TopicId, String> = BTreeMap::new();
        for id in ids {
            match self.image().topics.by_id(id) {
                Some(topic) => {
                    found.insert(id, topic.name.as_str().to_owned());
                }
                None => {
                    let unknown = refuse(
                        ErrorCode::UNKNOWN_TOPIC_ID,
                        "This server does not host this topic ID.",
                    );
                    responses.push(refused(None, id, &unknown));
                }
            }
        }
        let mut named_twice = duplicate_ids;
        for name in names {
            let Some(topic) = self.image().topics.by_name(&name) else {
                let unknown = refuse(
                    ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                    "This server does not host this topic-partition.",
                );
                responses.push(refused(Some(&name), Uuid::ZERO, &unknown));
                continue;
            };
            if named_twice.contains(&topic.id) || found.contains_key(&topic.id) {
                named_twice.insert(topic.id);
                found.remove(&topic.id);
                let why = "The provided topic name maps to an ID that was already supplied.";
                let twice = refuse(ErrorCode::INVALID_REQUEST, why);
                responses.push(refused(Some(&name), topic.id, &twice));
            } else {
                found.insert(topic.id, name);
            }
        }
        let records = found
            .keys()
            .map(|&topic_id| RemoveTopicRecord { topic_id }.into());
        let records = records.collect();
        responses.extend(
            found
                .into_iter()
                .map(|(topic_id, name)| DeletableTopicResult {
                    name: Some(name.into()),
                    topic_id,
                    error_message: None,
                    ..DeletableTopicResult::default()
                }),
        );
        let response = DeleteTopicsResponse {
            responses,
            ..DeleteTopicsResponse::default()
        };
        Ok((records, response))
    }
}

fn named(request: &DeleteTopicsRequest) -> Named {
    let mut named = Named::default();
    let mut duplicate_names = BTreeSet::new();
    let invalid = |why: &'static str| refuse(ErrorCode::INVALID_REQUEST, why);
    let mut names: Vec<&str> = request.topic_names.iter().map(|name| &**name).collect();
    for topic in &request.topics {
        match (topic.name.as_deref(), topic.topic_id) {
            (Some(name), Uuid::ZERO) => names.push(name),
            (Some(name), id) => {
                let both = invalid("You may not specify both topic name and topic id.");
                named.responses.push(refused(Some(name), id, &both));
            }
            (None, Uuid::ZERO) => {
                let neither = invalid("Neither topic name nor id were specified.");
                named.responses.push(refused(None, Uuid::ZERO, &neither));
            }
            (None, id) => {
                if named.duplicate_ids.contains(&id) || !named.ids.insert(id) {
                    named.ids.remove(&id);
                    named.duplicate_ids.insert(id);
                }
            }
        }
    }
    for name in names {
        if duplicate_names.contains(name) || !named.names.insert(name.to_owned()) {
            named.names.remove(name);
            duplicate_names.insert(name);
        }
    }
    for name in duplicate_names {
        let twice = invalid("Duplicate topic name.");
        named
            .responses
            .push(refused(Some(name), Uuid::ZERO, &twice));
    }
    for id in &named.duplicate_ids {
        let twice = invalid("Duplicate topic id.");
        named.responses.push(refused(None, *id, &twice));
    }
    named
}

fn refused(name: Option<&str>, topic_id: Uuid, rejection: &Rejection) -> DeletableTopicResult {
    DeletableTopicResult {
        name: name.map(text),
        topic_id,
        error_code: rejection.code.0,
        error_message: message(rejection),
    }
}
