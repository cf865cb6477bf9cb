//! Health and reflection, as grpcurl uses them.

use service_host::grpc::Settings;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::probe::{NAME, Server};

#[tokio::test]
async fn health_is_told_by_service_and_for_the_whole() {
    let server = Server::start(Settings::default()).await;
    let mut client = HealthClient::new(server.channel().await);
    let mut ask = async |service: &str| {
        client.check(HealthCheckRequest { service: service.to_owned() }).await.map(|answer| answer.into_inner().status())
    };
    assert_eq!(ask("").await.expect("known"), ServingStatus::Serving);
    assert_eq!(ask(NAME).await.expect("known"), ServingStatus::Serving);
    assert_eq!(ask("ensue.other.v1.OtherService").await.expect_err("unknown").code(), tonic::Code::NotFound);
    server.health.set(NAME, false).await;
    assert_eq!(ask(NAME).await.expect("known"), ServingStatus::NotServing);
    assert_eq!(ask("").await.expect("known"), ServingStatus::Serving);
}

/// The two versions differ in nothing but the package.
macro_rules! lists_what_is_served {
    ($test:ident, $version:ident) => {
        #[tokio::test]
        async fn $test() {
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;

            let server = Server::start(Settings::default()).await;
            let mut client = ServerReflectionClient::new(server.channel().await);
            let ask = |question| ServerReflectionRequest { host: String::new(), message_request: Some(question) };
            let questions = [
                MessageRequest::ListServices(String::new()),
                MessageRequest::FileContainingSymbol("sample.orders.v1.OrderService".to_owned()),
            ];
            let mut answers = client.server_reflection_info(tokio_stream::iter(questions.map(ask))).await.expect("answers").into_inner();

            let Some(MessageResponse::ListServicesResponse(list)) =
                answers.message().await.expect("an answer").and_then(|answer| answer.message_response)
            else {
                panic!("no list");
            };
            let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
            names.sort();
            let reflection = concat!("grpc.reflection.", stringify!($version), ".ServerReflection");
            assert_eq!(names, [NAME, "grpc.health.v1.Health", reflection, "sample.orders.v1.OrderService"]);
            let Some(MessageResponse::FileDescriptorResponse(file)) =
                answers.message().await.expect("an answer").and_then(|answer| answer.message_response)
            else {
                panic!("no file");
            };
            assert!(!file.file_descriptor_proto.is_empty());
        }
    };
}

lists_what_is_served!(reflection_lists_what_is_served, v1);
lists_what_is_served!(older_clients_get_the_same_list, v1alpha);
