//! A conversation as a tree: what followed from what, and how much later.

use catalogue::events::v1::{ConversationNode, GetConversationResponse};
use serde_json::{Value as Json, json};

use crate::event_line;
use crate::text::{self, microseconds};

/// What `--help` says of it in JSON.
pub const HELP: &str = "With --json: {\"roots\": [{\"event\", \"children\"}], \"count\", \"truncated\"}; a child is like a root, an event as in \
     `events list --json`, and null where it is not known.";

/// One line an event or command, its children indented below it; times since the beginning.
pub fn tree(conversation: &GetConversationResponse) -> String {
    let begun = conversation.roots.iter().filter_map(at).min().unwrap_or(0);
    let mut out = String::new();
    for root in &conversation.roots {
        node(root, "", "", begun, &mut out);
    }
    out.push_str(&text::count(conversation.count as usize, "event"));
    if conversation.truncated {
        out.push_str(", not all of them shown");
    }
    out.push('\n');
    out
}

/// The same as a document.
pub fn json(conversation: &GetConversationResponse) -> Json {
    json!({
        "roots": conversation.roots.iter().map(node_json).collect::<Vec<_>>(),
        "count": conversation.count,
        "truncated": conversation.truncated,
    })
}

fn node_json(node: &ConversationNode) -> Json {
    json!({
        "event": node.event.as_ref().map(event_line::json),
        "children": node.children.iter().map(node_json).collect::<Vec<_>>(),
    })
}

fn node(of: &ConversationNode, lead: &str, below: &str, begun: i64, out: &mut String) {
    if let Some(event) = &of.event {
        let later = at(of).map_or(0, |at| at - begun) as f64 / 1e3;
        let kind = if event.kind == "command" { "!" } else { "" };
        out.push_str(&format!("{lead}{}{kind}  {}/{}  {}  +{later:.1} ms\n", event.r#type, event.aggregate_type, event.key, event.source));
    }
    for (index, child) in of.children.iter().enumerate() {
        let (branch, stem) = if index + 1 == of.children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        node(child, &format!("{below}{branch}"), &format!("{below}{stem}"), begun, out);
    }
}

fn at(node: &ConversationNode) -> Option<i64> {
    node.event.as_ref().and_then(|event| event.time.as_ref()).map(microseconds)
}

#[cfg(test)]
mod tests {
    use catalogue::events::v1::Event;

    use super::*;

    fn event(type_: &str, kind: &str, nanos: i32, children: Vec<ConversationNode>) -> ConversationNode {
        let time = Some(prost_types::Timestamp { seconds: 5, nanos });
        let event = Event {
            r#type: type_.into(),
            kind: kind.into(),
            key: "o1".into(),
            aggregate_type: "order".into(),
            source: "s".into(),
            time,
            ..Event::default()
        };
        ConversationNode { event: Some(event), children }
    }

    #[test]
    fn children_stand_below_their_cause() {
        let reserve = event("inventory.reserve", "command", 1_000_000, vec![event("inventory.reserved", "event", 2_000_000, vec![])]);
        let root = event("order.placed", "event", 0, vec![reserve, event("notification.sent", "event", 3_500_000, vec![])]);
        let conversation = GetConversationResponse { roots: vec![root], count: 4, truncated: false };
        let text = tree(&conversation);
        assert_eq!(
            text,
            "order.placed  order/o1  s  +0.0 ms\n\
             ├─ inventory.reserve!  order/o1  s  +1.0 ms\n\
             │  └─ inventory.reserved  order/o1  s  +2.0 ms\n\
             └─ notification.sent  order/o1  s  +3.5 ms\n\
             4 events\n"
        );
        let json = json(&conversation);
        assert_eq!(json["roots"][0]["children"][1]["event"]["type"], "notification.sent");
        assert_eq!((&json["count"], &json["truncated"]), (&json!(4), &json!(false)));
    }
}
