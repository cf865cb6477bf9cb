//! Every text can be filled with what events really bring.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::{Rendered, TemplateError, Templates, sources::SOURCES};
use crate::domain::Channel;

fn templates() -> Templates {
    Templates::load().expect("they compile")
}

fn examples() -> BTreeMap<String, Vec<Value>> {
    serde_json::from_str(include_str!("../../templates/examples.json")).expect("examples are JSON")
}

fn text(name: &str, channel: Channel, locale: &str) -> Rendered {
    templates().render(name, channel, locale, &examples()[name][0]).expect("it can be filled")
}

#[test]
fn every_text_is_filled_by_every_example_in_both_languages() {
    let (templates, examples) = (templates(), examples());
    for source in SOURCES {
        for example in &examples[source.name] {
            let [en, zh] = ["en", "zh"].map(|locale| templates.render(source.name, source.channel, locale, example).expect(source.name));
            for (locale, rendered) in [("en", &en), ("zh", &zh)] {
                assert_eq!(rendered.locale, locale);
                assert!(!rendered.body.is_empty() && !rendered.body.contains("{{") && !rendered.body.contains("{%"), "{rendered:?}");
                assert_eq!(rendered.title.is_empty(), source.channel == Channel::Sms, "{rendered:?}");
            }
            assert!(en.body.is_ascii() || source.name == "achievement_unlocked", "{en:?}");
            assert!(!zh.body.is_ascii() && en != zh, "{zh:?}");
        }
    }
}

#[test]
fn every_file_is_embedded_and_has_its_twin() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let known: BTreeSet<String> = SOURCES.iter().map(|source| format!("{}.{}.txt", source.name, source.channel)).collect();
    for locale in ["en", "zh"] {
        let files = std::fs::read_dir(folder.join(locale)).expect("the folder is there");
        let mut files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert!(files.remove("phrases.txt"));
        assert_eq!(files, known, "{locale}");
    }
}

#[test]
fn the_order_mail_reads_well() {
    let mail = text("order_placed", Channel::Email, "en");
    assert_eq!(mail.title, "We have received your order order-1");
    assert!(mail.body.contains("\n2 x iPhone 15, 6,999.00 CNY each\n1 x PROD-003\n\nTotal: 15,997.00 CNY\n"), "{}", mail.body);
    assert_eq!(text("order_placed", Channel::Sms, "zh").body, "已收到订单 order-1，金额 15,997.00 CNY。");
}

#[test]
fn reasons_are_told_in_words() {
    let failed = text("inventory_reservation_failed", Channel::Email, "en");
    assert!(failed.body.contains("because there is not enough in stock.\n\nPROD-002: 100 ordered, 50 available."), "{}", failed.body);
    assert!(text("order_cancelled", Channel::Email, "zh").body.contains("原因：库存不足"));
    let unheard_of = templates().render("order_cancelled", Channel::Email, "en", &examples()["order_cancelled"][1]).unwrap();
    assert!(unheard_of.body.contains("because the moon was full."), "{}", unheard_of.body);
}

#[test]
fn what_an_achievement_brings_is_shown() {
    let push = text("achievement_unlocked", Channel::Push, "en");
    assert_eq!(
        (push.title.as_str(), push.body.as_str(), push.icon.as_str()),
        ("Achievement unlocked", "You have unlocked “First steps”.", "🏅")
    );
}

#[test]
fn a_language_falls_back_to_its_parent_and_then_to_english() {
    for (wanted, given) in [("zh-CN", "zh"), ("zh_TW", "zh"), ("zh", "zh"), ("en-GB", "en"), ("fr", "en"), ("", "en")] {
        assert_eq!(text("order_confirmed", Channel::Email, wanted).locale, given);
    }
}

#[test]
fn a_message_with_a_hole_is_not_sent() {
    let error = templates().render("order_confirmed", Channel::Email, "en", &json!({"order_id": "o", "items": []})).unwrap_err();
    assert!(matches!(&error, TemplateError::Unfilled { .. }) && error.to_string().contains("order_confirmed"), "{error}");
}

#[test]
fn what_has_no_template_is_told_to_nobody() {
    let templates = templates();
    assert_eq!(templates.of("inventory.stock_changed").count(), 0);
    let order: Vec<_> = templates.of("order.placed").collect();
    assert_eq!(order, [("order_placed", Channel::Email), ("order_placed", Channel::Sms)]);
    assert_eq!(templates.of("order_placed").next(), Some(("order_placed", Channel::Email)), "by name, its own channel first");
    let unknown = templates.render("order_placed", Channel::Push, "en", &json!({}));
    assert!(matches!(unknown, Err(TemplateError::Unknown { channel: Channel::Push, .. })));
}

#[test]
fn texts_are_not_escaped_and_titles_stay_one_line() {
    let mut data = examples()["user_registered"][0].clone();
    data["name"] = json!("Ada <& Co>\r\nBcc: eve");
    let mail = templates().render("user_registered", Channel::Email, "en", &data).unwrap();
    assert!(mail.body.contains("Ada <& Co>"), "{}", mail.body);
    let mut data = examples()["order_confirmed"][0].clone();
    data["order_id"] = json!("o\r\nBcc: eve@example.com");
    let mail = templates().render("order_confirmed", Channel::Email, "en", &data).unwrap();
    assert_eq!(mail.title, "Your order o Bcc: eve@example.com is confirmed");
}
