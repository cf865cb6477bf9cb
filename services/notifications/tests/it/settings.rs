//! What can be set, and what is refused.

use service_host::config::{Config, Sources};

fn faults(flags: &[&str]) -> Vec<String> {
    let set = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let loaded = Config::load(&Sources { set, ..Sources::default() }, &notifications::settings());
    loaded.err().map(|faults| faults.0.iter().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn a_way_out_needs_all_of_its_settings() {
    assert_eq!(faults(&[]), [""; 0]);
    assert_eq!(
        faults(&["mail.transport=smtp", "mail.from=nobody", "webhook.url=https://x", "sink.url=nowhere"]),
        [
            "mail.smtp_url (default): must start with smtp:// or smtps:// for mail.transport = \"smtp\"",
            "mail.from (--set): must be a mail address",
            "webhook.secret (default): is needed with webhook.url: receivers check the signature",
            "sink.url (--set): must start with http:// or https://",
        ]
    );
    let all = ["mail.transport=smtp", "mail.smtp_url=smtp://mail", "webhook.url=https://x", "webhook.secret=whsec_0", "sink.url=http://x"];
    assert_eq!(faults(&all), [""; 0]);
}
