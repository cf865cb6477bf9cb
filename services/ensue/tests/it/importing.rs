//! Imports of real baskets, also with a kill in the middle.

use std::path::Path;
use std::process::Stdio;

use contracts::orders::v1::ListOrdersRequest;
use contracts::workouts::v1::GetUserTotalsRequest;
use testkit::{SOON, eventually};

use crate::shop::Shop;

/// Some are declined, some need a second and third call.
const METHODS: [&str; 6] = ["--method", "tok_ok=16", "--method", "tok_declined=3", "--method", "tok_flaky=1"];

fn file(path: &Path) -> &str {
    path.to_str().expect("a path")
}

impl Shop {
    async fn stocked() -> Self {
        let shop = Self::open().await;
        let catalogue = acceptance::catalogue();
        let first = shop.system.run(["import", "catalogue", file(&catalogue), "--stock", "100000"]).await.good();
        assert!(first.contains("169 created, 0 existing"), "{first}");
        let again = shop.system.run(["import", "catalogue", file(&catalogue), "--stock", "100000"]).await.good();
        assert!(again.contains("0 created, 169 existing"), "{again}");
        shop
    }

    async fn placed(&self) -> usize {
        let request = ListOrdersRequest { page_size: 1_000, ..ListOrdersRequest::default() };
        let answer = self.clients.orders.clone().list_orders(request).await;
        answer.map_or(0, |answer| answer.into_inner().orders.len())
    }
}

/// Confirmed and cancelled, as the summary says.
fn numbers(summary: &str) -> (usize, usize) {
    let number = |name: &str| {
        let line = summary.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}: {summary}"));
        line.trim().parse().expect("a number")
    };
    assert_eq!(number("placed"), 300, "{summary}");
    (number("confirmed"), number("cancelled"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_real_baskets_end_and_everything_agrees() {
    let shop = Shop::stocked().await;
    let baskets = acceptance::baskets();
    let import = [&["import", "orders", file(&baskets)][..], &METHODS].concat();
    let summary = shop.system.run(&import).await.good();
    let (confirmed, cancelled) = numbers(&summary);
    assert_eq!(confirmed + cancelled, 300);
    assert!(summary.contains(&format!("{cancelled} payment_declined")) && cancelled > 10, "{summary}");
    assert!(summary.contains("orders/s") && summary.contains("p50"), "{summary}");
    shop.agrees().await;
    // The same import asks for the same orders: nothing happens, and the numbers are the same.
    assert_eq!(numbers(&shop.system.run(&import).await.good()), (confirmed, cancelled));
    assert_eq!(shop.placed().await, 300);
    shop.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_middle_of_the_import_changes_no_number() {
    let mut shop = Shop::stocked().await;
    let baskets = acceptance::baskets();
    // Not with `tok_flaky`: how often the provider was away for a key, the simulator forgets with each kill.
    let import = [&["import", "orders", file(&baskets), "--in-flight", "16"][..], &METHODS[..4]].concat();
    // The import outlives the services: it waits for them.
    let running = shop.system.command(&import).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("an import");
    for at in [60, 180] {
        eventually(SOON, || async { (shop.placed().await >= at).then_some(()) }).await;
        shop.system.kill().await;
        shop.system.start().await;
    }
    let ended = running.wait_with_output().await.expect("its end");
    let killed = numbers(&acceptance::Ran::from(ended).good());
    shop.agrees().await;

    let other = Shop::stocked().await;
    assert_eq!(numbers(&other.system.run(&import).await.good()), killed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_import_goes_on_where_it_was() {
    let shop = Shop::stocked().await;
    let baskets = acceptance::baskets();
    let import = ["import", "orders", file(&baskets), "--in-flight", "4"];
    let mut running = shop.system.command(import).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("an import");
    eventually(SOON, || async { (shop.placed().await >= 50).then_some(()) }).await;
    running.kill().await.expect("SIGKILL");
    assert_eq!(numbers(&shop.system.run(import).await.good()), (300, 0));
    shop.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_basket_of_unknown_goods_is_refused_and_said() {
    let shop = Shop::stocked().await;
    let path = shop.system.data().join("odd.csv");
    std::fs::write(&path, "basket_id,product_ids\n1,whole-milk;whole-milk\n2,unicorn\n").expect("a file");
    let ran = shop.system.run(["import", "orders", file(&path)]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("placed     1") && ran.stdout.contains("refused    1") && ran.stdout.contains("unicorn"), "{}", ran.stdout);
    assert_eq!(shop.ended("basket-1").await.items[0].quantity, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_of_recordings_is_imported_once_and_each_is_answered_for() {
    let shop = Shop::open().await;
    let folder = acceptance::workout("");
    let import = ["import", "workout", file(&folder), "--user", "user-1", "--time-zone", "America/Los_Angeles"];
    let said = shop.system.run(import).await.good();
    assert!(said.ends_with("15 files: 10 processed, 5 refused, 0 failed\n"), "{said}");
    let line = |name: &str| said.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name}: {said}"));
    let ride = line("garmin-edge-500-activity.fit");
    assert!(ride.starts_with("processed") && ride.contains("cycling, 92.62 km, 3:31:31, workout "), "{ride}");
    for (name, reason) in
        [("activity-unexpected-eof.fit", "damaged"), ("MonitoringFile.fit", "not_a_workout"), ("without-times.gpx", "no_times")]
    {
        assert!(line(name).starts_with("refused") && line(name).contains(reason), "{}", line(name));
    }
    assert_eq!(shop.system.run(import).await.good(), said, "the same files are the same workouts");
    let request = GetUserTotalsRequest { user_id: "user-1".into() };
    let totals = shop.clients.workouts.clone().get_user_totals(request).await.expect("totals").into_inner().totals.expect("totals");
    assert_eq!(totals.total_workouts, 10);

    let missing = shop.system.run(["import", "workout", "no-such-file.fit", "--user", "user-1"]).await;
    assert!(missing.code == Some(1) && missing.stdout.contains("failed     no-such-file.fit"), "{missing:?}");
}
