//! The end of the process between the provider's yes and our commit. Dropping a runtime ends every task where it stands: nothing is
//! drained, settled or flushed.

use std::sync::Arc;
use std::time::Duration;

use contracts_payments::v1::payment_service_client::PaymentServiceClient;
use contracts_payments::v1::{ListProviderChargesRequest, PaymentCompleted};
use service_host::config::Config;
use service_host::{Running, Service};
use testkit::Process;

use crate::provider::Moody;
use crate::shop::charge;

async fn start(config: Config, provider: Arc<Moody>) -> Running {
    let services = vec![Service::new("orders"), payments::service_with(&config, provider)];
    service_host::start(config, catalogue::Catalogue::of([&contracts_payments::CONTRACTS]).expect("contracts"), services)
        .await
        .expect("a process")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_the_providers_yes_and_our_commit_is_charged_once() {
    // A process without services keeps the broker and the folder while the other one dies.
    let ground = Process::of(&[&contracts_payments::CONTRACTS], |_| Vec::new()).start().await;
    let watch = ground.watch("events.payment.>").await;
    let folder = tempfile::tempdir().expect("a folder");
    let provider = Moody::new(folder.path());
    provider.set(&provider.hangs, true);

    let doomed = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (config, asked) = (ground.config().clone(), provider.clone());
    let started = doomed.spawn(async move { start(config, asked).await }).await.expect("a process");
    let store = started.service("orders").expect("orders").context.store.clone();
    store
        .write::<_, store::StoreError, _>(|work| {
            Box::pin(async move {
                work.emit(&messaging::Cause::root("c-1"), &charge("o-1", "tok_ok"));
                Ok(())
            })
        })
        .await
        .expect("a command");
    tokio::time::timeout(testkit::SOON, provider.charged.acquire()).await.expect("the provider's yes").expect("open").forget();
    drop(store);
    tokio::task::spawn_blocking(move || doomed.shutdown_timeout(Duration::from_secs(1))).await.expect("its end");
    drop(started);

    provider.set(&provider.hangs, false);
    let reborn = start(ground.config().clone(), provider.clone()).await;
    // Nobody waits for what the dead process had leased: that would be five seconds and more.
    let completed = tokio::time::timeout(Duration::from_secs(4), watch.first::<PaymentCompleted>("o-1")).await.expect("at once");
    let mut client = PaymentServiceClient::connect(format!("http://{}", reborn.grpc)).await.expect("the port");
    let ledger = client.list_provider_charges(ListProviderChargesRequest::default()).await.expect("a ledger").into_inner().charges;
    assert_eq!(ledger.len(), 1, "{ledger:?}");
    assert_eq!(ledger[0].provider_reference, completed.provider_reference);
    assert_eq!(provider.charged.available_permits(), 0, "it was looked up, not charged again");
    drop(client);
    reborn.stop().await;
}
