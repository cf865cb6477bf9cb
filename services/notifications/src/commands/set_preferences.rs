//! `SetPreferences`: how a user is reached, and where they want quiet.

use std::collections::BTreeSet;

use contracts_notifications::v1::{SetPreferencesRequest, SetPreferencesResponse};
use service_host::{Context, command, status};
use tonic::{Request, Response, Status};

use crate::domain::{Channel, Preferences, Recipient};
use crate::{store as rows, wire};

/// Replaces what was there.
pub async fn set_preferences(
    context: &Context,
    request: Request<SetPreferencesRequest>,
) -> Result<Response<SetPreferencesResponse>, Status> {
    let method = "notifications.SetPreferences";
    command::run(
        context,
        method,
        request,
        |it| it.request_id(),
        |request, _cause, work| {
            Box::pin(async move {
                let (user_id, preferences) = read(&request)?;
                rows::put(work, &user_id, &preferences).await?;
                Ok(SetPreferencesResponse { preferences: Some(wire::preferences(&user_id, &preferences, work.now_us())) })
            })
        },
    )
    .await
}

/// INVALID_ARGUMENT for an address that is none, and for a channel that is none.
fn read(request: &SetPreferencesRequest) -> Result<(String, Preferences), Status> {
    // The rules have seen to it that there are some.
    let given = request.preferences.clone().unwrap_or_default();
    let contact = given.contact.map(wire::contact).unwrap_or_default();
    let mut wrong = Vec::new();
    for (channel, field) in [(Channel::Email, "email"), (Channel::Sms, "phone"), (Channel::Push, "device_token")] {
        let named = Recipient { channel, address: contact.address(channel).to_owned(), locale: String::new() };
        if !named.address.is_empty() && !named.is_plausible() {
            wrong.push((format!("preferences.contact.{field}"), format!("is no address for {channel}")));
        }
    }
    let mut quiet = BTreeSet::new();
    for (at, number) in given.quiet_channels.iter().enumerate() {
        match wire::channel_asked(*number) {
            Ok(Some(channel)) => {
                quiet.insert(channel);
            }
            Ok(None) => wrong.push((format!("preferences.quiet_channels[{at}]"), "must be a channel".to_owned())),
            Err(fault) => wrong.push((format!("preferences.quiet_channels[{at}]"), fault.description)),
        }
    }
    if wrong.is_empty() { Ok((given.user_id, Preferences { contact, quiet })) } else { Err(status::invalid(wrong)) }
}
