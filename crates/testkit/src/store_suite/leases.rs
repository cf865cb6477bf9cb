//! Leases: one holder at a time, the ones before are fenced.

use futures::future::join_all;
use store::leases::{self, Lease};
use store::{Store, StoreError};

use super::home::{Hands, Home};
use super::notes::{jot, jotted};

const FOR: i64 = 1000;

async fn acquire(store: &Store, owner: &str) -> Option<Lease> {
    let owner = owner.to_owned();
    let work = store.write::<_, StoreError, _>(move |work| Box::pin(async move { leases::acquire(work, "relay", &owner, FOR).await }));
    work.await.unwrap()
}

/// Does something that only the holder may do.
async fn act(store: &Store, lease: &Lease, id: &str) -> Result<(), StoreError> {
    let (lease, id) = (lease.clone(), id.to_owned());
    let work = store.write(move |work| {
        Box::pin(async move {
            jot(work, &id).await?;
            // Also one who takes no notice of it is not committed.
            let _ = leases::hold(work, &lease, FOR).await;
            Ok(())
        })
    });
    work.await
}

/// To the microsecond.
pub async fn a_second_owner_waits_until_the_lease_has_run_out(home: Home) {
    let hands = Hands::at(5000);
    let store = home.open_at(&hands).await;
    let first = acquire(&store, "one").await.unwrap();
    assert_eq!((first.owner.as_str(), first.name.as_str(), first.epoch), ("one", "relay", 1));
    for now in [5000, 5999, 6000] {
        hands.set(now);
        assert_eq!(acquire(&store, "two").await, None, "at {now}");
    }
    hands.set(6001);
    assert_eq!(acquire(&store, "two").await.unwrap().epoch, 2);
    assert_eq!(acquire(&store, "one").await, None);
}

/// A holder that goes on is not taken over.
pub async fn holding_prolongs(home: Home) {
    let hands = Hands::at(5000);
    let store = home.open_at(&hands).await;
    let lease = acquire(&store, "one").await.unwrap();
    for now in [5900, 6800, 7700] {
        hands.set(now);
        act(&store, &lease, &format!("at-{now}")).await.unwrap();
        assert_eq!(acquire(&store, "two").await, None);
    }
    hands.set(8701);
    assert!(acquire(&store, "two").await.is_some());
}

/// In the transaction of what it writes.
pub async fn a_lease_that_was_taken_over_fences_what_the_first_writes(home: Home) {
    let hands = Hands::at(5000);
    let store = home.open_at(&hands).await;
    let first = acquire(&store, "one").await.unwrap();
    hands.set(6001);
    act(&store, &first, "run out, but nobody wanted it").await.unwrap();
    hands.set(7002);
    let second = acquire(&store, "two").await.unwrap();
    assert_eq!(act(&store, &first, "late").await, Err(StoreError::Fenced("relay".to_owned())));
    act(&store, &second, "now").await.unwrap();
    assert_eq!(jotted(&store).await, ["now", "run out, but nobody wanted it"]);
    let wrong_name = Lease { name: "other".to_owned(), ..second };
    assert!(matches!(act(&store, &wrong_name, "no such lease").await, Err(StoreError::Fenced(_))));
}

/// And only its holder can release it.
pub async fn a_released_lease_is_free_at_once(home: Home) {
    let store = home.open_at(&Hands::at(5000)).await;
    let release = async |lease: &Lease| {
        let lease = lease.clone();
        let work = store.write::<_, StoreError, _>(move |work| Box::pin(async move { leases::release(work, &lease).await }));
        work.await.unwrap();
    };
    let first = acquire(&store, "one").await.unwrap();
    release(&first).await;
    let second = acquire(&store, "two").await.unwrap();
    assert!(second.epoch > first.epoch);
    release(&first).await;
    assert_eq!(acquire(&store, "three").await, None);
    act(&store, &second, "held").await.unwrap();
}

/// A process that was started again under its name.
pub async fn the_same_owner_again_fences_its_former_self(home: Home) {
    let store = home.open_at(&Hands::at(5000)).await;
    let former = acquire(&store, "one").await.unwrap();
    let now = acquire(&store, "one").await.unwrap();
    assert!(now.epoch > former.epoch);
    assert!(matches!(act(&store, &former, "late").await, Err(StoreError::Fenced(_))));
    act(&store, &now, "now").await.unwrap();
}

/// A race for a new lease, then for one that has run out.
pub async fn of_owners_at_once_one_gets_it(home: Home) {
    let hands = Hands::at(5000);
    let store = home.open_at(&hands).await;
    for round in 1..=4 {
        let owners: Vec<String> = (0..8).map(|owner| format!("owner-{round}-{owner}")).collect();
        let leases = join_all(owners.iter().map(|owner| acquire(&store, owner))).await;
        let held: Vec<&Lease> = leases.iter().flatten().collect();
        assert_eq!(held.len(), 1, "{held:?}");
        assert_eq!(held[0].epoch, round);
        hands.set(5000 + round * (FOR + 1));
    }
}
