//! Many rows by few statements.

use store::{StoreError, params};

use super::home::Home;
use super::notes::{jotted, logged};

/// In all sizes that it is cut into; no rows, no statement.
pub async fn many_rows_take_few_statements(home: Home) {
    let store = home.open().await;
    let work = store.write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            let before = work.statements();
            let rows = (0..701).map(|at| params![format!("{at:03}"), "é"]).collect();
            let sql = "INSERT INTO notes (id) VALUES {rows} RETURNING id";
            let answer = work.over_rows(sql, "($1 || ?1 || ?2)", params!["note-"], rows).await?;
            let statements = work.statements() - before;
            assert!(work.over_rows(sql, "(?1)", params![], Vec::new()).await?.is_empty());
            assert_eq!(work.statements() - before, statements);
            let ids = answer.iter().map(|row| row.get::<String>("id")).collect::<Result<Vec<_>, _>>()?;
            Ok((ids, statements))
        })
    });
    let (mut ids, statements) = work.await.unwrap();
    ids.sort();
    let expected: Vec<String> = (0..701).map(|at| format!("note-{at:03}é")).collect();
    assert_eq!(ids, expected);
    assert_eq!(jotted(&store).await, expected);
    assert!(statements < 20, "{statements}");
}

/// Also when it is the last of hundreds.
pub async fn a_row_that_fails_takes_all_of_them_back(home: Home) {
    let store = home.open().await;
    let work = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            let rows = (0..700).chain([3]).map(|at| params![format!("note-{at}")]).collect();
            work.over_rows("INSERT INTO notes (id) VALUES {rows}", "(?1)", params![], rows).await.map(|_| ())
        })
    });
    assert!(matches!(work.await, Err(StoreError::Conflict(_))));
    assert!(jotted(&store).await.is_empty());
    assert!(logged(&store).await.is_empty());
}
