//! As much of an SMTP server as a test needs: it takes mails and can be told to refuse recipients.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running server; it stops when dropped.
pub struct MailServer {
    pub port: u16,
    /// What came after DATA, dots undone.
    pub mails: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl MailServer {
    /// Starts one that answers recipients with `recipient`: `250 OK`, `450 later`, `550 nobody`.
    pub async fn start(recipient: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&mails);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, recipient, Arc::clone(&taken)));
            }
        });
        Self { port, mails, task }
    }

    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().expect("nobody panicked").clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(stream: TcpStream, recipient: &'static str, mails: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" | "HELO" | "MAIL" | "RSET" | "NOOP" => "250 OK",
            "RCPT" => recipient,
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mail = read_mail(&mut stream).await?;
                mails.lock().expect("nobody panicked").push(mail);
                "250 OK"
            }
            "QUIT" => "221 bye",
            _ => "502 what?",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        line.clear();
    }
    Ok(())
}

async fn read_mail(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut mail, mut line) = (String::new(), String::new());
    while stream.read_line(&mut line).await? > 0 && line != ".\r\n" {
        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
        line.clear();
    }
    Ok(mail)
}
