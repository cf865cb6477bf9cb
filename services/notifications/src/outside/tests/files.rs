//! Messages as files.

use super::*;

fn names(folder: &std::path::Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn sent_twice_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("data/mail");
    let sender = FileSender::new(&mails, from());
    let mail = message(Channel::Email, "ada@example.com");
    sender.send("order-1-confirmed", &mail).await.unwrap();
    let first = std::fs::read_to_string(mails.join("order-1-confirmed.eml")).unwrap();
    sender.send("order-1-confirmed", &mail).await.unwrap();
    assert_eq!(names(&mails), ["order-1-confirmed.eml"]);
    assert_eq!(std::fs::read_to_string(mails.join("order-1-confirmed.eml")).unwrap(), first);
}

#[tokio::test]
async fn a_mail_in_a_file_can_be_read_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    FileSender::new(folder.path(), from()).send("k", &message(Channel::Email, "ada@example.com")).await.unwrap();
    let mail = std::fs::read_to_string(folder.path().join("k.eml")).unwrap();
    for part in ["To: ada@example.com", "Message-ID: <k@ensue.example>", "Date: Sat, 21 Nov 2026", "订单 order-1 已确认并付款。"] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
}

#[tokio::test]
async fn sms_and_push_are_texts_and_odd_keys_stay_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let sender = FileSender::new(folder.path(), from());
    sender.send("../a/b", &message(Channel::Sms, "+8613800000000")).await.unwrap();
    sender.send("..-a-b", &Message { icon: "🏅".into(), ..message(Channel::Push, "device-1") }).await.unwrap();
    assert_eq!(names(folder.path()), ["%2E%2E%2Fa%2Fb.txt", "%2E%2E-a-b.txt"]);
    let push = std::fs::read_to_string(folder.path().join("%2E%2E-a-b.txt")).unwrap();
    assert!(push.starts_with("Channel: push\nTo: device-1\nTitle: 您的订单 order-1 已确认\nIcon: 🏅\n\n订单"), "{push}");
}

#[tokio::test]
async fn what_no_mail_can_be_made_of_is_final_and_a_bad_folder_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let sender = FileSender::new(folder.path(), from());
    let nowhere = sender.send("k", &message(Channel::Email, "no address")).await;
    assert!(matches!(nowhere, Err(SendError::Permanent(_))), "{nowhere:?}");
    assert!(names(folder.path()).is_empty());

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let blocked = FileSender::new(&file, from()).send("k", &message(Channel::Sms, "+8613800000000")).await;
    assert!(matches!(blocked, Err(SendError::Transient(_))), "{blocked:?}");
}
