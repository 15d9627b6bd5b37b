//! Fetch sessions of a reactor (KIP-227). A client without a session names every partition each
//! time; that is always legal, and what an answer with session id 0 tells it to do.

use ottla_messages::ErrorCode;
use ottla_messages::fetch_request::FetchRequest;
use ottla_messages::fetch_response::PartitionData;

use crate::handlers::fetch::Place;
use crate::published::Published;

/// One fetch's dealings with its session.
#[derive(Debug)]
pub(crate) struct FetchTurn {
    topics: Vec<ottla_messages::fetch_request::FetchTopic>,
}

impl FetchTurn {
    /// Opens a turn.
    ///
    /// # Errors
    /// FETCH_SESSION_ID_NOT_FOUND for an incremental fetch: no session is ever given out.
    pub fn open(request: &mut FetchRequest) -> Result<FetchTurn, ErrorCode> {
        match request.session_epoch {
            -1 | 0 => Ok(FetchTurn {
                topics: std::mem::take(&mut request.topics),
            }),
            _ => Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND),
        }
    }

    /// Whether the answer may leave out what has not changed.
    pub fn is_incremental(&self) -> bool {
        false
    }

    /// The partitions to read, in order.
    pub fn places(&self, published: &Published, version: i16, as_follower: bool) -> Vec<Place> {
        self.topics
            .iter()
            .flat_map(|topic| {
                topic.partitions.iter().map(move |partition| {
                    Place::find(published, version, as_follower, topic, partition)
                })
            })
            .collect()
    }

    /// Whether the answer names this partition.
    pub fn includes(&mut self, _data: &PartitionData) -> bool {
        true
    }

    /// Ends the turn; the session id to answer with.
    pub fn close(self) -> i32 {
        0
    }
}
