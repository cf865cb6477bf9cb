//! What every gRPC port offers beside its services: health and reflection.

use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// Whether the services of a port serve, as `grpc.health.v1` tells it: for each service by name, and under "" for the whole.
#[derive(Clone, Debug)]
pub struct Health {
    reporter: HealthReporter,
    names: Vec<String>,
}

impl Health {
    /// All of them serve, or none.
    pub async fn set_all(&self, serving: bool) {
        for name in self.names.iter().map(String::as_str).chain([""]) {
            self.set(name, serving).await;
        }
    }

    /// One of them, by its full name (`bakery.v1.BakeryService`).
    pub async fn set(&self, name: &str, serving: bool) {
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.reporter.set_service_status(name, status).await;
    }
}

/// Adds health (not serving yet) and reflection, v1 and v1alpha for older clients, to the services called `names`.
/// `descriptors` is the encoded `FileDescriptorSet` with the services and all they import.
///
/// Errors when the descriptors can't be read.
pub async fn surface(services: Routes, names: &[&str], descriptors: &[u8]) -> Result<(Routes, Health), tonic_reflection::server::Error> {
    let (reporter, health_service) = tonic_health::server::health_reporter();
    let health = Health { reporter, names: names.iter().map(|name| (*name).to_owned()).collect() };
    health.set_all(false).await;

    let offered = names.iter().copied().chain(["grpc.health.v1.Health"]);
    let reflection = |version: &str| {
        offered
            .clone()
            .chain([version])
            .fold(tonic_reflection::server::Builder::configure(), |builder, name| builder.with_service_name(name))
            .register_encoded_file_descriptor_set(descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // So that grpcurl can show what is in an error.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    let (v1, v1alpha) = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection");
    let routes =
        services.add_service(health_service).add_service(reflection(v1).build_v1()?).add_service(reflection(v1alpha).build_v1alpha()?);
    Ok((routes, health))
}
