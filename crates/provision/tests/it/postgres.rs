use std::io::{Read, Write};
use std::net::TcpStream;

use provision::postgres::{HOW_TO_GET, PostgresServer, find_binaries};

/// What the cluster answers to one start-up message: 'R' (authentication) when it takes connections, 'E' when it refuses.
fn answers(server: &PostgresServer) -> Option<u8> {
    let address = server.url().split('@').nth(1)?.split('/').next()?.to_owned();
    let mut socket = TcpStream::connect(address).ok()?;
    let parameters = b"\0\x03\0\0user\0ensue\0database\0postgres\0\0";
    let length = u32::try_from(parameters.len() + 4).ok()?;
    socket.write_all(&[&length.to_be_bytes()[..], parameters].concat()).ok()?;
    let mut kind = [0];
    socket.read_exact(&mut kind).ok()?;
    Some(kind[0])
}

#[test]
fn a_killed_cluster_comes_back_on_its_port_and_leaves_nothing_when_dropped() {
    if find_binaries().is_none() {
        println!("skipped: no Postgres server on this machine: {HOW_TO_GET}");
        return;
    }
    let mut server = PostgresServer::start().unwrap();
    let url = server.url();
    assert_eq!(answers(&server), Some(b'R'));

    server.kill().unwrap();
    assert_eq!(answers(&server), None);

    server.restart().unwrap();
    assert_eq!(answers(&server), Some(b'R'));
    assert_eq!(server.url(), url);

    let folder = server.folder().to_path_buf();
    drop(server);
    assert!(!folder.exists());
}
