//! A call whose messages are bytes, as `grpcurl` makes it: the descriptors say what they mean.

use prost::bytes::{Buf as _, BufMut as _, Bytes};
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::Value;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Calls `package.Service/Method` with JSON, and answers JSON.
pub async fn call(channel: Channel, pool: &DescriptorPool, path: &str, headers: MetadataMap, json: &str) -> Result<Value, Status> {
    let (service, method) = path.split_once('/').expect("a method");
    let service = pool.get_service_by_name(service).expect("a service");
    let method = service.methods().find(|known| known.name() == method).expect("a method");
    let request = DynamicMessage::deserialize(method.input(), &mut serde_json::Deserializer::from_str(json)).expect("a request");
    let request = Bytes::from(prost::Message::encode_to_vec(&request));
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.expect("a connection");
    let request = Request::from_parts(headers, Default::default(), request);
    let answer = client.unary(request, format!("/{path}").parse().expect("a path"), AsItIs).await?;
    let answer = DynamicMessage::decode(method.output(), answer.into_inner()).expect("an answer");
    Ok(serde_json::to_value(answer).expect("JSON"))
}

struct AsItIs;

impl Codec for AsItIs {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for AsItIs {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for AsItIs {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(length)))
    }
}
