//! Effects and messages in words, as the golden scripts show them.

use std::fmt::Display;

use ottla_types::{NodeId, Offset};

use super::cluster::{Content, Message};
use crate::{Effect, FetchAnswer, PeerRequest, QuorumState, Response};

fn or_dash<T: Display>(value: Option<T>) -> String {
    value.map_or("-".to_owned(), |value| value.to_string())
}

pub fn state(state: &QuorumState) -> String {
    format!(
        "epoch={} leader={} voted={}",
        state.epoch,
        or_dash(state.leader),
        state.voted.map_or("-".to_owned(), |key| format!("{key:?}"))
    )
}

fn request(request: &PeerRequest) -> String {
    match request {
        PeerRequest::Vote {
            epoch,
            last_epoch,
            last_offset,
        } => format!("Vote epoch={epoch} last={last_epoch}:{last_offset}"),
        PeerRequest::BeginQuorumEpoch { epoch } => format!("BeginQuorumEpoch epoch={epoch}"),
        PeerRequest::EndQuorumEpoch { epoch, successors } => {
            format!("EndQuorumEpoch epoch={epoch} successors={successors:?}")
        }
        PeerRequest::Fetch {
            epoch,
            fetch_offset,
            last_fetched_epoch,
            high_watermark,
        } => format!(
            "Fetch epoch={epoch} at={last_fetched_epoch}:{fetch_offset} known={high_watermark}"
        ),
    }
}

fn response(response: &Response) -> String {
    match response {
        Response::Vote { error, granted } => format!("Vote {error} granted={granted}"),
        Response::BeginQuorumEpoch { error } => format!("BeginQuorumEpoch {error}"),
        Response::EndQuorumEpoch { error } => format!("EndQuorumEpoch {error}"),
        Response::Fetch(answer) => match answer {
            FetchAnswer::Records {
                from,
                high_watermark,
            } => format!(
                "Fetch records from={from} high_watermark={}",
                or_dash::<Offset>(*high_watermark)
            ),
            FetchAnswer::Diverging(end) => {
                format!("Fetch diverging={}:{}", end.epoch, end.start_offset)
            }
            FetchAnswer::Snapshot(id) => format!("Fetch snapshot={}:{}", id.epoch, id.end_offset),
            FetchAnswer::Refused(error) => format!("Fetch {error}"),
        },
    }
}

pub fn message(number: u64, message: &Message) -> String {
    let content = match &message.content {
        Content::Request(asked) => request(asked),
        Content::Answer {
            epoch,
            leader,
            response: answer,
            batches,
        } => {
            let records = batches.last().map_or(String::new(), |last| {
                format!(" upto={}", last.header.next_offset)
            });
            format!(
                "answer {}{records} (epoch={epoch} leader={})",
                response(answer),
                or_dash::<NodeId>(*leader)
            )
        }
    };
    format!("#{number} {}->{} {content}", message.from, message.to)
}

pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::PersistQuorumState(held) => format!("persist {}", state(held)),
        Effect::Send {
            to, request: asked, ..
        } => format!("send {to} {}", request(asked)),
        Effect::Reply {
            request,
            epoch,
            leader,
            response: answer,
        } => format!(
            "reply {request} {} (epoch={epoch} leader={})",
            response(answer),
            or_dash::<NodeId>(*leader)
        ),
        Effect::AppendLeaderChange {
            base_offset,
            epoch,
            granting,
            with_voters,
        } => format!(
            "append at={base_offset} epoch={epoch} LeaderChange granting={granting:?}{}",
            if *with_voters {
                " KRaftVersion Voters"
            } else {
                ""
            }
        ),
        Effect::AppendRecords { base_offset, epoch } => {
            format!("append at={base_offset} epoch={epoch} records")
        }
        Effect::RefuseAppend => "refuse append".to_owned(),
        Effect::AppendFetched { upto } => format!("append fetched upto={upto}"),
        Effect::Truncate { to } => format!("truncate to={to}"),
        Effect::HighWatermark(offset) => format!("high watermark {offset}"),
        Effect::BecameLeader(epoch) => format!("became leader epoch={epoch}"),
        Effect::ResignedLeader(epoch) => format!("resigned leader epoch={epoch}"),
        Effect::ShutDown => "shut down".to_owned(),
        Effect::Fault(fault) => format!("FAULT {fault}"),
    }
}
