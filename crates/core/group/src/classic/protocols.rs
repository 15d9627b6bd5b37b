//! Which protocol a generation uses, and which topics it is subscribed to.

use std::collections::{BTreeMap, BTreeSet};

use ottla_messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use ottla_messages::join_group_request::JoinGroupRequestProtocol;
use ottla_messages::{KafkaString, Message, Reader};

use super::{ClassicGroup, ClassicGroupState, Member};

impl ClassicGroup {
    /// Whether somebody with these protocols can take part. An empty group takes anybody who has
    /// a protocol at all.
    pub(super) fn supports(
        &self,
        protocol_type: &str,
        protocols: &[JoinGroupRequestProtocol],
    ) -> bool {
        if self.state == ClassicGroupState::Empty {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        let everybody = self.members.len();
        let supported_by_all = |protocol: &JoinGroupRequestProtocol| {
            self.protocol_counts
                .get(&protocol.name)
                .copied()
                .unwrap_or(0)
                == everybody
        };
        self.protocol_type.as_deref() == Some(protocol_type)
            && protocols.iter().any(supported_by_all)
    }

    /// The protocol that most members prefer among those that all support; the first by name of
    /// several with equal votes. `None` if there is none, which only a foreign log can bring about.
    pub(super) fn select_protocol(&self) -> Option<KafkaString> {
        let everybody = self.members.len();
        let is_candidate = |name: &KafkaString| self.protocol_counts.get(name) == Some(&everybody);
        let mut votes = BTreeMap::<&KafkaString, usize>::new();
        for member in self.members.values() {
            let mut names = member.protocols.iter().map(|protocol| &protocol.name);
            if let Some(name) = names.find(|name| is_candidate(name)) {
                *votes.entry(name).or_default() += 1;
            }
        }
        let winner = votes
            .into_iter()
            .reduce(|best, other| if other.1 > best.1 { other } else { best });
        winner.map(|(name, _)| name.clone())
    }

    /// The topics that the members of this generation are subscribed to: none without members,
    /// unknown (`None`) for other protocols and unreadable subscriptions.
    pub(super) fn read_subscribed_topics(&self) -> Option<BTreeSet<KafkaString>> {
        if !self.uses_consumer_protocol() {
            return None;
        }
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        self.protocol_name.as_ref()?;
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            let mut reader = Reader::new(self.subscription(member));
            // The version in front; the fields of version 0 lead in all of them.
            reader.read_i16().ok()?;
            let subscription = ConsumerProtocolSubscription::decode(&mut reader, 0).ok()?;
            topics.extend(subscription.topics);
        }
        Some(topics)
    }

    pub(super) fn count_protocols(&mut self, member: &Member) {
        for protocol in &member.protocols {
            *self
                .protocol_counts
                .entry(protocol.name.clone())
                .or_default() += 1;
        }
    }

    pub(super) fn uncount_protocols(&mut self, member: &Member) {
        for protocol in &member.protocols {
            if let Some(count) = self.protocol_counts.get_mut(&protocol.name) {
                *count -= 1;
                if *count == 0 {
                    self.protocol_counts.remove(&protocol.name);
                }
            }
        }
    }
}
