//! Columns say of every row what the filter itself says of it.

use serde_json::{Value, json};

use super::*;
use crate::vector::{
    generate::{filter, metadata},
    vector_support::Rng,
};

/// Texts that no generator of values writes.
const ODD: [&str; 24] = [
    "",
    "nonsense",
    r#"{"a":1}}"#,
    r#"{"a":1"#,
    r#"{"a":1,"b":1e999}"#,
    r#"{"a":1,"c":{"x":[1,{"y":-1e999}]}}"#,
    r#"{"a":1,"b":"\ud800"}"#,
    r#"{"a":1,"\ud800":1}"#,
    r#"{"a":1,"a":"x"}"#,
    r#"{"a":{"b":1},"a":{"c":1}}"#,
    r#"{"a":{"b":1},"a":1}"#,
    r#"{"a.b":1,"a":{"b":2},"a.b":3}"#,
    r#"{"\u0061":1,"b":"\u0078","c":"a\"b"}"#,
    r#"{"a":9007199254740993,"b":18446744073709551615,"c":-9223372036854775808}"#,
    r#"{"a":9007199254740992.0,"b":18446744073709551616,"c":-9223372036854775808.0}"#,
    r#"{"a":-0.0,"b":-0,"c":0e5}"#,
    r#"{"a":[1,1.0,[1],"x","x"],"b":[[]],"c":[null,[null]]}"#,
    r#"{"a":[-0.0,{"b":0}],"b":{"y":1,"x":2},"c":{"x":2.0,"y":1e0}}"#,
    r#" { "a" : true , "b" : [ false ] , "c" : null } "#,
    r#"{"$serde_json::private::RawValue":"{\"a\":1}"}"#,
    r#"{"$serde_json::private::RawValue":1,"a":1}"#,
    r#"{"a":1,"$serde_json::private::RawValue":"2"}"#,
    r#"{"a":{"$serde_json::private::RawValue":"{\"b\":1}"}}"#,
    r#"{"b":{"$serde_json::private::RawValue":"nonsense"},"a":1}"#,
];

/// Operands that the odd texts are likely to equal, or nearly.
const OPERANDS: [&str; 12] = [
    "9007199254740992",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-0.0",
    "1e300",
    "[1,1,[1],\"x\",\"x\"]",
    "[0,{\"b\":-0.0}]",
    "{\"x\":2,\"y\":1}",
    "[null]",
    "[]",
];

type Rows = Vec<Option<String>>;

