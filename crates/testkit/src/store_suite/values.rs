//! Values: the same in, the same out, in both databases.

use store::{Clock, FromColumn, Migration, Store, StoreError, Value, params};

use super::home::Home;

const THINGS: &[Migration] = &[Migration {
    version: 1,
    name: "things",
    sql: "CREATE TABLE things (id TEXT PRIMARY KEY, words TEXT, number BIGINT, ratio DOUBLE PRECISION, body BLOB)",
}];

async fn open(home: &Home) -> Store {
    home.try_open(THINGS, Clock::system()).await.unwrap()
}

/// Writes a value into a column, answers what is read within the same work and by another afterwards.
async fn round<T: FromColumn + Send + 'static>(store: &Store, column: &'static str, value: impl Into<Value>) -> [T; 2] {
    let value = value.into();
    let select = format!("SELECT {column} FROM things WHERE id = $1");
    let own = select.clone();
    let work = store.write::<T, StoreError, _>(move |work| {
        Box::pin(async move {
            work.execute("DELETE FROM things", params![]).await?;
            work.execute(&format!("INSERT INTO things (id, {column}) VALUES ($1, $2)"), vec!["one".into(), value]).await?;
            work.row(&own, params!["one"]).await?.expect("it was written").get(column)
        })
    });
    let own = work.await.unwrap();
    [own, store.row(&select, params!["one"]).await.unwrap().unwrap().get(column).unwrap()]
}

/// Whatever people write.
pub async fn texts_come_back_as_they_were(home: Home) {
    let store = open(&home).await;
    let long = "Größe 🦀 ".repeat(100_000);
    let texts = [
        "",
        " ",
        "a",
        "日本語",
        "e\u{301} é",
        "🦀",
        "'; DROP TABLE things; --",
        "$1 ? :x @y %s \\",
        "line\r\nline\t\u{1}\u{7f}",
        "\u{fffd}\u{10ffff}",
        &long,
    ];
    for text in texts {
        for found in round::<String>(&store, "words", text).await {
            assert_eq!(found, text);
        }
    }
    // Compared by code point, not by a locale.
    let many = ["Z", "a", "é", "日", "🦀", ""];
    let work = store.write::<(), StoreError, _>(move |work| {
        Box::pin(async move {
            work.execute("DELETE FROM things", params![]).await?;
            for text in many {
                work.execute("INSERT INTO things (id, words) VALUES ($1, $1)", params![text]).await?;
            }
            Ok(())
        })
    });
    work.await.unwrap();
    let rows = store.rows("SELECT id FROM things ORDER BY id", params![]).await.unwrap();
    let ids: Vec<String> = rows.iter().map(|row| row.get("id").unwrap()).collect();
    let mut sorted = many.to_vec();
    sorted.sort_unstable();
    assert_eq!(ids, sorted);
}

/// Integers and floats.
pub async fn numbers_come_back_to_their_extremes(home: Home) {
    let store = open(&home).await;
    for number in [i64::MIN, i64::MIN + 1, -1, 0, 1, 1 << 53, (1 << 53) + 1, i64::MAX - 1, i64::MAX] {
        assert_eq!(round::<i64>(&store, "number", number).await, [number; 2]);
    }
    assert_eq!(round::<u64>(&store, "number", 1_u64 << 62).await, [1 << 62; 2]);
    assert_eq!(round::<u32>(&store, "number", u32::MAX).await, [u32::MAX; 2]);
    assert_eq!(round::<bool>(&store, "number", true).await, [true; 2]);
    assert_eq!(round::<bool>(&store, "number", false).await, [false; 2]);
    for ratio in [0.0, 1.0, 0.1, -1.5e-300, f64::MAX, f64::MIN, f64::MIN_POSITIVE, f64::EPSILON, f64::INFINITY] {
        assert_eq!(round::<f64>(&store, "ratio", ratio).await, [ratio; 2]);
    }
}

/// Every byte, none, and a megabyte.
pub async fn bytes_come_back_as_they_were(home: Home) {
    let store = open(&home).await;
    let all: Vec<u8> = (0..=255).collect();
    for bytes in [vec![], vec![0], vec![0, 0], b"text".to_vec(), b"\\x00".to_vec(), all.clone(), all.repeat(4096)] {
        for found in round::<Vec<u8>>(&store, "body", bytes.clone()).await {
            assert!(found == bytes);
        }
    }
}

/// And nothing else is.
pub async fn nulls_are_nulls(home: Home) {
    let store = open(&home).await;
    assert_eq!(round::<Option<String>>(&store, "words", None::<String>).await, [None, None]);
    assert_eq!(round::<Option<String>>(&store, "words", Some("")).await, [Some(String::new()), Some(String::new())]);
    assert_eq!(round::<Option<i64>>(&store, "number", None::<i64>).await, [None; 2]);
    assert_eq!(round::<Option<i64>>(&store, "number", Some(0)).await, [Some(0); 2]);
    assert_eq!(round::<Option<f64>>(&store, "ratio", None::<f64>).await, [None; 2]);
    assert_eq!(round::<Option<Vec<u8>>>(&store, "body", None::<Vec<u8>>).await, [None, None]);
    assert_eq!(round::<Option<Vec<u8>>>(&store, "body", vec![]).await, [Some(vec![]), Some(vec![])]);
    let count = store.row("SELECT COUNT(*) AS count FROM things WHERE words IS NULL AND body IS NOT NULL", params![]).await.unwrap();
    assert_eq!(count.unwrap().get::<i64>("count").unwrap(), 1);
}

/// A fault in the program is told as one.
pub async fn what_does_not_fit_is_refused(home: Home) {
    let store = open(&home).await;
    round::<i64>(&store, "number", -1_i64).await;
    let row = store.row("SELECT id, words, number FROM things", params![]).await.unwrap().unwrap();
    assert!(matches!(row.get::<String>("words"), Err(StoreError::Refused(_))), "NULL is no text");
    assert!(matches!(row.get::<String>("nothing"), Err(StoreError::Refused(_))), "no such column");
    assert!(matches!(row.get::<i64>("id"), Err(StoreError::Refused(_))), "a text is no number");
    assert!(matches!(row.get::<u32>("number"), Err(StoreError::Refused(_))), "-1 is no u32");
    assert!(matches!(store.rows("SELECT nonsense FROM things", params![]).await, Err(StoreError::Refused(_))));
    assert!(matches!(store.rows("SELEKT", params![]).await, Err(StoreError::Refused(_))));
    let missing = store.write::<u64, StoreError, _>(|work| Box::pin(work.execute("INSERT INTO things (words) VALUES ($1)", params!["x"])));
    let missing = missing.await;
    // SQLite lets a TEXT primary key be NULL.
    assert!(matches!(missing, Ok(1) | Err(StoreError::Refused(_))), "{missing:?}");
}

/// Postgres can't hold it; a message that carries it must not be fine here and poison there.
pub async fn a_nul_character_is_refused_by_both(home: Home) {
    let store = open(&home).await;
    let refused = store.write::<u64, StoreError, _>(|work| {
        Box::pin(work.execute("INSERT INTO things (id, words) VALUES ($1, $2)", params!["id", "a\0b"]))
    });
    assert!(matches!(refused.await, Err(StoreError::Refused(_))));
    assert!(store.rows("SELECT id FROM things", params![]).await.unwrap().is_empty());
    for found in round::<String>(&store, "words", "and the store goes on").await {
        assert_eq!(found, "and the store goes on");
    }
}
