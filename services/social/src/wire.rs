//! Between what travels and what the domain speaks of. Wire types stop here.

use contracts_social::v1 as wire;
use messaging::{Failure, headers};
use service_host::status;
use tonic::Status;

use crate::domain::{Fault, Kind, MOST_FOLLOWED, Rejection, Target};
use crate::store::activities::Item;
use crate::store::comments::Comment;

/// A target as it travels.
pub(crate) fn target(target: &Target) -> wire::Target {
    let kind = match target.kind {
        Kind::User => wire::TargetKind::User,
        Kind::Workout => wire::TargetKind::Workout,
        Kind::Achievement => wire::TargetKind::Achievement,
    };
    wire::Target { kind: kind.into(), id: target.id.clone(), owner_id: target.owner_id.clone() }
}

/// A target in a request; INVALID_ARGUMENT naming the field.
pub(crate) fn target_asked(target: Option<&wire::Target>) -> Result<Target, Status> {
    read(target).map_err(|fault| status::invalid_field(format!("target.{}", fault.field), fault.description))
}

/// A target in an event; no repetition mends a bad one.
pub(crate) fn target_told(target: Option<&wire::Target>) -> Result<Target, Failure> {
    read(target).map_err(|fault| Failure::dead(format!("target.{}: {}", fault.field, fault.description)))
}

fn read(target: Option<&wire::Target>) -> Result<Target, Fault> {
    let target = target.cloned().unwrap_or_default();
    let kind = match target.kind() {
        wire::TargetKind::Unspecified => return Err(Fault { field: "kind", description: "must be a kind of target" }),
        wire::TargetKind::User => Kind::User,
        wire::TargetKind::Workout => Kind::Workout,
        wire::TargetKind::Achievement => Kind::Achievement,
    };
    Target::named(kind, target.id, target.owner_id)
}

/// What a rejected follow is to a caller.
pub(crate) fn refused(rejection: Rejection) -> Status {
    match rejection {
        Rejection::Oneself => status::invalid_field("target_user_id", "must be somebody else than user_id"),
        Rejection::TooMany => {
            let message = format!("nobody can follow more than {MOST_FOLLOWED}");
            status::failed_precondition("FOLLOWS_TOO_MANY", &message, [("most", MOST_FOLLOWED.to_string())])
        }
    }
}

/// A comment as it is shown.
pub(crate) fn comment(comment: &Comment) -> wire::Comment {
    wire::Comment {
        comment_id: comment.comment_id.clone(),
        user_id: comment.user_id.clone(),
        target: Some(target(&comment.target)),
        text: comment.text.clone(),
        created_at: Some(headers::timestamp(comment.at_us)),
    }
}

/// Something in a feed, as it is shown.
pub(crate) fn item(item: Item) -> wire::FeedItem {
    wire::FeedItem {
        target: Some(target(&item.target)),
        id: item.event_id,
        r#type: item.type_,
        user_id: item.user_id,
        text: item.text,
        at: Some(headers::timestamp(item.at_us)),
    }
}
