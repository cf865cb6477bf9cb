//! Mail to a real server.

use std::time::Duration;

use base64::Engine as _;

use super::mail_server::MailServer;
use super::*;

fn sender(port: u16) -> SmtpSender {
    let settings = SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        tls: SmtpTls::None,
        credentials: None,
        from: from(),
        timeout: Duration::from_secs(5),
    };
    SmtpSender::new(settings).expect("good settings")
}

#[tokio::test]
async fn a_mail_arrives_whole_under_the_keys_id() {
    let server = MailServer::start("250 OK").await;
    sender(server.port).send("order-1/confirmed", &message(Channel::Email, "ada@example.com")).await.unwrap();
    let mails = server.mails();
    let [mail] = &mails[..] else { panic!("one mail: {mails:?}") };
    for part in ["From: Ensue <shop@ensue.example>\r\n", "To: ada@example.com\r\n", "Message-ID: <order-1%2Fconfirmed@ensue.example>\r\n"] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
    let (_, body) = mail.split_once("\r\n\r\n").expect("headers and a body");
    let body = base64::engine::general_purpose::STANDARD.decode(body.replace("\r\n", "")).expect("base64, for there is Chinese in it");
    assert_eq!(String::from_utf8(body).unwrap().replace("\r\n", "\n"), message(Channel::Email, "").body);
}

#[tokio::test]
async fn every_attempt_is_the_same_mail() {
    let server = MailServer::start("250 OK").await;
    let sender = sender(server.port);
    for _ in 0..2 {
        sender.send("k", &message(Channel::Email, "ada@example.com")).await.unwrap();
    }
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1]);
}

#[tokio::test]
async fn a_4xx_is_tried_again_and_a_5xx_is_not() {
    let busy = MailServer::start("450 later").await;
    let later = sender(busy.port).send("k", &message(Channel::Email, "ada@example.com")).await;
    assert!(matches!(&later, Err(SendError::Transient(error)) if error.contains("450")), "{later:?}");
    let strict = MailServer::start("550 nobody").await;
    let never = sender(strict.port).send("k", &message(Channel::Email, "ada@example.com")).await;
    assert!(matches!(&never, Err(SendError::Permanent(error)) if error.contains("550")), "{never:?}");
    assert!(busy.mails().is_empty() && strict.mails().is_empty());
}

#[tokio::test]
async fn a_refused_login_says_nothing_of_the_mail() {
    let server = MailServer::start("535 who are you?").await;
    let answer = sender(server.port).send("k", &message(Channel::Email, "ada@example.com")).await;
    assert!(matches!(answer, Err(SendError::Transient(_))), "{answer:?}");
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again() {
    let server = MailServer::start("250 OK").await;
    let port = server.port;
    drop(server);
    let gone = sender(port).send("k", &message(Channel::Email, "ada@example.com")).await;
    assert!(matches!(gone, Err(SendError::Transient(_))), "{gone:?}");
}
