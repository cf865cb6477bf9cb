//! messaging-nats