fn row(rng: &mut Rng) -> Option<String> {
    match rng.below(12) {
        0 => None,
        1 | 2 => Some((*rng.pick(&ODD)).to_owned()),
        3 => Some(format!("{}{}", "[".repeat(120 + rng.below(20)), "]".repeat(120 + rng.below(20)))),
        4 => {
            let depth = 120 + rng.below(20);
            Some(format!(r#"{{"a":1,"b":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth)))
        }
        _ => Some(metadata(rng).to_string()),
    }
}

fn asked(rng: &mut Rng) -> Value {
    if rng.once_in(4) {
        let operand: Value = serde_json::from_str(OPERANDS[rng.below(OPERANDS.len())]).unwrap();
        let mut operator = *rng.pick(&["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]);
        if !operand.is_number() && operator != "$ne" {
            operator = "$eq";
        }
        return json!({ *rng.pick(&["a", "b", "c", "a.b"]): { operator: operand } });
    }
    filter(rng, 3)
}

fn evaluate(columns: &mut Columns, filter: &Filter, rows: &[Option<String>]) -> Bitmap {
    columns.evaluate(filter, rows.len(), &|slot| rows[slot as usize].as_deref())
}

fn assert_agree(columns: &mut Columns, filter: &Filter, rows: &[Option<String>]) -> usize {
    let was_ready = columns.is_ready(filter, rows.len());
    let found = evaluate(columns, filter, rows);
    assert_eq!(found.len(), rows.len());
    for (slot, row) in (0..).zip(rows) {
        let value = row.as_ref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
        let expected = filter.matches(&value);
        assert_eq!(found.get(slot), expected, "{filter:?} on slot {slot}, {row:?}, ready: {was_ready}");
    }
    assert!(columns.is_ready(filter, rows.len()));
    found.count()
}

/// Something that happens to rows, as a table of vectors tells its columns of it.
fn change(rng: &mut Rng, columns: &mut Columns, rows: &mut Rows) {
    for _ in 0..rng.below(8) {
        match rng.below(10) {
            0..=2 => {
                (0..rng.below(30)).for_each(|_| rows.push(row(rng)));
            }
            3 => {
                rows.truncate(rng.below(rows.len() + 1));
                columns.truncate(rows.len());
            }
            _ if rows.is_empty() => {}
            4 | 5 => {
                let slot = rng.below(rows.len());
                rows.swap_remove(slot);
                columns.touch(slot as u32);
                columns.truncate(rows.len());
            }
            _ => {
                let slot = rng.below(rows.len());
                rows[slot] = row(rng);
                columns.touch(slot as u32);
            }
        }
    }
}

#[test]
fn columns_agree_with_the_filter_on_every_row() {
    let mut rng = Rng::new("columns_agree_with_the_filter_on_every_row");
    let (mut asked_of, mut matched) = (0, 0);
    for _ in 0..60 {
        let mut columns = Columns::new();
        let (most, kinds) = (*rng.pick(&[3, 50, 400]), 1 + rng.below(40));
        // Few kinds of rows: each value has many, and some are kept as bitmaps.
        let kinds: Rows = (0..kinds).map(|_| row(&mut rng)).collect();
        let mut rows: Rows = (0..rng.below(most)).map(|_| rng.pick(&kinds).clone()).collect();
        let again: Vec<_> = (0..4).map(|_| asked(&mut rng)).collect();
        for _ in 0..20 {
            change(&mut rng, &mut columns, &mut rows);
            let filter = if rng.once_in(2) { rng.pick(&again).clone() } else { asked(&mut rng) };
            let filter = Filter::parse(&filter.to_string()).unwrap();
            matched += assert_agree(&mut columns, &filter, &rows);
            asked_of += rows.len();
        }
    }
    assert!((asked_of / 10..asked_of * 9 / 10).contains(&matched), "{matched} matches of {asked_of} test little");
}

#[test]
fn ranges_and_conjunctions_of_many_values_agree() {
    let mut rng = Rng::new("ranges_and_conjunctions_of_many_values_agree");
    let text = |rng: &mut Rng| {
        let (n, k) = (rng.below(1_000), rng.below(3));
        Some(format!(r#"{{"n":{n},"half":{}.5,"k":{k},"s":"s{n}","rare":{}}}"#, n % 50, rng.below(500)))
    };
    let mut rows: Rows = (0..2_000).map(|_| text(&mut rng)).collect();
    let mut columns = Columns::new();
    for _ in 0..20 {
        for _ in 0..rng.below(150) {
            let slot = rng.below(rows.len());
            rows[slot] = text(&mut rng);
            columns.touch(slot as u32);
        }
        let (low, high, rare) = (rng.below(1_000), rng.below(1_000), rng.below(500));
        let half = rng.below(60) as f64 + 0.25;
        for filter in [
            json!({ "n": { "$gte": low } }),
            json!({ "n": { "$gte": low, "$lt": high } }),
            json!({ "n": { "$gt": low, "$ne": high, "$lte": high } }),
            json!({ "half": { "$lt": half }, "k": { "$gte": 1 } }),
            json!({ "s": { "$gt": format!("s{low}") }, "rare": rare }),
            json!({ "rare": { "$in": [rare, rare + 1] }, "n": { "$not": { "$lt": low } }, "half": { "$lte": half } }),
            json!({ "$or": [{ "rare": rare }, { "k": 0, "n": { "$lt": high } }] }),
        ] {
            assert_agree(&mut columns, &Filter::parse(&filter.to_string()).unwrap(), &rows);
        }
    }
}

#[test]
fn an_array_among_numbers_is_found_by_each_element_for_ever() {
    let mut rows: Rows = (0..200).map(|n| Some(format!(r#"{{"n":{n}}}"#))).collect();
    rows[0] = Some(r#"{"n":[0,999,999]}"#.to_owned());
    let wide = Filter::parse(r#"{"n":{"$gte":10}}"#).unwrap();
    let between = Filter::parse(r#"{"n":{"$gt":900,"$lt":1}}"#).unwrap();
    let mut columns = Columns::new();
    for round in 1..5 {
        assert_eq!(assert_agree(&mut columns, &wide, &rows), 191);
        assert_eq!(assert_agree(&mut columns, &between, &rows), 1);
        (100..150).for_each(|slot| columns.touch(slot));
        rows[100..150].fill(Some(format!(r#"{{"n":{}}}"#, 100 * round)));
    }
}

#[test]
fn a_column_is_ready_until_many_rows_changed() {
    let mut rows: Rows = (0..1_000).map(|n| Some(format!(r#"{{"n":{n}}}"#))).collect();
    let filter = Filter::parse(r#"{"n":{"$lt":10}}"#).unwrap();
    let mut columns = Columns::new();
    assert!(!columns.is_ready(&filter, rows.len()));
    assert_eq!(assert_agree(&mut columns, &filter, &rows), 10);
    rows[..10].fill(None);
    (0..10).chain(0..10).for_each(|slot| columns.touch(slot));
    assert!(columns.is_ready(&filter, rows.len()));
    assert_eq!(assert_agree(&mut columns, &filter, &rows), 0);
    (0..100).for_each(|slot| columns.touch(slot));
    assert!(!columns.is_ready(&filter, rows.len()));
    assert_eq!(assert_agree(&mut columns, &filter, &rows), 0);
    rows.resize(1_100, Some(r#"{"n":5}"#.to_owned()));
    assert!(!columns.is_ready(&filter, rows.len()));
    assert_eq!(assert_agree(&mut columns, &filter, &rows), 100);
}

#[test]
fn columns_beyond_their_number_go_and_what_they_said_stays_true() {
    let mut rows: Rows = (0..50).map(|n| Some(format!(r#"{{"f{}":{n},"g":{n}}}"#, n % 40))).collect();
    let mut columns = Columns::new();
    let filter = |name: String| Filter::parse(&json!({ name: { "$gte": 20 } }).to_string()).unwrap();
    for _ in 0..2 {
        for field in 0..2 * COLUMNS {
            assert_agree(&mut columns, &filter(format!("f{field}")), &rows);
            assert_agree(&mut columns, &filter("g".to_owned()), &rows);
        }
        assert_eq!(columns.columns.len(), COLUMNS);
        assert!(columns.is_ready(&filter("g".to_owned()), rows.len()), "what is used stays");
        assert!(!columns.is_ready(&filter("f0".to_owned()), rows.len()));
        rows[7] = Some(r#"{"f0":21,"f1":20,"g":1}"#.to_owned());
        columns.touch(7);
    }
    let many = |fields: usize| {
        let conditions: Vec<Value> =
            (0..fields).map(|field| json!({ format!("f{field}"): { "$exists": true } })).collect();
        Filter::parse(&json!({ "$or": conditions }).to_string()).unwrap()
    };
    assert_eq!(assert_agree(&mut columns, &many(COLUMNS), &rows), 50);
    let found = evaluate(&mut columns, &many(COLUMNS + 1), &rows);
    assert_eq!(found.count(), 50);
    assert!(!columns.is_ready(&many(COLUMNS + 1), rows.len()), "it has too many fields");
}

#[test]
fn memory_is_that_of_the_rows_there_are() {
    let mut rows: Rows = (0..5_000).map(|n| Some(format!(r#"{{"s":"a text of its own, {n}"}}"#))).collect();
    let filter = Filter::parse(r#"{"s":"x"}"#).unwrap();
    let mut columns = Columns::new();
    assert_eq!(columns.bytes(), 0);
    evaluate(&mut columns, &filter, &rows);
    let full = columns.bytes();
    assert!(full > 5_000 * 30, "{full}");
    for n in 0..10_000 {
        rows[n % 5_000] = Some(format!(r#"{{"s":"another text, {n:8}"}}"#));
        columns.touch((n % 5_000) as u32);
        if n % 50 == 0 {
            evaluate(&mut columns, &filter, &rows);
        }
    }
    let changed = columns.bytes();
    assert!(changed < full * 5 / 4, "{changed} after {full}");
    rows.truncate(100);
    evaluate(&mut columns, &filter, &rows);
    assert!(columns.bytes() < full / 20, "{}", columns.bytes());
    columns.clear();
    assert_eq!(columns.bytes(), 0);
}
